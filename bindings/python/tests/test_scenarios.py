"""The scenarios of `tests/scenarios` with both clients, compared with their transcripts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from scenario_runner import Problem, run

import aod

FOLDER = Path(__file__).parents[3] / "tests" / "scenarios"
SCENARIOS = sorted(path.stem for path in FOLDER.glob("*.json"))
CLIENTS = [aod.Client, aod.AsyncClient]

both_clients = pytest.mark.parametrize("client_class", CLIENTS, ids=["sync", "async"])


def test_there_are_scenarios() -> None:
    assert SCENARIOS


@both_clients
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, client_class: Any) -> None:
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    # The transcript is read from the text, because its lines are compared byte for byte.
    _, _, recorded = text.removesuffix("\n  ]\n}\n").partition(',\n  "transcript": [\n')
    found = asyncio.run(run(json.loads(text), client_class))
    assert found.split("\n")[:-1] == [line.strip().removesuffix(",") for line in recorded.split("\n")]


@both_clients
@pytest.mark.parametrize(
    ("step", "name"),
    [
        ({"juggle": 3}, "juggle"),
        ({"call": "agents.juggle"}, "agents.juggle"),
        ({"call": "health.close"}, "health.close"),
        ({"call": "health", "with": {"balls": 3}}, "balls"),
        ({"call": "health", "balls": 3}, "balls"),
        ({"call": "health", "options": {"balls": 3}}, "balls"),
        ({"call": "agents.get", "with": {"id": "$balls.id"}}, "balls.id"),
        ({"read": "balls"}, "balls"),
        ({"control": ["POST", "juggle"]}, "juggle"),
        ({"call": "health", "meanwhile": [{"call": "health"}]}, "meanwhile"),
    ],
)
def test_the_runner_rejects_unknown_steps_and_fields(step: dict[str, Any], name: str, client_class: Any) -> None:
    with pytest.raises(Problem, match=name):
        asyncio.run(run({"about": "", "generation": "s0", "steps": [step]}, client_class))


@both_clients
def test_a_secret_in_the_transcript_fails(client_class: Any) -> None:
    steps = [{"pretty": "generic", "feed": ["hunter2\n"]}]
    scenario = {"about": "", "generation": "s0", "secrets": ["hunter2"], "steps": steps}
    with pytest.raises(Problem, match="secret"):
        asyncio.run(run(scenario, client_class))
