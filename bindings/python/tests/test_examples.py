"""The examples run against the development server and print the expected text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import aod
from aod.testing import DevServer

EXAMPLES = Path(__file__).parents[1] / "examples"
TIME_LIMIT = 120
"""Seconds that an example may take, on a loaded machine too."""

EXPECTED = {
    "async_concurrent": [
        "Count the tests: completed, ",
        "Update the changelog: completed, ",
        "Find dead code: completed",
    ],
    "errors": [
        "404: Agent not found\n",
        "version 1 is outdated, the current one is 2\n",
        "renamed to reviewer\n",
        "timeout: Input should be greater than or equal to 10\n",
        "no connection; a retry may succeed: True\n",
    ],
    "listen": ["event start\n", "event exit\n", "closed\n"],
    "pretty": ["# Session init - model=", "= Done", "> All tests pass.\n"],
    "quickstart": ["Session init · model=", "✨ Done", ": completed, exit code 0\n"],
    "resume": ["first part: start None\n", "first part: output ", "second part: output ", "second part: exit "],
    "stream": ["stage create_sprite: done\n", "turn 1 starts\n", "stdout: ", "ended with exit, exit code 0\n"],
}
"""What each example prints, in this order."""


def run_example(name: str, server: DevServer) -> str:
    environment = os.environ | {
        "AOD_API_URL": server.url,
        "AOD_API_TOKEN": server.token,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "error",
    }
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=TIME_LIMIT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def assert_in_order(parts: list[str], text: str) -> None:
    position = 0
    for part in parts:
        found = text.find(part, position)
        assert found >= 0, f"{part!r} is missing in, or out of order in:\n{text}"
        position = found + len(part)


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str, server: DevServer) -> None:
    assert_in_order(EXPECTED[name], run_example(name, server))


def test_a_second_quickstart_reuses_the_environment_and_the_agent(server: DevServer, client: aod.Client) -> None:
    for _ in range(2):
        assert_in_order(EXPECTED["quickstart"], run_example("quickstart", server))
    assert (len(client.environments.list()), len(client.agents.list()), len(client.sessions.list())) == (1, 1, 2)
