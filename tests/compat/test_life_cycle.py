"""The published SDK 0.1.0 against the development server: all calls in their usual order, and errors."""

from __future__ import annotations

import asyncio
import json
import uuid

import aod
import httpx
import pytest
from aod.pretty import ClaudeFormatter
from conftest import TOKEN, Server


def test_health(client: aod.Client) -> None:
    assert client.health()["status"] == "ok"


def test_agents(server: Server, client: aod.Client) -> None:
    assert client.agents.list() == []
    environment = client.environments.create(name="base")
    agent = client.agents.create(
        name="Prüfer 🚀",
        model=server.model,
        runtime="claude",
        system="Be brief.",
        description="Checks things",
        environment_id=environment.id,
        skills=[{"name": "notes", "description": "Write notes", "content": "List changes."}],
        mcp_servers=[
            {"name": "docs", "type": "url", "url": "https://mcp.example/sse"},
            {"name": "local", "type": "stdio", "command": "mcp-local"},
        ],
        metadata={"team": "infra", "nested": {"a": 1}},
    )
    assert (agent.version, agent.environment_id, agent.archived_at) == (1, environment.id, None)
    assert client.agents.get(agent.id) == agent
    assert client.agents.list() == [agent]

    unchanged = client.agents.update(agent.id, version=1, name="Prüfer 🚀")
    assert unchanged == agent
    changed = client.agents.update(agent.id, version=1, system="", metadata={"team": "", "tier": "gold"})
    assert (changed.version, changed.system) == (2, None)
    assert changed.metadata == {"nested": {"a": 1}, "tier": "gold"}
    assert [version.version for version in client.agents.versions(agent.id)] == [2, 1]

    archived = client.agents.archive(agent.id)
    assert archived.archived_at is not None
    assert client.agents.list() == []
    with pytest.raises(aod.ConflictError) as conflict:
        client.agents.archive(agent.id)
    assert conflict.value.detail == "Agent is already archived"


def test_environments(client: aod.Client) -> None:
    environment = client.environments.create(
        name="full",
        packages={"apt": ["jq"], "pip": ["ruff"]},
        env_vars={"API_TOKEN": "s3cr3t"},
        setup_script="echo hi\n",
        networking={"type": "limited", "allowed_hosts": ["github.com"]},
    )
    assert environment.networking.allowed_hosts == ["github.com"]
    assert client.environments.get(environment.id) == environment
    changed = client.environments.update(environment.id, version=1, packages={"cargo": ["ripgrep"]})
    assert (changed.version, changed.packages) == (2, {"cargo": ["ripgrep"]})
    assert [version.version for version in client.environments.versions(environment.id)] == [2, 1]
    assert client.environments.list() == [changed]
    assert client.environments.archive(environment.id).archived_at is not None
    client.environments.delete(environment.id)
    with pytest.raises(aod.NotFoundError):
        client.environments.get(environment.id)


def test_a_session_from_create_to_delete(client: aod.Client, agent: aod.Agent) -> None:
    ack = client.sessions.create(
        agent_id=agent.id,
        prompt="Say hello",
        timeout=60,
        resources=[{"type": "github_repository", "url": "https://github.com/octo/repo.git"}],
    )
    assert (ack.status, ack.current_turn, ack.stream_url) == ("pending", 1, f"/sessions/{ack.id}/stream")
    assert ack.resources[0].url == "https://github.com/octo/repo"
    assert ack.resources[0].mount_path == "/workspace/repo"

    formatter = ClaudeFormatter()
    shown: list[str] = []
    with client.sessions.stream(ack.id) as events:
        received = list(events)
    for event in received:
        shown.extend(formatter.consume(event))
    shown.extend(formatter.flush())
    assert received[0].type == "start"
    assert received[0].extra == {"runtime": "claude", "session_id": str(ack.id)}
    assert (received[-1].type, received[-1].extra) == ("exit", {"code": 0})
    assert {event.type for event in received} == {"start", "stage", "turn_start", "output", "exit"}
    assert any("Say hello" in line for line in shown)
    assert shown[-1].startswith("✨ Done")

    session = client.sessions.get(ack.id)
    assert (session.status, session.exit_code, session.turn_count) == ("completed", 0, 1)
    assert session.runtime == "claude"

    last = max(event.id for event in received if event.id is not None)
    with client.sessions.stream(ack.id, since=last) as events:
        assert [event.type for event in events] == ["start", "exit"]

    again = client.sessions.prompt(ack.id, prompt="And again")
    assert (again.status, again.current_turn) == ("pending", 2)
    with client.sessions.stream(ack.id, since=last) as events:
        turns = [event.extra["turn"] for event in events if event.type == "output"]
    assert set(turns) == {2}
    assert [(turn.turn_number, turn.prompt, turn.status) for turn in client.sessions.turns(ack.id)] == [
        (1, "Say hello", "completed"),
        (2, "And again", "completed"),
    ]

    assert client.sessions.terminate(ack.id).status == "terminated"
    with pytest.raises(aod.ConflictError) as conflict:
        client.sessions.prompt(ack.id, prompt="x")
    assert conflict.value.detail == "Session has been terminated"
    assert [listed.id for listed in client.sessions.list()] == [ack.id]
    client.sessions.delete(ack.id)
    assert client.sessions.list() == []
    with pytest.raises(aod.NotFoundError), client.sessions.stream(ack.id) as events:
        next(events)


def test_a_running_session_can_be_followed_and_terminated(server: Server, client: aod.Client, agent: aod.Agent) -> None:
    server.control("script", script={"steps": [{"stdout": "working\n"}, "hang"]})
    ack = client.sessions.create(agent_id=agent.id, prompt="long job")
    with client.sessions.stream(ack.id) as events:
        for event in events:
            if event.type == "output":
                assert event.extra == {"stream": "stdout", "data": "working\n", "turn": 1}
                with pytest.raises(aod.ConflictError) as conflict:
                    client.sessions.prompt(ack.id, prompt="x")
                assert conflict.value.detail == "Session is already running"
                client.sessions.terminate(ack.id)
    assert (event.type, event.extra) == ("terminated", {"message": "Session terminated"})


@pytest.mark.parametrize(
    ("script", "terminal"),
    [
        ({"steps": [{"stderr": "no\n"}, {"exit": 3}]}, ("exit", {"code": 3})),
        ({"steps": ["crash"]}, ("error", {"message": "Session failed"})),
        (
            {"provisioning": {"fail": {"stage": "create_sprite", "message": "Failed to create Sprite: full"}}},
            ("error", {"message": "Session failed"}),
        ),
    ],
)
def test_failures(
    server: Server, client: aod.Client, agent: aod.Agent, script: object, terminal: tuple[str, object]
) -> None:
    server.control("script", script=script)
    ack = client.sessions.create(agent_id=agent.id, prompt="x")
    with client.sessions.stream(ack.id) as events:
        last = list(events)[-1]
    assert (last.type, last.extra) == terminal
    assert client.sessions.get(ack.id).status == "failed"
    with pytest.raises(aod.ConflictError) as conflict:
        client.sessions.prompt(ack.id, prompt="x")
    assert "cannot be resumed" in conflict.value.detail


@pytest.mark.parametrize("server", ["s0"], indirect=True)  # Later servers do not delete active sessions.
def test_a_session_deleted_under_a_stream_breaks_it(server: Server, client: aod.Client, agent: aod.Agent) -> None:
    server.control("script", script={"manual": True})
    ack = client.sessions.create(agent_id=agent.id, prompt="x")
    with pytest.raises(httpx.RemoteProtocolError), client.sessions.stream(ack.id) as events:
        assert next(events).type == "start"
        client.sessions.delete(ack.id)
        next(events)


def test_unauthorized(server: Server) -> None:
    with server.client(token="aod_wrong") as client, pytest.raises(aod.AuthError) as error:
        client.agents.list()
    assert (error.value.status_code, error.value.detail) == (401, "Invalid API key")


def test_not_found(client: aod.Client) -> None:
    for get, what in [
        (client.agents.get, "Agent"),
        (client.environments.get, "Environment"),
        (client.sessions.get, "Session"),
    ]:
        with pytest.raises(aod.NotFoundError) as error:
            get(uuid.uuid4())
        assert error.value.detail == f"{what} not found"


def test_conflict(client: aod.Client, agent: aod.Agent) -> None:
    with pytest.raises(aod.ConflictError) as error:
        client.agents.update(agent.id, version=7, name="x")
    assert error.value.detail == "Version mismatch: expected 1, got 7"


def test_invalid(client: aod.Client, agent: aod.Agent) -> None:
    with pytest.raises(aod.ValidationError) as error:
        client.sessions.create(agent_id=agent.id, prompt="x", timeout=5)
    assert error.value.detail == [
        {
            "type": "greater_than_equal",
            "loc": ["timeout"],
            "msg": "Input should be greater than or equal to 10",
            "input": 5,
            "url": "https://errors.pydantic.dev/2.13/v/greater_than_equal",
        }
    ]


def test_bad_request(server: Server, client: aod.Client) -> None:
    with pytest.raises(aod.AodHTTPError) as error:
        client.agents.create(name="x", model=server.model, runtime="claude-code")
    assert error.value.status_code == 400
    assert error.value.detail.startswith("Unknown runtime: claude-code. Must be one of: ['claude', ")


def test_quota(server: Server, client: aod.Client, agent: aod.Agent) -> None:
    server.control("quota", limit=1)
    server.control("script", script={"steps": ["hang"]})
    client.sessions.create(agent_id=agent.id, prompt="x")
    with pytest.raises(aod.RateLimitError) as error:
        client.sessions.create(agent_id=agent.id, prompt="y")
    assert (error.value.limit, error.value.active) == (1, 1)


def test_server_error(server: Server, client: aod.Client) -> None:
    page = {"status": 502, "headers": {"content-type": "text/html"}, "body": "<h1>Bad gateway</h1>"}
    server.control("fault", method="GET", path="/agents", effect={"status": page})
    with pytest.raises(aod.ServerError) as error:
        client.agents.list()
    assert (error.value.status_code, error.value.detail) == (502, "<h1>Bad gateway</h1>")
    assert client.agents.list() == []


def test_async_client(server: Server) -> None:
    async def life() -> list[str]:
        async with aod.AsyncClient(base_url=server.url, token=TOKEN) as client:
            agent = await client.agents.create(name="a", model=server.model, runtime="claude")
            ack = await client.sessions.create(agent_id=agent.id, prompt="Say hello")
            async with client.sessions.stream(ack.id) as events:
                return [event.type async for event in events]

    types = asyncio.run(life())
    assert (types[0], types[-1]) == ("start", "exit")


def test_the_scripted_claude_run_is_stream_json(client: aod.Client, agent: aod.Agent) -> None:
    ack = client.sessions.create(agent_id=agent.id, prompt="Say hello")
    with client.sessions.stream(ack.id) as events:
        stdout = "".join(event.extra["data"] for event in events if event.type == "output")
    kinds = [json.loads(line)["type"] for line in stdout.splitlines()]
    assert (kinds[0], kinds[-1]) == ("system", "result")
    assert {"assistant", "user"} < set(kinds)
