"""Exceptions: of each endpoint, each status and each malformed response, and the classes themselves."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import socket

import aod
from aod.errors import raise_for_status
from recorder import Recorder, exception
from world import MODEL, UNKNOWN_ID, World, settled

CLASSES = (
    "AodHTTPError",
    "AuthError",
    "ConflictError",
    "NotFoundError",
    "ServerError",
    "ValidationError",
    "RateLimitError",
)
ENTRIES = [{"type": "missing", "loc": ["name"], "msg": "Field required", "input": {"a": 1}, "url": "u"}]


def record(recorder: Recorder) -> None:
    recorder.begin("errors", "")
    recorder.outcome("base", lambda: aod.AodError("x", 5))
    for name in CLASSES:
        error = getattr(aod, name)(418, "d", "GET", "http://h/x")
        recorder.record(name, error)
        recorder.outcome(f"pickled {name}", lambda error=error: pickle.loads(pickle.dumps(error)))
        recorder.outcome(f"copied {name}", lambda error=error: copy.copy(error))
    recorder.record("limits", aod.RateLimitError(429, "d", "GET", "u", limit=3, active=2))
    recorder.record("by name", aod.AodHTTPError(status_code=400, detail=None, method="GET", url="u"))
    for status in (200, 204, 299, 300, 304, 400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 503, 599):
        recorder.outcome(
            f"status {status}", lambda status=status: raise_for_status(status, {"detail": "d"}, "GET", "u")
        )
    for name, body in {
        "none": None,
        "text": "t",
        "quoted": 'it\'s "q"',
        "object": {"error": "x"},
        "null detail": {"detail": None},
        "entries": {"detail": ENTRIES},
        "object detail": {"detail": {"a": 1}},
        "list": [1],
        "odd limits": {"detail": "d", "limit": "3", "active": None},
    }.items():
        for status in (404, 422, 429):
            recorder.outcome(f"{status} body {name}", lambda s=status, b=body: raise_for_status(s, b, "GET", "u"))


async def endpoints(world: World) -> None:
    """The errors that each endpoint answers."""
    client = world.client
    agent = await world.agent()
    environment = await world.quietly(client.environments.create, name="base")
    for resource, names in {
        "agents": ("get", "archive", "versions"),
        "environments": ("get", "archive", "versions", "delete"),
        "sessions": ("get", "turns", "terminate", "delete"),
    }.items():
        for name in names:
            await world.call(f"{resource}.{name} of nothing", getattr(getattr(client, resource), name), UNKNOWN_ID)
    await world.call("agents.update of nothing", client.agents.update, UNKNOWN_ID, version=1, name="x")
    await world.call("environments.update of nothing", client.environments.update, UNKNOWN_ID, version=1, name="x")
    await world.call("sessions.prompt of nothing", client.sessions.prompt, UNKNOWN_ID, prompt="x")
    await world.call("agents.update stale", client.agents.update, agent.id, version=7, name="x")
    await world.call("environments.update stale", client.environments.update, environment.id, version=7, name="x")
    await world.call("unknown runtime", client.agents.create, name="n", model=MODEL, runtime="claude-code")
    await world.call("unknown model", client.agents.create, name="n", model="gpt-9", runtime="claude")
    await world.call("long name", client.agents.create, name="n" * 201, model=MODEL, runtime="claude")
    await world.call("wrong types", client.agents.create, name=5, model={}, runtime=[], skills="x")
    await world.call("bad skill", client.agents.create, name="n", model=MODEL, runtime="claude", skills=[{"name": "A"}])
    await world.call("echoed secret", client.environments.create, name=5, env_vars={"KEY": "s3cret"})
    await world.call("taken name", client.environments.create, name="base")
    await world.call("bad packages", client.environments.create, name="p", packages={"brew": ["x"]})
    await world.call("bad networking", client.environments.create, name="p", networking={"type": "limited"})
    await world.call("short timeout", client.sessions.create, agent_id=agent.id, prompt="x", timeout=5)
    await world.call("agent that is not", client.sessions.create, agent_id=UNKNOWN_ID, prompt="x")
    await world.call("no prompt", client.sessions.create, agent_id=agent.id, prompt=None)
    world.server.control("POST", "script", script={"manual": True})
    world.server.control("POST", "quota", limit=1)
    ack = await world.quietly(client.sessions.create, agent_id=agent.id, prompt="x")
    await world.call("quota", client.sessions.create, agent_id=agent.id, prompt="x")
    await world.call("environment in use", client.environments.delete, environment.id)
    await world.call("prompt on pending", client.sessions.prompt, ack.id, prompt="y")
    for action in ({"provision": {}}, {"start_turn": {"turn": 1}}):
        world.server.control("POST", "session", session=str(ack.id), action=action)
    await world.call("prompt on running", client.sessions.prompt, ack.id, prompt="y")
    await world.call("delete running", client.sessions.delete, ack.id)
    await world.quietly(client.agents.archive, agent.id)
    await world.call("archived twice", client.agents.archive, agent.id)
    await world.call("update of archived", client.agents.update, agent.id, version=1, name="x")
    await world.call("session of archived", client.sessions.create, agent_id=agent.id, prompt="x")


async def authorization(world: World) -> None:
    world.server.control("POST", "key", token="aod_inactive", active=False)
    world.server.control("POST", "key", token="aod_expired", expired=True)
    for token in ("wrong", "aod_inactive", "aod_expired"):
        client = world.new_client(token=token)
        await world.call(token, client.agents.list)
        await world.close(client)


async def statuses(world: World) -> None:
    """Every status with a body of each kind."""
    bodies = {
        "detail": ('{"detail": "d", "limit": 3, "active": 2}', "application/json"),
        "entries": (json.dumps({"detail": ENTRIES}), "application/json; charset=utf-8"),
        "other": ('{"error": {"code": 1}}', "application/json"),
        "html": ("<h1>no</h1>", "text/html"),
        "problem": ('{"detail": "d"}', "application/problem+json"),
        "empty": ("", "text/html"),
        "malformed": ('{"detail', "application/json"),
    }
    for status in (400, 401, 403, 404, 405, 409, 418, 422, 429, 500, 502, 503):
        for name, (body, content_type) in bodies.items():
            world.answer(None, "*", status, body, content_type)
            # A call that is never retried; `repeated` covers retries.
            await world.call(f"{status} {name}", world.client.agents.archive, UNKNOWN_ID)
    world.remove_faults()


async def repeated(world: World) -> None:
    """Requests that are retried."""
    world.answer("GET", "/agents", 503, '{"detail": "busy"}')
    await world.call("503 always", world.client.agents.list)
    world.fault("GET", "/agents", {"drop": {}}, times=1)
    await world.call("dropped once", world.client.agents.list)
    world.fault("POST", "/agents", {"drop": {}}, times=1)
    await world.call("write dropped once", world.client.agents.create, name="n", model=MODEL, runtime="claude")


async def malformed_responses(world: World) -> None:
    """Success statuses with malformed bodies."""
    agent = await world.agent()
    for name, (status, body, content_type) in {
        "empty": (200, "", "application/json"),
        "html": (200, "<html>", "text/html"),
        "list": (200, "[]", "application/json"),
        "object": (200, "{}", "application/json"),
        "null data": (200, '{"data": null}', "application/json"),
        "odd data": (200, '{"data": [{}]}', "application/json"),
        "malformed": (200, '{"data": [', "application/json"),
        "other content type": (200, '{"data": []}', "text/plain"),
        "no content": (204, "", "application/json"),
        "redirect": (302, "", "text/html"),
        "not modified": (304, "", "text/html"),
    }.items():
        world.answer("GET", "*", status, body, content_type)
        await world.call(f"{name} for a list", world.client.agents.list)
        await world.call(f"{name} for one", world.client.agents.get, agent.id)
        await world.call(f"{name} for health", world.client.health)
    world.fault("GET", "*", {"content_type": {"value": "text/plain"}})
    await world.call("agent as text", world.client.agents.get, agent.id)
    world.fault("GET", "*", {"gzip": {}})
    await world.call("compressed", world.client.agents.get, agent.id)
    world.fault("GET", "*", {"drip": {"bytes": 7}})
    await world.call("in small pieces", world.client.agents.get, agent.id)


async def no_server(world: World) -> None:
    with socket.socket() as not_listening:
        not_listening.bind(("127.0.0.1", 0))
        client = world.new_client(base_url=f"http://127.0.0.1:{not_listening.getsockname()[1]}")
        try:
            await settled(client.health())
        except Exception as error:
            world.record("refused", exception(error)["class"])
        await world.close(client)
    world.fault("GET", "/health", {"stall": {}})
    client = world.new_client(timeout=0.3)
    try:
        await asyncio.wait_for(settled(client.health()), 10) if asyncio.iscoroutinefunction(
            client.health
        ) else client.health()
    except Exception as error:
        world.record("silent", exception(error)["class"])
    await world.close(client)


SCENES = (endpoints, authorization, statuses, repeated, malformed_responses, no_server)
