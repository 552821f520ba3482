"""Waiting works in all kinds of event loops and releases its resources."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from conftest import start

import aod
from aod.testing import DevServer

DEEP = "[" * 99 + "]" * 99
LONG_NUMBER = "1" + "0" * 5000
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """Cannot watch a pipe, like the proactor loop of Windows."""

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


def run_without_readers(main: Coroutine[Any, Any, Any]) -> Any:
    loop = LoopWithoutReaders()
    # The loop's own wakeup pipe.
    loop._add_reader(loop._ssock, loop._read_from_self)  # type: ignore[attr-defined]
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@pytest.mark.parametrize("run", [asyncio.run, run_without_readers])
def test_calls_and_streams_work_in_all_event_loops(
    server: DevServer, client: aod.Client, run: Callable[[Coroutine[Any, Any, Any]], Any]
) -> None:
    session = start(client)

    async def work() -> tuple[list[str], int]:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as client:
            types = [event.type async for event in client.sessions.stream(session.id)]
            async with client.sessions.watch([session.id, UNKNOWN_ID]) as items:
                watched = [item.event.type async for item in items if item.event]
            assert watched == types
            agents = await asyncio.gather(*(client.agents.list() for _ in range(20)))
            with pytest.raises(aod.NotFoundError):
                await client.agents.get(UNKNOWN_ID)
            return types, len(agents)

    types, answers = run(work())
    assert (types[0], types[-1], answers) == ("start", "exit", 20)


@pytest.mark.parametrize("run", [asyncio.run, run_without_readers])
def test_calls_work_after_all_tasks_have_been_cancelled(
    server: DevServer,
    client: aod.Client,
    control: Callable[..., Any],
    run: Callable[[Coroutine[Any, Any, Any]], Any],
) -> None:
    control("POST", "script", {"script": {"steps": [{"hold": "never"}]}})
    session = start(client)

    async def work() -> None:
        client = aod.AsyncClient(base_url=server.url, token=server.token)
        async with client, client.sessions.stream(session.id) as events:
            await events.open()

            async def read() -> None:
                async for _ in events:
                    pass

            waiting = asyncio.create_task(read())
            await client.agents.list()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            assert await asyncio.wait_for(client.agents.list(), 60)
            assert waiting.cancelled()

    run(work())


def test_cancelled_waits_lose_no_event(server: DevServer, client: aod.Client, control: Callable[..., Any]) -> None:
    steps = [{"hold": "go"}, *({"stdout": f"{number}\n"} for number in range(200)), {"exit": 0}]
    control("POST", "script", {"script": {"steps": steps}})
    session = start(client)

    async def work() -> list[str | None]:
        texts: list[str | None] = []
        async with aod.AsyncClient(base_url=server.url, token=server.token) as client:
            stream = client.sessions.stream(session.id)
            released = False
            while True:
                # Cancel each wait just when an event may arrive.
                waiting = asyncio.ensure_future(stream.__anext__())
                await asyncio.sleep(0)
                if not waiting.done():
                    waiting.cancel()
                if not released:
                    released = True
                    await asyncio.to_thread(control, "POST", "release", {"name": "go"})
                try:
                    event = await waiting
                except asyncio.CancelledError:
                    continue
                except StopAsyncIteration:
                    return texts
                if event.type == "output":
                    texts.append(event.text)

    assert asyncio.run(work()) == [f"{number}\n" for number in range(200)]


def test_closed_event_loops_leak_no_descriptor(server: DevServer) -> None:
    def open_descriptors() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    # One client, whose connections all loops share.
    client = aod.AsyncClient(base_url=server.url, token=server.token)
    asyncio.run(client.health())
    before = open_descriptors()
    for _ in range(20):
        asyncio.run(client.health())
    # A call can start before the previous connection is free, and open another.
    assert open_descriptors() <= before + 2


@pytest.mark.parametrize(
    ("data", "kind", "place", "extra"),
    [
        ('{"type": null, "a": 1}', "", None, {"a": 1, "type": None}),
        ('{"type": "stage", "id": "7"}', "stage", 7, {}),
        ('{"type": "stage", "id": "x"}', "stage", None, {"id": "x"}),
        ('{"type": "stage", "id": 1.5}', "stage", None, {"id": 1.5}),
        ('{"type": "new", "text": "\\ud83d"}', "new", None, {"text": "\ufffd"}),
        ("{nonsense", "", None, {"raw": "{nonsense"}),
        ('{"type": "new", "type": "exit", "id": 1, "id": 2}', "exit", 2, {}),
        ('{"type": "new", "\\u0069d": 5, "a": 1}', "new", 5, {"a": 1}),
        (f'{{"type": "new", "id": 3, "n": {LONG_NUMBER}}}', "new", 3, {"n": LONG_NUMBER}),
        (f'{{"type": "new", "id": 3, "n": {DEEP}}}', "new", 3, {"n": json.loads(DEEP)}),
        ("[" * 500 + "]" * 500, "", None, {"raw": "[" * 500 + "]" * 500}),
        ('"text"', "", None, {"raw": '"text"'}),
        ('{"type": "new",\ndata: "id": 4,\ndata: "a": 1}', "new", 4, {"a": 1}),
    ],
)
def test_malformed_events_are_normalized(
    client: aod.Client, control: Callable[..., Any], data: str, kind: str, place: int | None, extra: dict[str, Any]
) -> None:
    session = start(client)
    insert = {"insert": {"before_event": 1, "text": f"data: {data}\n\n"}}
    control("POST", "fault", {"method": "GET", "path": "*/stream", "effect": insert})
    start_event, event, *others = client.sessions.stream(session.id)
    assert (event.type, event.id, event.extra) == (kind, place, extra)
    # The other events of the batch are unaffected.
    assert (start_event.type, others[-1].type) == ("start", "exit")
    assert all("raw" not in other.extra for other in others)
