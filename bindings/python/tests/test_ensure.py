"""`update_with`, `ensure`, `ensure_archived`, `ensure_terminated` and `wait_for_quota`, with both clients."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter
from typing import Any

import pytest
from conftest import start

import aod
from aod.testing import DevServer

Call = Callable[..., Any]

AGENT: dict[str, Any] = {"name": "reviewer", "model": "claude-sonnet-4-6", "runtime": "claude"}
MISMATCH = '{"detail": "Version mismatch: expected 2, got 1"}'


@pytest.fixture(params=[aod.Client, aod.AsyncClient], ids=["sync", "async"])
def call(request: pytest.FixtureRequest, server: DevServer) -> Call:
    """Return a function that calls a method of one of the clients by its path."""
    client = request.param(base_url=server.url, token=server.token)

    def call(method: str, /, *args: Any, **kwargs: Any) -> Any:
        result = attrgetter(method)(client)(*args, **kwargs)
        return asyncio.run(result) if inspect.iscoroutine(result) else result

    return call


def methods(control: Call) -> list[str]:
    return [request["method"] for request in control("GET", "requests")["data"]]


def test_an_update_starts_again_when_another_caller_was_faster(call: Call, client: aod.Client) -> None:
    agent = client.agents.create(**AGENT)
    seen: list[int] = []

    def change(agent: aod.Agent) -> dict[str, Any]:
        seen.append(agent.version)
        if agent.version == 1:
            client.agents.update(agent.id, version=1, system="s")
        return {"system": f"{agent.system}!", "version": 99}

    updated = call("agents.update_with", agent.id, change)
    assert (updated.system, updated.version, seen) == ("s!", 3, [1, 2])

    environment = client.environments.create(name="ci", packages={"pip": ["pytest"]})
    updated = call(
        "environments.update_with", environment.id, lambda found: {"packages": found.packages | {"apt": ["jq"]}}
    )
    assert (updated.packages, updated.version) == ({"pip": ["pytest"], "apt": ["jq"]}, 2)


def test_a_conflict_that_does_not_end_is_raised_after_ten_attempts(
    call: Call, client: aod.Client, control: Call
) -> None:
    agent = client.agents.create(**AGENT)
    status = {"status": 409, "headers": {"content-type": "application/json"}, "body": MISMATCH}
    control("POST", "fault", {"method": "PUT", "path": "/agents/*", "times": None, "effect": {"status": status}})
    control("DELETE", "requests")
    with pytest.raises(aod.ConflictError) as caught:
        call("agents.update_with", agent.id, lambda _: {"name": "x"})
    assert (caught.value.reason, caught.value.expected) == ("version_mismatch", 2)
    assert methods(control) == ["GET", "PUT"] * 10


def test_other_errors_of_an_update_are_raised_at_once(call: Call, client: aod.Client, control: Call) -> None:
    agent = client.agents.create(**AGENT)
    control("DELETE", "requests")
    with pytest.raises(ZeroDivisionError):
        call("agents.update_with", agent.id, lambda agent: {"name": str(1 // 0)})
    with pytest.raises(TypeError, match="nickname"):
        call("agents.update_with", agent.id, lambda agent: {"nickname": "x"})
    assert methods(control) == ["GET", "GET"]
    client.agents.archive(agent.id)
    with pytest.raises(aod.ConflictError) as caught:
        call("agents.update_with", agent.id, lambda agent: {"name": "x"})
    assert caught.value.reason == "archived"


def test_the_change_of_the_async_client_may_be_a_coroutine_function(server: DevServer, client: aod.Client) -> None:
    agent = client.agents.create(**AGENT)

    async def change(agent: aod.Agent) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"name": agent.name.upper()}

    async def main() -> aod.Agent:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
            return await other.agents.update_with(agent.id, change)

    assert asyncio.run(main()).name == "REVIEWER"


def test_an_agent_is_created_returned_or_updated(call: Call, control: Call) -> None:
    server = {"type": "url", "name": "issues", "url": "https://mcp.example.com", "headers": {"X": "hunter2"}}
    new = call("agents.ensure", **AGENT, system="s", metadata={"k": [1, None]}, mcp_servers=[server])
    assert (new.name, new.version, new.system) == ("reviewer", 1, "s")
    control("DELETE", "requests")
    again = call("agents.ensure", **AGENT, system="s", metadata={"k": [1, None]}, mcp_servers=[server])
    assert again == new
    assert methods(control) == ["GET"]
    changed = call("agents.ensure", **AGENT, description="d", metadata={"l": 2})
    assert (changed.id, changed.version, changed.description, changed.system) == (new.id, 2, "d", "s")
    assert changed.metadata == {"k": [1, None], "l": 2}


def test_an_environment_is_created_returned_or_updated(call: Call, control: Call) -> None:
    networking = aod.Networking(type="limited", allowed_hosts=["pypi.org"])
    new = call("environments.ensure", name="ci", networking=networking, env_vars={"TOKEN": "hunter2"})
    assert (new.name, new.version) == ("ci", 1)
    control("DELETE", "requests")
    # Variables cannot be read, so they are no reason for an update.
    assert call("environments.ensure", name="ci", networking=networking, env_vars={"TOKEN": "hunter3"}) == new
    assert methods(control) == ["GET"]
    changed = call("environments.ensure", name="ci", packages={"apt": ["jq"]})
    assert (changed.id, changed.version, changed.networking) == (new.id, 2, networking)


def test_an_invalid_argument_of_ensure_is_named_without_its_value(call: Call) -> None:
    with pytest.raises(ValueError, match="`metadata`") as caught:
        call("agents.ensure", **AGENT, metadata=["hunter2"])
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ValueError, match="name"):
        call("environments.ensure", name=5)


def test_archiving_and_terminating_again_is_no_error(call: Call, client: aod.Client) -> None:
    agent, environment = client.agents.create(**AGENT), client.environments.create(name="ci")
    archived = call("agents.ensure_archived", agent.id)
    assert archived.archived_at is not None
    assert call("agents.ensure_archived", agent.id) == archived
    archived = call("environments.ensure_archived", environment.id)
    assert archived.archived_at is not None
    assert call("environments.ensure_archived", environment.id) == archived
    ack = start(client)
    terminated = call("sessions.ensure_terminated", ack.id)
    assert isinstance(terminated, aod.Session) and terminated.status == "terminated"
    assert call("sessions.ensure_terminated", ack.id) == terminated
    for name in ("agents.ensure_archived", "environments.ensure_archived", "sessions.ensure_terminated"):
        with pytest.raises(aod.NotFoundError):
            call(name, "00000000-0000-4000-8000-000000000000")


def test_a_run_waits_for_the_quota_if_asked_to(call: Call, client: aod.Client, control: Call) -> None:
    agent = client.agents.create(**AGENT)
    script = {"steps": [{"hold": "go"}, {"exit": 0}]}
    control("POST", "script", {"prompt": "held", "script": script})
    client.sessions.create(agent_id=agent.id, prompt="held")
    control("POST", "quota", {"limit": 1})
    with pytest.raises(aod.RateLimitError):
        call("sessions.run", agent_id=agent.id, prompt="hi")
    before = control("GET", "stats")["requests"]
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(call, "sessions.run", agent_id=agent.id, prompt="hi", wait_for_quota=True)
        control("POST", "wait", {"requests": before + 1})
        # Closing the client does not interrupt the run.
        call("_core.close")
        control("POST", "release", {"name": "go"})
        assert run.result(120).session.status == "completed"


def test_other_limits_than_the_quota_are_not_waited_for(call: Call, client: aod.Client, control: Call) -> None:
    agent = client.agents.create(**AGENT)
    status = {"status": 429, "headers": {"content-type": "application/json"}, "body": '{"detail": "slow down"}'}
    control("POST", "fault", {"method": "POST", "path": "/sessions", "effect": {"status": status}})
    with pytest.raises(aod.RateLimitError):
        call("sessions.run", agent_id=agent.id, prompt="hi", wait_for_quota=True)
