"""Streams: opening, iterating, resuming, leaving and errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from world import UNKNOWN_ID, World

STEPS = ({"stdout": "working\n"}, {"stderr": "no\u2028such\u0085thing ✨\n"}, {"stdout": ""}, {"exit": 0})


async def whole(world: World) -> None:
    """A complete stream."""
    ack = await world.session(*STEPS)
    events = await world.follow(ack.id)
    world.record("events", _timeless(events))
    world.record(
        "requests", [(request["method"], request["path"], request["query"]) for request in world.server.requests()]
    )
    world.record("again", _timeless(await world.follow(str(ack.id))))
    world.record("equal", await world.follow(ack.id) == await world.follow(ack.id))


async def resumed(world: World) -> None:
    ack = await world.session(*STEPS)
    ids = [event.id for event in await world.follow(ack.id) if event.type == "output"]
    world.server.requests()
    for name, since in {"zero": 0, "first": ids[0], "last": ids[-1], "beyond": ids[-1] + 100, "negative": -5}.items():
        world.record(name, _timeless(await world.follow(ack.id, since=since)))
        world.record(f"{name} asked", [request["query"] for request in world.server.requests()])
    for name, since in {"text": "5", "fraction": 1.5}.items():
        try:
            world.record(f"since {name}", len(await world.follow(ack.id, since=since)))
        except Exception as error:
            world.record(f"since {name}", error)
        world.server.requests()


async def endings(world: World) -> None:
    for name, steps in {"failed": [{"exit": 3}], "crashed": ["crash"]}.items():
        ack = await world.session(*steps)
        world.record(name, _timeless(await world.follow(ack.id)))
        await world.quietly(world.client.sessions.delete, ack.id)
    ack = await world.session({"stdout": "working"}, "hang")
    events: list[Any] = []
    async for event in _stream(world, ack.id):
        events.append(event)
        if event.type == "output":
            await world.quietly(world.client.sessions.terminate, ack.id)
    world.record("terminated", _timeless(events))


async def opening(world: World) -> None:
    """Nothing is sent before the block is entered."""
    manager = world.client.sessions.stream(UNKNOWN_ID)
    world.record("asked before entering", len(world.server.requests()))
    world.record("managers", [hasattr(manager, "__enter__"), hasattr(manager, "__aenter__")])
    # The error comes on entering or with the first event, depending on the package.
    world.record("unknown session", await world.follow(UNKNOWN_ID))
    ack = await world.session({"exit": 0})
    manager = world.client.sessions.stream(ack.id)
    if hasattr(manager, "__aenter__"):
        async with manager as events:
            world.record("iterator", [isinstance(events, AsyncIterator), events.__aiter__() is events])
            async for _ in events:
                pass
    else:
        with manager as events:
            world.record("iterator", [isinstance(events, Iterator), iter(events) is events])
            for _ in events:
                pass
    world.server.requests()
    world.recorder.outcome("client still works", lambda: True)
    await world.call("a call afterwards", world.client.agents.list)


async def leaving(world: World) -> None:
    """Streams that are left early, by a break and by an exception."""
    ack = await world.session({"stdout": "a"}, {"stdout": "b"}, "hang")
    manager = world.client.sessions.stream(ack.id)
    if hasattr(manager, "__aenter__"):
        async with manager as events:
            first = await events.__anext__()
            async for second in events:  # noqa: B007 - recorded below
                break
    else:
        with manager as events:
            first = next(events)
            for second in events:  # noqa: B007 - recorded below
                break
    world.record("first two", _timeless([first, second]))
    world.server.control("POST", "wait", streams=0)
    manager = world.client.sessions.stream(ack.id)
    try:
        if hasattr(manager, "__aenter__"):
            async with manager as events:
                await events.__anext__()
                raise LookupError("mine")
        with manager as events:
            next(events)
            raise LookupError("mine")
    except LookupError as error:
        world.record("exception of the program", str(error))
    world.server.control("POST", "wait", streams=0)
    await world.call("a call afterwards", world.client.sessions.get, ack.id)


async def twice(world: World) -> None:
    """An exhausted iterator stays exhausted."""
    ack = await world.session(*STEPS)
    manager = world.client.sessions.stream(ack.id)
    counts = []
    if hasattr(manager, "__aenter__"):
        async with manager as events:
            for _ in range(2):
                counts.append(len([event async for event in events]))
    else:
        with manager as events:
            for _ in range(2):
                counts.append(len(list(events)))
    world.record("counts", [counts[0] > 3, counts[1]])


async def refusals(world: World) -> None:
    ack = await world.session(*STEPS)
    for name, (status, body, content_type) in {
        "401": (401, '{"detail": "Invalid API key"}', "application/json"),
        "403": (403, "<html>", "text/html"),
        "404": (404, '{"detail": "Session not found"}', "application/json"),
        "404 as text": (404, '{"detail": "Session not found"}', "text/plain"),
        "409": (409, '{"detail": "d"}', "application/json"),
        "418 empty": (418, "", ""),
        "422": (422, '{"detail": [{"loc": ["since"], "msg": "bad", "type": "t", "input": "x"}]}', "application/json"),
        "429": (429, '{"detail": "d", "limit": 2, "active": 2}', "application/json"),
    }.items():
        world.answer("GET", "*/stream", status, body, content_type)
        world.record(name, (await world.follow(ack.id))[-1])


async def rules(world: World) -> None:
    """Streams that the server would not write in this form."""
    ack = await world.session(*STEPS)
    whole = _timeless(await world.follow(ack.id))
    for name, effect in {
        "crlf": {"crlf": {}},
        "one byte at a time": {"drip": {"bytes": 1}},
        "compressed": {"gzip": {}},
        "comments": {"insert": {"before_event": 1, "text": ": a comment\n\n"}},
        "other fields": {"insert": {"before_event": 1, "text": "event: x\nretry: 5\nid: 3\n\n"}},
        "no blank": {"insert": {"before_event": 1, "text": 'data:{"type":"stage","stage":"x","state":"done"}\n\n'}},
        "empty data": {"insert": {"before_event": 1, "text": "data:\n\n"}},
        "number data": {"insert": {"before_event": 1, "text": "data: 5\n\n"}},
        "no type": {"insert": {"before_event": 1, "text": 'data: {"data": "x"}\n\n'}},
        "unknown type": {"insert": {"before_event": 1, "text": 'data: {"type": "added_later"}\n\n'}},
        "null type": {"insert": {"before_event": 1, "text": 'data: {"type": null}\n\n'}},
        "odd id": {"insert": {"before_event": 1, "text": 'data: {"type": "stage", "id": "x"}\n\n'}},
        "fraction id": {"insert": {"before_event": 1, "text": 'data: {"type": "stage", "id": 1.5}\n\n'}},
        "not JSON": {"insert": {"before_event": 1, "text": "data: {nonsense\n\n"}},
        "several data lines": {
            "insert": {"before_event": 1, "text": 'data: {"type": "stage",\ndata: "stage": "x"}\n\n'}
        },
        "separator in JSON": {
            "insert": {"before_event": 1, "text": 'data: {"type": "stage", "stage": "a\u2028b\u0085c"}\n\n'}
        },
        "byte order mark": {"insert": {"before_event": 0, "text": "\ufeff"}},
        "every event twice": {"duplicate": {}},
        "cut": {"cut_after_events": {"events": 3}},
        "cleanly cut": {"cut_after_events": {"events": 3, "how": "end"}},
        "html": {"status": {"status": 200, "headers": {"content-type": "text/html"}, "body": "<html>"}},
        "no content": {"status": {"status": 204}},
        "redirected": {"redirect": {"location": "http://127.0.0.1:9/elsewhere"}},
    }.items():
        world.fault("GET", "*/stream", effect, times=1)
        events = await world.follow(ack.id)
        world.record(name, "the whole stream" if _timeless(events) == whole else " ".join(map(_short, events)))


def _short(event: Any) -> str:
    if isinstance(event, Exception):
        return type(event).__name__
    return f"{event.type}={event.id}" + (
        "" if event.type not in ("stage", "added_later", None) else f":{event.extra.get('stage')}"
    )


def _timeless(events: list[Any]) -> list[Any]:
    for event in events:
        if not isinstance(event, Exception) and "duration_ms" in event.extra:
            event.extra["duration_ms"] = "<time>"
    return events


async def _stream(world: World, session_id: Any) -> AsyncIterator[Any]:
    manager = world.client.sessions.stream(session_id)
    if hasattr(manager, "__aenter__"):
        async with manager as stream:
            async for event in stream:
                yield event
    else:
        with manager as stream:
            for event in stream:
                yield event


SCENES = (whole, resumed, endings, opening, leaving, twice, refusals, rules)
