"""Every method with its arguments: the results and the requests."""

from __future__ import annotations

import contextlib
import datetime
import uuid
from typing import Any

import aod
from echo import Echo
from world import MODEL, UNKNOWN_ID, World, settled

FULL_AGENT: dict[str, Any] = {
    "name": "Prüfer 🚀",
    "model": MODEL,
    "runtime": "claude",
    "system": "Be brief.",
    "description": "Checks things",
    "skills": [{"name": "notes", "description": "Write notes", "content": "List\u2028changes."}],
    "mcp_servers": [
        {"name": "docs", "type": "url", "url": "https://mcp.example/sse", "headers": {"x": "y"}},
        {"name": "local", "type": "stdio", "command": "mcp-local", "args": ["-v"], "env": {"A": "B"}},
    ],
    "metadata": {"team": "infra", "nested": {"a": 1, "b": [True, None, 1.5]}},
}

FULL_ENVIRONMENT: dict[str, Any] = {
    "name": "full",
    "packages": {"apt": ["jq"], "pip": ["ruff"]},
    "env_vars": {"API_TOKEN": "s3cr3t"},
    "setup_script": "echo hi\n",
    "networking": {"type": "limited", "allowed_hosts": ["github.com"]},
}

# The headers that the API reads. Others are up to the client; they are recorded separately.
OUR_HEADERS = ("authorization", "content-type", "content-length")

REPOSITORY = {"type": "github_repository", "url": "https://github.com/octo/repo.git", "authorization_token": "t"}


async def health(world: World) -> None:
    await world.call("health", world.client.health)


async def agents(world: World) -> None:
    agents = world.client.agents
    await world.call("empty list", agents.list)
    environment = await world.quietly(world.client.environments.create, name="base")
    agent = await world.call("create", agents.create, **FULL_AGENT, environment_id=environment.id)
    await world.call("create least", agents.create, name="", model=MODEL, runtime="claude")
    await world.call("get by UUID", agents.get, agent.id)
    await world.call("get by text", agents.get, str(agent.id))
    await world.call("get by name", agents.get, agent_id=agent.id)
    await world.call("list", agents.list)
    await world.call("update nothing", agents.update, agent.id, version=1)
    await world.call("update same", agents.update, agent.id, version=1, name=FULL_AGENT["name"])
    await world.call(
        "update empty", agents.update, agent.id, version=1, system="", description="", metadata={"team": ""}
    )
    await world.call("update lists", agents.update, agent.id, version=2, skills=[], mcp_servers=[])
    await world.call("update environment", agents.update, str(agent.id), version=3, environment_id=str(environment.id))
    await world.call("versions", agents.versions, agent.id)
    await world.call("archive", agents.archive, agent.id)
    await world.call("list without archived", agents.list)
    world.record("equal", await settled(agents.get(agent.id)) == await settled(agents.get(agent.id)))


async def environments(world: World) -> None:
    environments = world.client.environments
    await world.call("empty list", environments.list)
    environment = await world.call("create", environments.create, **FULL_ENVIRONMENT)
    await world.call("create least", environments.create, name="least")
    await world.call("get", environments.get, environment.id)
    await world.call("get by name", environments.get, environment_id=str(environment.id))
    await world.call("list", environments.list)
    await world.call(
        "update", environments.update, environment.id, version=1, packages={"cargo": ["ripgrep"]}, env_vars={}
    )
    await world.call("update script", environments.update, environment.id, version=2, setup_script="")
    await world.call(
        "update networking", environments.update, environment.id, version=3, networking={"type": "unrestricted"}
    )
    await world.call("versions", environments.versions, environment.id)
    await world.call("archive", environments.archive, environment.id)
    await world.call("delete", environments.delete, environment.id)
    await world.call("get deleted", environments.get, environment.id)


async def sessions(world: World) -> None:
    sessions = world.client.sessions
    await world.call("empty list", sessions.list)
    agent = await world.agent()
    environment = await world.quietly(world.client.environments.create, name="base")
    world.server.control("POST", "script", script={"manual": True})
    ack = await world.call("create", sessions.create, agent_id=agent.id, prompt="Say hello")
    full = await world.call(
        "create full",
        sessions.create,
        agent_id=str(agent.id),
        prompt="Prüfe",
        environment_id=environment.id,
        timeout=60,
        resources=[REPOSITORY],
    )
    await world.call("get", sessions.get, full.id)
    await world.call("get by name", sessions.get, session_id=str(ack.id))
    await world.call("list", sessions.list)
    await world.call("turns", sessions.turns, ack.id)
    for action in ({"provision": {}}, {"start_turn": {"turn": 1}}, {"finish_turn": {"turn": 1, "exit_code": 0}}):
        world.server.control("POST", "session", session=str(ack.id), action=action)
    await world.call("completed", sessions.get, ack.id)
    await world.call("prompt", sessions.prompt, ack.id, prompt="And again", timeout=30)
    await world.call("turns of two", sessions.turns, str(ack.id))
    await world.call("terminate", sessions.terminate, ack.id)
    await world.call("terminated", sessions.get, ack.id)
    await world.call("delete", sessions.delete, ack.id)
    await world.call("get deleted", sessions.get, ack.id)


async def newer_servers_fields(world: World) -> None:
    """Fields and values that a newer server adds."""
    agent = await world.agent()
    world.fault("GET", "/agents*", {"merge": {"fields": {"added_later": [1]}}})
    await world.call("unknown field", world.client.agents.get, agent.id)
    await world.call("unknown field in a list", world.client.agents.list)
    for name, fields in {
        "provider": {"provider": "anthropic"},
        "other type": {"type": "robot"},
        "null runtime": {"runtime": None},
    }.items():
        world.fault("GET", "/agents*", {"merge": {"fields": fields}})
        await world.call(name, world.client.agents.list)
    await world.session("hang")
    world.fault("GET", "/sessions*", {"merge": {"fields": {"status": "paused"}}})
    await world.call("unknown status", world.client.sessions.list)


async def verbatim_requests(world: World) -> None:
    """Requests verbatim, with their bodies and credentials."""
    with Echo() as echo:
        client = world.new_client(base_url=echo.url)

        async def sent(name: str, method: Any, /, *args: Any, **kwargs: Any) -> None:
            failure: Any = None
            try:
                await settled(method(*args, **kwargs))
            except aod.AodHTTPError as error:
                failure = error.status_code
            except Exception as error:
                failure = error
            world.record(name, failure)
            for place, request in enumerate(echo.take()):
                api_headers = {header: request["headers"].pop(header, None) for header in OUR_HEADERS}
                world.record(
                    f"{name}/request {place}", {"line": request["line"], "body": request["body"], **api_headers}
                )
                world.record(f"{name}/headers {place}", request["headers"])

        async def opened(name: str, **kwargs: Any) -> None:
            with contextlib.suppress(aod.AodHTTPError):
                manager = client.sessions.stream(session, **kwargs)
                if hasattr(manager, "__aenter__"):
                    async with manager as events:
                        await events.__anext__()
                else:
                    with manager as events:
                        next(events)
            await sent(name, lambda: None)

        environment, session, agent = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)
        await sent("health", client.health)
        await sent("agents.list", client.agents.list)
        await sent("agents.create", client.agents.create, **FULL_AGENT, environment_id=environment)
        await sent("agents.create least", client.agents.create, name="n", model="m", runtime="r")
        await sent("agents.get", client.agents.get, agent)
        await sent(
            "agents.update", client.agents.update, agent, version=4, **FULL_AGENT, environment_id=str(environment)
        )
        await sent("agents.update nothing", client.agents.update, agent, version=4)
        await sent("agents.archive", client.agents.archive, agent)
        await sent("agents.versions", client.agents.versions, agent)
        await sent("environments.list", client.environments.list)
        await sent("environments.create", client.environments.create, **FULL_ENVIRONMENT)
        await sent("environments.get", client.environments.get, environment)
        await sent("environments.update", client.environments.update, environment, version=2, **FULL_ENVIRONMENT)
        await sent("environments.archive", client.environments.archive, environment)
        await sent("environments.delete", client.environments.delete, environment)
        await sent("environments.versions", client.environments.versions, environment)
        await sent("sessions.list", client.sessions.list)
        await sent(
            "sessions.create", client.sessions.create, agent_id=agent, prompt="p\n", timeout=60, resources=[REPOSITORY]
        )
        await sent("sessions.create falsy", client.sessions.create, agent_id=agent, prompt="", timeout=0, resources=[])
        await sent("sessions.get", client.sessions.get, session)
        await sent("sessions.prompt", client.sessions.prompt, session, prompt="p", timeout=20)
        await opened("sessions.stream")
        await opened("sessions.stream since", since=0)
        await sent("sessions.turns", client.sessions.turns, session)
        await sent("sessions.terminate", client.sessions.terminate, session)
        await sent("sessions.delete", client.sessions.delete, session)
        await sent("model as id", client.sessions.create, agent_id=5, prompt="p")
        await sent(
            "networking model", client.environments.create, name="n", networking=aod.Networking(type="unrestricted")
        )
        await sent("UUID inside", client.agents.create, name="n", model="m", runtime="r", metadata={"id": environment})
        await sent(
            "time inside",
            client.agents.create,
            name="n",
            model="m",
            runtime="r",
            metadata={"at": datetime.datetime.min},
        )
        await sent("set inside", client.agents.create, name="n", model="m", runtime="r", metadata={"s": {1}})
        await sent("NaN inside", client.agents.create, name="n", model="m", runtime="r", metadata={"n": float("nan")})
        await sent("number keys", client.agents.create, name="n", model="m", runtime="r", metadata={1: True, None: 2})
        await sent("number name", client.agents.create, name=5, model="m", runtime="r")
        await sent("null name", client.agents.create, name=None, model="m", runtime="r")
        await sent("null version", client.agents.update, agent, version=None)
        await sent("empty environment id", client.agents.update, agent, version=1, environment_id="")
        await sent("tuple", client.agents.create, name="n", model="m", runtime="r", skills=())
        for name, base in {"slashes": "///", "prefix": "/a/b/", "query": "/?x=1"}.items():
            await sent(f"base with {name}", lambda base=base: world.new_client(base_url=echo.url + base).health())
        for name, identity in {
            "upper case": str(agent).upper(),
            "undashed": agent.hex,
            "climbing": "../sessions",
            "query": f"{agent}?a=1",
            "empty": "",
            "null": None,
            "number": 5,
        }.items():
            await sent(f"id {name}", client.agents.get, identity)
        await world.close(client)


async def wrong_arguments(world: World) -> None:
    """Arguments that raise TypeError."""
    client = world.client
    for name, call in {
        "missing": lambda: client.agents.get(),
        "too many": lambda: client.agents.get(UNKNOWN_ID, 5),
        "positional": lambda: client.agents.create("n", "m", "r"),
        "unknown": lambda: client.agents.create(name="n", model="m", runtime="r", added_later=1),
        "missing version": lambda: client.agents.update(UNKNOWN_ID, name="n"),
        "positional since": lambda: client.sessions.stream(UNKNOWN_ID, 5),
    }.items():
        try:
            await settled(call())
        except TypeError as error:
            world.record(name, type(error).__name__)


async def clients(world: World) -> None:
    """Creation, repr and closing of clients."""
    import os

    for name in ("AOD_API_TOKEN", "AOD_API_URL"):
        os.environ.pop(name, None)
    cls = type(world.client)
    world.recorder.outcome("without token", lambda: cls())
    world.recorder.outcome("empty token", lambda: cls(token=""))
    world.recorder.outcome("positional", lambda: _class_of(lambda: cls("http://x")))
    os.environ["AOD_API_TOKEN"] = "aod_differential"
    os.environ["AOD_API_URL"] = world.server.url
    try:
        for name, kwargs in {"environment": {}, "empty arguments": {"token": "", "base_url": ""}}.items():
            client = cls(**kwargs)
            await world.call(name, client.health)
            await world.close(client)
        os.environ["AOD_API_URL"] = ""
        world.record("empty environment", type(cls()).__name__)
    finally:
        del os.environ["AOD_API_TOKEN"], os.environ["AOD_API_URL"]
    world.record("shows no token", "aod_differential" in repr(world.client))
    world.record("repr", repr(world.client).split(" at ")[0])
    world.record("attributes", sorted(name for name in vars(world.client) if not name.startswith("_")))
    for name, timeout in {"float": 5.0, "whole": 5, "none": None}.items():
        client = world.new_client(timeout=timeout)
        await world.call(f"timeout {name}", client.health)
        world.record(f"closed {name}", await world.close(client))
    client = world.new_client()
    if hasattr(client, "__aenter__"):
        async with client as same:
            world.record("entered", same is client)
    else:
        with client as same:
            world.record("entered", same is client)
    await world.call("after close", client.health)
    world.record("closed twice", await world.close(client))


def _class_of(action: Any) -> str:
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return "nothing"


SCENES = (
    health,
    agents,
    environments,
    sessions,
    newer_servers_fields,
    verbatim_requests,
    wrong_arguments,
    clients,
)
