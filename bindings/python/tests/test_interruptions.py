"""An exception of a signal handler, such as `KeyboardInterrupt`, loses no event, wherever it is raised."""

from __future__ import annotations

import asyncio
import dis
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from types import CodeType, FrameType
from typing import Any
from uuid import UUID

import pytest
from conftest import http_server, send, start

import aod
from aod.pretty import GenericFormatter
from aod.testing import DevServer
from aod.transcript import AsyncTranscriptStream, Transcript

Control = Callable[..., Any]
UNKNOWN_ID = UUID("00000000-0000-4000-8000-000000000000")

MODULES = (
    "aod._core",
    "aod._log",
    "aod._tokens",
    "aod._wake",
    "aod.events",
    "aod.stream",
    "aod.transcript",
    "aod.watch",
)

pytestmark = pytest.mark.skipif(sys.implementation.name != "cpython", reason="knows the instructions of CPython")


class Stopped(BaseException):
    pass


class Interruption:
    """Raises an exception in the package, once, at one of the places where CPython runs signal handlers.

    These are the beginning of a function, and the instruction after a call or a backward jump.
    """

    def __init__(self, place: int, modules: tuple[str, ...] = MODULES) -> None:
        self._left = place
        self._modules = modules
        self._codes: dict[CodeType, bytes] = {}

    @property
    def is_over(self) -> bool:
        return self._left < 0

    def during(self, work: Callable[[], object]) -> bool:
        """Work, and return whether it was not interrupted."""
        if not self.is_over:
            sys.settrace(self._enter)
        try:
            work()
        except Stopped:
            return False
        finally:
            sys.settrace(None)
        return True

    def _enter(self, frame: FrameType, event: str, arg: object) -> Any:
        code, module = frame.f_code, frame.f_globals.get("__name__", "")
        # Python ignores an exception while an object is dropped, such as a generator.
        if not module.startswith(self._modules) or code.co_name == "<genexpr>" or is_dropping(frame):
            return None
        text = self._codes.setdefault(code, code.co_code)
        frame.f_trace_opcodes = True
        self._pass()
        previous = ""

        def step(frame: FrameType, event: str, arg: object) -> Any:
            nonlocal previous
            if event == "opcode":
                if previous.startswith(("CALL", "JUMP_BACKWARD", "JUMP_ABSOLUTE")):
                    self._pass()
                previous = dis.opname[text[frame.f_lasti]]
            elif event == "exception":
                previous = ""  # the call did not return
            return step

        return step

    def _pass(self) -> None:
        self._left -= 1
        if self._left == -1:
            raise Stopped


def is_dropping(frame: FrameType | None) -> bool:
    return frame is not None and (frame.f_code.co_name == "__del__" or is_dropping(frame.f_back))


def at_each_place(read: Callable[[Interruption], None], *modules: str) -> None:
    """Read a stream with an interruption at the first place, at the second, and so on."""
    for place in range(3000):
        interruption = Interruption(place, modules) if modules else Interruption(place)
        read(interruption)
        if not interruption.is_over:
            assert place > 20
            return
    raise AssertionError("the interruptions have no end")


def collect(items: Iterable[Any], seen: list[Any]) -> Callable[[], None]:
    def work() -> None:
        for item in items:
            seen.append(item)

    return work


def finish(interruption: Interruption, work: Callable[[], object]) -> None:
    while not interruption.during(work):
        pass


@pytest.fixture
def events_url() -> Iterator[str]:
    """Return the URL of a server whose sessions have the same four events, except for one that does not exist."""
    output = 'id: {0}\ndata: {{"type": "output", "id": {0}, "stream": "stdout", "data": "{0}", "turn": {1}}}\n\n'
    turn = 'data: {{"type": "turn_start", "turn": {0}}}\n\n'
    parts = (turn.format(1), output.format(1, 1), turn.format(2), output.format(2, 2))
    body = ("".join(parts) + 'id: 2\ndata: {"type": "exit", "id": 2, "code": 0}\n\n').encode()

    def respond(handler: Any, request: str) -> None:
        if str(UNKNOWN_ID) in request:
            send(handler, 404, "application/json", b'{"detail": "Session not found"}')
        elif "since=" in request.splitlines()[0]:
            send(handler, 204, "text/event-stream", b"")
        else:
            send(handler, 200, "text/event-stream", body)

    with http_server(respond) as url:
        yield url


def test_an_interrupted_stream_neither_loses_nor_repeats_an_event(events_url: str) -> None:
    with aod.Client(base_url=events_url, token="t") as client:
        expected = list(client.sessions.stream("canned"))
        assert [event.type for event in expected] == ["turn_start", "output", "turn_start", "output", "exit"]

        def read(interruption: Interruption) -> None:
            events, seen = client.sessions.stream("canned"), list[aod.StreamEvent]()
            finish(interruption, events.open)
            finish(interruption, collect(events, seen))
            assert seen == expected and events.cursor == expected[-1].cursor

        at_each_place(read)


def test_an_interrupted_stream_raises_its_failure(events_url: str) -> None:
    with aod.Client(base_url=events_url, token="t") as client:

        def read(interruption: Interruption) -> None:
            events = client.sessions.stream(UNKNOWN_ID)
            with pytest.raises(aod.NotFoundError):
                finish(interruption, lambda: next(events))

        at_each_place(read)

        def open_stream(interruption: Interruption) -> None:
            events = client.sessions.stream(UNKNOWN_ID)
            with pytest.raises(aod.NotFoundError):
                finish(interruption, events.open)
                list(events)

        at_each_place(open_stream)


def test_an_interrupted_watch_neither_loses_nor_repeats_an_item(events_url: str) -> None:
    ids = [UUID(int=1), UNKNOWN_ID]
    with aod.Client(base_url=events_url, token="t") as client:
        expected = list(client.sessions.stream(ids[0]))

        def read(interruption: Interruption) -> None:
            items, seen = client.sessions.watch(ids), list[aod.SessionEvent]()
            finish(interruption, collect(items, seen))
            assert [item.event for item in seen if item.session_id == ids[0]] == expected
            (failure,) = (item.error for item in seen if item.session_id == UNKNOWN_ID)
            assert isinstance(failure, aod.NotFoundError)

        at_each_place(read)


def test_an_interrupted_call_frees_no_memory_twice(client: aod.Client) -> None:
    def call(interruption: Interruption) -> None:
        with suppress(aod.ConflictError):
            interruption.during(lambda: client.environments.create(name="a name that needs a buffer"))

    # It would abort the process.
    at_each_place(call, "aod.")


class Words:
    """A formatter that does not call the package, where it would be interrupted."""

    def consume(self, event: aod.StreamEvent) -> Iterator[str]:
        return iter([event.type, event.extra.get("data", "-")])

    def feed(self, chunk: str) -> Iterator[str]:
        return iter([chunk])

    def flush(self) -> Iterator[str]:
        return iter(["flushed"])


def test_interrupted_formatted_lines_are_complete(events_url: str) -> None:
    with aod.Client(base_url=events_url, token="t") as client:
        expected = list(client.sessions.stream("canned").pretty(Words()))
        first, second = ["turn_start", "-", "output", "1"], ["turn_start", "-", "output", "2"]
        assert expected == [*first, "flushed", *second, "exit", "-", "flushed"]

        def read(interruption: Interruption) -> None:
            seen: list[str] = []
            finish(interruption, collect(client.sessions.stream("canned").pretty(Words()), seen))
            assert seen == expected

        at_each_place(read)


class Ready:
    """An asynchronous iterator of events that have arrived."""

    def __init__(self, events: Iterable[aod.StreamEvent]) -> None:
        self._events = iter(events)

    def __aiter__(self) -> Ready:
        return self

    def __anext__(self) -> Ready:
        return self

    def __await__(self) -> Generator[None, None, aod.StreamEvent]:
        for event in self._events:
            return event
        raise StopAsyncIteration
        yield


def collect_async(changes: AsyncTranscriptStream, seen: list[Any]) -> Callable[[], None]:
    async def read() -> None:
        async for change in changes:
            seen.append(change)

    def work() -> None:
        with suppress(StopIteration):
            read().send(None)

    return work


def test_interrupted_changes_of_a_transcript_are_complete(events_url: str) -> None:
    with aod.Client(base_url=events_url, token="t") as client:
        events = list(client.sessions.stream("canned"))
        whole = client.sessions.stream("canned").transcript(Transcript("claude"))
        expected = list(whole)
        types = [change.type for change in expected]
        assert types.count("turn_started") == types.count("turn_ended") == 2
        content = whole.transcript.model_dump_json()

        def read(interruption: Interruption) -> None:
            seen: list[Any] = []
            changes = client.sessions.stream("canned").transcript(Transcript("claude"))
            finish(interruption, collect(changes, seen))
            assert seen == expected and changes.transcript.model_dump_json() == content

        at_each_place(read)

        def read_async(interruption: Interruption) -> None:
            seen: list[Any] = []
            changes = AsyncTranscriptStream(Ready(events), Transcript("claude"))
            finish(interruption, collect_async(changes, seen))
            assert seen == expected and changes.transcript.model_dump_json() == content

        at_each_place(read_async)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_formatted_lines_continue_after_control_c(client: aod.Client, control: Control) -> None:
    control("POST", "script", {"script": {"steps": [{"stdout": "one\n"}, {"hold": "two"}, {"stdout": "two\n"}]}})
    with client.sessions.stream(start(client).id) as events:
        lines = events.pretty(GenericFormatter())
        assert next(lines) == "one"
        threading.Timer(0.05, signal.raise_signal, [signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            next(lines)
        control("POST", "release", {"name": "two"})
        assert list(lines) == ["two"]


def test_formatted_lines_continue_after_a_timeout(server: DevServer, client: aod.Client, control: Control) -> None:
    control("POST", "script", {"script": {"steps": [{"stdout": "one\n"}, {"hold": "two"}, {"stdout": "two\n"}]}})
    ack = start(client)

    async def main() -> None:
        async with (
            aod.AsyncClient(base_url=server.url, token=server.token) as other,
            other.sessions.stream(ack.id) as events,
        ):
            lines = events.pretty(GenericFormatter())
            assert await anext(lines) == "one"
            waiting = asyncio.ensure_future(anext(lines))
            await asyncio.sleep(0)
            with pytest.raises(aod.AodError, match="another task"):
                await anext(lines)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await asyncio.to_thread(control, "POST", "release", {"name": "two"})
            assert [line async for line in lines] == ["two"]

    asyncio.run(asyncio.wait_for(main(), 60))


def test_changes_of_a_transcript_continue_after_a_timeout(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    control("POST", "script", {"script": {"steps": [{"stdout": "one\n"}, {"hold": "two"}, {"stdout": "two\n"}]}})
    ack = start(client)

    async def main() -> str:
        async with (
            aod.AsyncClient(base_url=server.url, token=server.token) as other,
            other.sessions.stream(ack.id) as events,
        ):
            changes = events.transcript()
            while (await anext(changes)).type != "item_added":
                pass
            waiting = asyncio.ensure_future(anext(changes))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await asyncio.to_thread(control, "POST", "release", {"name": "two"})
            assert "turn_ended" in [change.type async for change in changes]
            return changes.transcript.model_dump_json()

    content = asyncio.run(asyncio.wait_for(main(), 60))
    whole = client.sessions.stream(ack.id).transcript()
    assert list(whole)
    assert content == whole.transcript.model_dump_json()


def test_formatted_lines_can_be_closed_like_a_generator(server: DevServer, client: aod.Client) -> None:
    ack = start(client)
    with client.sessions.stream(ack.id) as events:
        lines: Any = events.pretty(plain=True)
        assert next(lines)
        lines.close()
        assert list(lines) == []

    async def main() -> None:
        async with (
            aod.AsyncClient(base_url=server.url, token=server.token) as other,
            other.sessions.stream(ack.id) as events,
        ):
            lines: Any = events.pretty(plain=True)
            assert await anext(lines)
            await lines.aclose()
            assert [line async for line in lines] == []

    asyncio.run(main())


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_an_interrupted_open_does_not_close_the_stream(client: aod.Client, control: Control) -> None:
    ack = start(client)
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": {"stall": {}}})
    events = client.sessions.stream(ack.id, deadline=60)
    before = control("GET", "stats")["requests"]

    def interrupt() -> None:
        control("POST", "wait", {"requests": before + 1})
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        events.open()
    client.network.changed()
    assert list(events)[-1].is_terminal


def test_an_open_that_is_cancelled_does_not_close_the_stream(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    ack = start(client)
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": {"stall": {}}})
    before = control("GET", "stats")["requests"]

    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
            events = other.sessions.stream(ack.id, deadline=60)
            opening = asyncio.ensure_future(events.open())
            await asyncio.to_thread(control, "POST", "wait", {"requests": before + 1})
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            other.network.changed()
            assert [event async for event in events][-1].is_terminal

    asyncio.run(asyncio.wait_for(main(), 60))
