"""Streams deliver each event once, and close their connections."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from conftest import http_server, python, send, start
from pydantic import BaseModel

import aod
from aod.pretty import ClaudeFormatter
from aod.testing import DevServer
from aod.transcript import Change

Control = Callable[..., Any]


def script(control: Control, *steps: dict[str, Any]) -> None:
    control("POST", "script", {"script": {"steps": list(steps)}})


def start_hanging(client: aod.Client, control: Control) -> aod.SessionAck:
    script(control, {"stdout": "one\n"}, {"hold": "never"})
    return start(client)


def next_text(events: aod.EventStream) -> aod.StreamEvent:
    return next(event for event in events if event.text)


def test_each_event_is_delivered_once_when_connections_break(client: aod.Client, control: Control) -> None:
    script(control, *({"stdout": f"{number}\n"} for number in range(20)), {"exit": 3})
    ack = start(client)
    for after in (7, 9, 13):
        cut = {"cut_after_events": {"events": after, "how": "reset"}}
        control("POST", "fault", {"path": "/sessions/*/stream", "effect": cut})
    with client.sessions.stream(ack.id) as events:
        seen = list(events)
    assert "".join(event.text or "" for event in seen) == "".join(f"{number}\n" for number in range(20))
    assert [event.type for event in seen].count("start") == 1
    assert seen[-1].exit_code == 3
    assert seen[-1].id == events.cursor


def test_a_stream_resumes_from_the_cursor_of_another(client: aod.Client, control: Control) -> None:
    script(control, {"stdout": "a"}, {"stdout": "b"}, {"stdout": "c"})
    ack = start(client)
    client.sessions.wait_for_completion(ack.id)
    first = client.sessions.stream(ack.id)
    while next(first).text != "a":
        pass
    rest = client.sessions.stream(ack.id, since=first.cursor)
    assert [event.text for event in rest if event.text] == ["b", "c"]


@pytest.mark.parametrize("way", ["with", "break", "drop", "cancel", "thread"])
def test_leaving_a_stream_closes_its_connection(client: aod.Client, control: Control, way: str) -> None:
    ack = start_hanging(client, control)
    if way == "with":
        with client.sessions.stream(ack.id) as events:
            next_text(events)
    elif way == "break":
        for event in client.sessions.stream(ack.id):
            if event.text:
                break
    elif way == "drop":
        next_text(client.sessions.stream(ack.id))
        gc.collect()
    elif way == "cancel":
        events = client.sessions.stream(ack.id)
        next_text(events)
        events.cancel()
        assert list(events) == []
    else:
        events = client.sessions.stream(ack.id)
        next_text(events)
        thread = threading.Thread(target=lambda: list(events))
        thread.start()
        events.cancel()
        thread.join()
    control("POST", "wait", {"streams": 0})


@pytest.mark.parametrize("way", ["with", "break", "task"])
def test_leaving_an_async_stream_closes_its_connection(
    client: aod.Client, server: DevServer, control: Control, way: str
) -> None:
    ack = start_hanging(client, control)

    async def main() -> None:
        other = aod.AsyncClient(base_url=server.url, token=server.token)
        if way == "with":
            async with other.sessions.stream(ack.id) as events:
                async for event in events:
                    if event.text:
                        break
        elif way == "break":
            async for event in other.sessions.stream(ack.id):
                if event.text:
                    break
        else:
            seen = asyncio.Event()

            async def follow() -> None:
                async for event in other.sessions.stream(ack.id):
                    if event.text:
                        seen.set()

            task = asyncio.create_task(follow())
            await seen.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            del task
        await asyncio.to_thread(control, "POST", "wait", {"streams": 0})

    asyncio.run(main())


def test_subscriptions_receive_each_event_and_one_end(client: aod.Client) -> None:
    ack = start(client)
    seen: list[aod.StreamEvent] = []
    ends: list[str] = []
    subscription = client.sessions.listen(ack.id, on_event=seen.append, on_closed=lambda: ends.append("closed"))
    assert subscription.join(120)
    assert seen[-1].exit_code == 0
    assert ends == ["closed"]


def test_subscriptions_take_the_options_of_streams(client: aod.Client, control: Callable[..., Any]) -> None:
    ack = start(client)
    control("POST", "fault", {"path": "*/stream", "times": None, "effect": {"status": {"status": 503}}})
    failures: list[aod.AodError] = []
    assert client.sessions.listen(ack.id, on_event=print, on_error=failures.append, reconnect=False).join(120)
    (failure,) = failures
    assert failure.attempts == 1
    with pytest.raises(TypeError, match="unknown options: patience"):
        client.sessions.listen(ack.id, on_event=print, patience=5)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="deadline must be a number of seconds"):
        client.sessions.listen(ack.id, on_event=print, deadline="5")  # type: ignore[arg-type]


def test_on_error_is_called_once(client: aod.Client) -> None:
    seen: list[aod.StreamEvent] = []
    failures: list[aod.AodError] = []
    unknown_id = "00000000-0000-4000-8000-000000000000"
    client.sessions.listen(unknown_id, on_event=seen.append, on_error=failures.append).join(120)
    assert [type(error) for error in failures] == [aod.NotFoundError]


def test_on_event_that_raises_ends_the_subscription_with_on_error(client: aod.Client, control: Control) -> None:
    ack = start_hanging(client, control)
    failures: list[aod.AodError] = []

    def fail(event: aod.StreamEvent) -> None:
        raise LookupError(event.type)

    assert client.sessions.listen(ack.id, on_event=fail, on_error=failures.append).join(120)
    assert [str(error) for error in failures] == ["on_event raised LookupError"]
    assert isinstance(failures[0].__cause__, LookupError)
    control("POST", "wait", {"streams": 0})


def test_errors_without_on_error_go_to_threading_excepthook(
    client: aod.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda caught: hooked.append(caught.exc_value))
    unknown_id = "00000000-0000-4000-8000-000000000000"
    client.sessions.listen(unknown_id, on_event=print).join(120)
    assert [type(error) for error in hooked] == [aod.NotFoundError]


def test_unknown_events_are_delivered(client: aod.Client, control: Control) -> None:
    ack = start(client)
    insert = {"insert": {"before_event": 1, "text": 'data: {"type": "added_later", "x": "\u2028"}\n\n'}}
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": insert})
    seen = list(client.sessions.stream(ack.id))
    assert aod.StreamEvent(type="added_later", extra={"x": "\u2028"}) in seen


def test_events_can_be_fields_of_models() -> None:
    class Holder(BaseModel):
        event: aod.StreamEvent

    event = aod.StreamEvent.from_payload({"type": "output", "id": 4, "stream": "stdout", "data": "x", "turn": 1})
    assert (event.type, event.id, event.text, event.turn) == ("output", 4, "x", 1)
    dumped = {"type": "output", "id": 4, "extra": {"stream": "stdout", "data": "x", "turn": 1}}
    assert event.model_dump() == dumped
    assert Holder(event=event).model_dump() == {"event": dumped}
    assert Holder.model_validate({"event": dumped}).event == event
    assert Holder.model_validate_json(Holder(event=event).model_dump_json()).event == event
    assert "StreamEvent" in str(Holder.model_json_schema())
    assert aod.StreamEvent.from_payload({}).type == "output"


CHILD = """
import sys, os, aod
client = aod.Client(base_url=sys.argv[1], token=sys.argv[2])
"""


BLOCKING = {
    "stream": "list(client.sessions.stream(sys.argv[3]))",
    "call": "client.with_options(timeout=60).health()",
    "opening": "next(client.sessions.stream(sys.argv[3]))",
    "listener": "client.sessions.listen(sys.argv[3], on_event=print).join()",
    "asyncio": """
import asyncio
async def main():
    async with aod.AsyncClient(base_url=sys.argv[1], token=sys.argv[2], timeout=60) as other:
        await other.health()
asyncio.run(main())
""",
}


@pytest.mark.parametrize("operation", BLOCKING)
def test_control_c_interrupts_blocking_operations(
    client: aod.Client, server: DevServer, control: Control, operation: str
) -> None:
    ack = start_hanging(client, control)
    stalled = "/sessions/*/stream" if operation == "opening" else "/health"
    control("POST", "fault", {"path": stalled, "times": None, "effect": {"stall": {}}})
    before = control("GET", "stats")["requests"]
    with python(CHILD + BLOCKING[operation], server.url, server.token, str(ack.id)) as process:
        control("POST", "wait", {"requests": before + 1})
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert errors.rstrip().endswith("KeyboardInterrupt")


SYNC_EXIT = """
import threading
events = client.sessions.stream(sys.argv[3])
while not next(events).text: pass
subscription = client.sessions.listen(sys.argv[3], on_event=lambda event: None)
threading.Thread(target=lambda: list(events), daemon=True).start()
"""
ASYNC_EXIT = """
import asyncio
async def main():
    other = aod.AsyncClient(base_url=sys.argv[1], token=sys.argv[2])
    seen = asyncio.Event()
    async def follow():
        async for event in other.sessions.stream(sys.argv[3]):
            if event.text: seen.set()
    global task
    task = asyncio.ensure_future(follow())
    await seen.wait()
    await asyncio.sleep(0)
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
os.environ["done"] = "1"
"""


@pytest.mark.parametrize("code", [SYNC_EXIT, ASYNC_EXIT])
def test_the_interpreter_exits_while_streams_are_open(
    client: aod.Client, server: DevServer, control: Control, code: str
) -> None:
    ack = start_hanging(client, control)
    with python(CHILD + code, server.url, server.token, str(ack.id)) as process:
        _, errors = process.communicate()
    assert process.returncode == 0, errors


SLOW_LISTENERS = """
import atexit, threading, time
limits = []
atexit.register(lambda: print(sum(limits), len(limits)))  # after the package, which is imported later
import sys, aod
from aod import _process
class Slow(threading.Thread):
    def join(self, timeout=None):
        limits.append(timeout)
        now[0] += timeout
now = [0.0]
_process.time = type("Clock", (), {"monotonic": lambda: now[0]})
threading.Thread = Slow
client = aod.Client(base_url=sys.argv[1], token=sys.argv[2])
subscriptions = [client.sessions.listen(sys.argv[3], on_event=lambda event: None) for _ in range(3)]
"""


def test_the_callbacks_of_all_listeners_delay_the_exit_by_a_second_at_most(
    client: aod.Client, server: DevServer, control: Control
) -> None:
    with python(SLOW_LISTENERS, server.url, server.token, str(start_hanging(client, control).id)) as process:
        assert process.communicate() == ("1.0 3\n", "")


AFTER_SHUTDOWN = {
    "call": "client.health()",
    "asyncio": "asyncio.run(other.health())",
    "stream": "list(client.sessions.stream(sys.argv[3]))",
}


@pytest.mark.parametrize("operation", AFTER_SHUTDOWN)
def test_operations_after_shutdown_fail_immediately(
    client: aod.Client, server: DevServer, control: Control, operation: str
) -> None:
    ack = start_hanging(client, control)
    code = f"""
import asyncio, atexit, sys
def after_shutdown():
    try:
        {AFTER_SHUTDOWN[operation]}
    except aod.AodConnectionError:
        print("refused", flush=True)
atexit.register(after_shutdown)
import aod
client = aod.Client(base_url=sys.argv[1], token=sys.argv[2])
other = aod.AsyncClient(base_url=sys.argv[1], token=sys.argv[2])
client.health()
"""
    process = subprocess.run(
        [sys.executable, "-c", code, server.url, server.token, str(ack.id)], capture_output=True, text=True, timeout=120
    )
    assert process.stdout == "refused\n", process.stderr


def test_a_second_task_on_a_stream_raises(client: aod.Client, server: DevServer, control: Control) -> None:
    ack = start_hanging(client, control)

    async def main() -> None:
        other = aod.AsyncClient(base_url=server.url, token=server.token)
        events = other.sessions.stream(ack.id)
        async for event in events:
            if event.text:
                break
        first = asyncio.ensure_future(events.__anext__())
        await asyncio.sleep(0)
        with pytest.raises(aod.AodError, match="another task"):
            await events.__anext__()
        first.cancel()
        events.cancel()

    asyncio.run(main())


def test_one_task_opens_a_stream_and_one_iterates_it() -> None:
    async def main(port: int) -> None:
        client = aod.AsyncClient(base_url=f"http://127.0.0.1:{port}", token="t")
        events = client.sessions.stream(uuid4())
        opening = asyncio.ensure_future(events.open())
        reading = asyncio.ensure_future(anext(events, None))
        await asyncio.sleep(0)
        for second in (events.open, events.__anext__):
            with pytest.raises(aod.AodError, match="another task"):
                await second()
        assert not opening.done() and not reading.done()
        events.cancel()
        assert await reading is None
        await opening

    # Nobody accepts the connection, so that no response arrives.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(main(silent.getsockname()[1]))


def test_a_cancelled_task_does_not_close_a_stream_in_a_with_block(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    first, second, third = (start_hanging(client, control).id for _ in range(3))

    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as other:

            async def next_text(items: Any) -> str | None:
                async for item in items:
                    event = getattr(item, "event", item)
                    if event.text:
                        return str(event.text)
                return None

            for items in (other.sessions.stream(first), other.sessions.watch([second])):
                async with items:
                    assert await next_text(items) == "one\n"
                    waiting = asyncio.ensure_future(next_text(items))
                    await asyncio.sleep(0)
                    waiting.cancel()
                    await asyncio.wait([waiting])
                    client.sessions.terminate(second if isinstance(items, aod.AsyncWatchStream) else first)
                    assert [item async for item in items]

            # Without the block, the stream is closed, and says so.
            for items in (other.sessions.stream(third), other.sessions.watch([third])):
                assert await next_text(items) == "one\n"
                waiting = asyncio.ensure_future(next_text(items))
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.wait([waiting])
                await asyncio.to_thread(control, "POST", "wait", {"streams": 0})
                with pytest.raises(aod.AodError, match="async with"):
                    await anext(items)
                assert [item async for item in items] == []

    asyncio.run(asyncio.wait_for(main(), 60))


def test_a_wait_that_times_out_often_adds_one_callback_to_its_task(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    ack = start_hanging(client, control)

    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
            events = other.sessions.stream(ack.id)
            while not (await anext(events)).text:
                pass
            callbacks: list[object] = []

            async def wait_often() -> None:
                task: Any = asyncio.current_task()
                loop = asyncio.get_running_loop()
                for _ in range(5):
                    loop.call_soon(loop.call_soon, task.cancel)
                    with pytest.raises(asyncio.CancelledError):
                        await anext(events)
                callbacks.extend(task._callbacks or [])

            await asyncio.ensure_future(wait_often())
            assert len(callbacks) == 2  # of the stream, and of the task that waits

    asyncio.run(asyncio.wait_for(main(), 60))


FORK = """
client.health()
forked = []
def fork(state):
    if not forked: forked.append(os.fork())
inside = client.sessions.stream(sys.argv[3], on_state=fork)
try:
    next(inside)
    assert forked[0] != 0
except aod.AodError as error:
    assert forked == [0] and "parent process" in str(error)
    os._exit(0)
assert os.waitpid(forked[0], 0)[1] == 0
events = client.sessions.stream(sys.argv[3])
watched = client.sessions.watch([sys.argv[3]])
def read_one(items):
    while True:
        item = next(items)
        event = getattr(item, "event", item)
        if event.text == "one\\n": return
read_one(events)
read_one(watched)
cursor = events.cursor
pid = os.fork()
if pid == 0:
    assert client.health() == {"status": "ok"}
    for items in (events, watched):
        try:
            next(items)
            sys.exit(9)
        except aod.AodError:
            pass
    assert events.cursor == cursor
    with client.sessions.stream(sys.argv[3]) as own:
        while not next(own).text: pass
    sys.exit(0)
_, status = os.waitpid(pid, 0)
assert status == 0, status
assert client.health() == {"status": "ok"}
assert client.sessions.get(sys.argv[3]).status == "running"
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is not available")
def test_a_client_reconnects_in_a_forked_child(client: aod.Client, server: DevServer, control: Control) -> None:
    # The parent has read more than it has passed on.
    script(control, {"stdout": "one\n"}, *[{"stdout": "two\n"}] * 20, {"hold": "never"})
    ack = start(client)
    with client.sessions.stream(ack.id) as events:
        assert [next_text(events).text for _ in range(21)][-1] == "two\n"
    with python(CHILD + FORK, server.url, server.token, str(ack.id)) as process:
        _, errors = process.communicate()
    assert process.returncode == 0, errors


def test_formatters_are_lazy_and_format_a_session(client: aod.Client) -> None:
    formatter = ClaudeFormatter()
    formatter.feed("lost\n")
    assert list(formatter.feed("kept")) == []
    assert list(formatter.flush()) == ["kept"]
    lines = [line for event in client.sessions.stream(start(client).id) for line in formatter.consume(event)]
    assert lines[0].startswith("⚙️  Session init · model=")
    assert lines[-1].startswith("✨ Done")


@pytest.mark.parametrize("opened", [False, True])
def test_threads_that_share_a_stream_get_each_event_once(client: aod.Client, control: Control, opened: bool) -> None:
    script(control, *({"stdout": f"{number}\n"} for number in range(2000)), {"exit": 0})
    ack = start(client)
    events = client.sessions.stream(ack.id)
    if opened:
        events.open()
    ready = threading.Barrier(8)
    seen: list[list[aod.StreamEvent]] = [[] for _ in range(8)]

    def read(mine: list[aod.StreamEvent]) -> None:
        ready.wait(60)
        mine.extend(events)

    threads = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    # Each thread sees its events in order.
    assert all(mine == sorted(mine, key=lambda event: event.id or 0) for mine in seen)
    texts = sorted(int(event.text) for mine in seen for event in mine if event.text)
    assert texts == list(range(2000))
    assert [event.type for mine in seen for event in mine].count("exit") == 1


def test_on_state_receives_each_change_of_the_connection(
    server: DevServer, client: aod.Client, control: Callable[..., Any]
) -> None:
    control("POST", "fault", {"method": "GET", "path": "*/stream", "effect": {"cut_after_events": {"events": 2}}})
    ack = start(client)
    seen: list[aod.ConnectionState | str] = []
    for event in client.sessions.stream(ack.id, base_delay=0, on_state=seen.append):
        seen.append(event.type)
    kinds = [each if isinstance(each, str) else f"state {each.kind}" for each in seen]
    assert kinds[:3] == ["state connecting", "state live", "start"]
    assert [kind for kind in kinds if kind.startswith("state")][2:] == ["state resuming", "state live", "state closed"]
    assert kinds[-2:] == ["exit", "state closed"]
    (resuming,) = (each for each in seen if isinstance(each, aod.ConnectionState) and each.kind == "resuming")
    assert resuming.attempt == 1
    assert resuming.delay is not None
    assert isinstance(resuming.cause, aod.AodConnectionError)
    assert str(resuming).startswith("resuming, attempt 1 in 0 s, after: ")

    async def follow() -> list[str]:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            states: list[aod.ConnectionState] = []
            async for _ in aclient.sessions.stream(ack.id, on_state=states.append):
                pass
            return [state.kind for state in states]

    assert asyncio.run(follow()) == ["connecting", "live", "closed"]


def test_an_exception_of_on_state_is_raised_by_the_iteration(client: aod.Client) -> None:
    ack = start(client)

    def fail(_: aod.ConnectionState) -> None:
        raise KeyError("state")

    uses: list[Callable[[aod.EventStream], object]] = [next, aod.EventStream.open, aod.EventStream.__enter__]
    for use in uses:
        with pytest.raises(KeyError, match="state"):
            use(client.sessions.stream(ack.id, on_state=fail))
    with pytest.raises(TypeError, match="on_state must be callable, not int"):
        client.sessions.stream(ack.id, on_state=5)  # type: ignore[arg-type]


def test_a_stream_that_is_opened_reports_its_states_when_it_is_entered_and_left(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    ack = start_hanging(client, control)
    kinds: list[str] = []

    def observe(state: aod.ConnectionState) -> None:
        kinds.append(state.kind)

    with client.sessions.stream(ack.id, on_state=observe) as events:
        assert kinds == ["connecting", "live"]
        next_text(events)
    assert list(events) == [] and kinds == ["connecting", "live", "closed"]
    kinds.clear()

    events = client.sessions.stream(ack.id, on_state=observe).open()
    events.cancel()
    assert list(events) == list(events) == [] and kinds == ["connecting", "live", "closed"]
    kinds.clear()

    async def follow() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            async with aclient.sessions.stream(ack.id, on_state=observe) as events:
                assert kinds == ["connecting", "live"]
                await anext(events)
            assert [event async for event in events] == [] and kinds == ["connecting", "live", "closed"]

    asyncio.run(asyncio.wait_for(follow(), 60))


def test_a_stream_that_cannot_be_opened_reports_its_states(server: DevServer, client: aod.Client) -> None:
    kinds: list[str] = []

    def observe(state: aod.ConnectionState) -> None:
        kinds.append(state.kind)

    uses: list[Callable[[aod.EventStream], object]] = [aod.EventStream.open, aod.EventStream.__enter__]
    for use in uses:
        kinds.clear()
        with pytest.raises(aod.NotFoundError):
            use(client.sessions.stream(uuid4(), on_state=observe))
        assert kinds == ["connecting", "closed"]

    kinds.clear()
    subscription = client.sessions.listen(
        uuid4(), on_event=print, on_error=lambda error: kinds.append(type(error).__name__), on_state=observe
    )
    assert subscription.join(60)
    assert kinds == ["connecting", "closed", "NotFoundError"]

    async def follow() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            await aclient.sessions.stream(uuid4(), on_state=observe).open()

    kinds.clear()
    with pytest.raises(aod.NotFoundError):
        asyncio.run(asyncio.wait_for(follow(), 60))
    assert kinds == ["connecting", "closed"]


@pytest.mark.parametrize("is_async", [False, True])
def test_states_are_reported_while_a_stream_is_opened(
    server: DevServer, client: aod.Client, control: Control, is_async: bool
) -> None:
    ack = start_hanging(client, control)
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": {"stall": {}}})
    kinds: list[str] = []

    def cancel(state: aod.ConnectionState) -> None:
        kinds.append(state.kind)
        events.cancel()

    events: aod.EventStream | aod.AsyncEventStream
    if is_async:

        async def main() -> None:
            nonlocal events
            async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
                events = aclient.sessions.stream(ack.id, deadline=60, on_state=cancel)
                await events.open()

        asyncio.run(main())
    else:
        events = client.sessions.stream(ack.id, deadline=60, on_state=cancel)
        events.open()
    assert kinds == ["connecting", "closed"]


@pytest.mark.parametrize("is_opened_first", [False, True])
def test_one_of_the_tasks_that_open_and_iterate_a_stream_reports_its_states(
    server: DevServer, client: aod.Client, control: Control, is_opened_first: bool
) -> None:
    ack = start_hanging(client, control)
    kinds: list[str] = []

    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            events = aclient.sessions.stream(ack.id, on_state=lambda state: kinds.append(state.kind))
            uses: list[Callable[[], Coroutine[Any, Any, object]]] = [events.open, events.__anext__]
            await asyncio.gather(*(use() for use in (uses if is_opened_first else reversed(uses))))
            events.cancel()

    asyncio.run(asyncio.wait_for(main(), 60))
    assert kinds == ["connecting", "live"]


def test_an_exception_of_on_state_does_not_replace_that_of_the_block(
    client: aod.Client, control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    ack = start_hanging(client, control)

    def fail(state: aod.ConnectionState) -> None:
        if state.kind == "closed":
            raise KeyError("state")

    with pytest.raises(KeyError, match="state"), client.sessions.stream(ack.id, on_state=fail):
        pass
    with pytest.raises(IndexError, match="block"), client.sessions.stream(ack.id, on_state=fail):
        raise IndexError("block")
    assert "on_state raised KeyError" in caplog.text


def test_an_exception_of_on_state_does_not_hide_the_failure_of_the_stream(
    server: DevServer, client: aod.Client
) -> None:
    def fail(state: aod.ConnectionState) -> None:
        if state.kind == "closed":
            raise KeyError("state")

    unknown = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(aod.NotFoundError) as raised:
        next(client.sessions.stream(unknown, on_state=fail))
    assert isinstance(raised.value.__cause__, KeyError)

    async def follow() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            await anext(aclient.sessions.stream(unknown, on_state=fail))

    with pytest.raises(aod.NotFoundError) as raised:
        asyncio.run(follow())
    assert isinstance(raised.value.__cause__, KeyError)


def test_a_stream_without_a_terminal_event_ends_with_a_warning_if_its_session_has_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = b'data: {"type": "output", "id": 1, "stream": "stdout", "data": "hi"}\n\n'

    def respond(handler: BaseHTTPRequestHandler, request: str) -> None:
        if "/stream" in request.splitlines()[0]:
            send(handler, 200, "text/event-stream", body)
        else:
            send(handler, 404, "application/json", b'{"detail": "Session not found"}')

    with http_server(respond) as url, aod.Client(base_url=url, token="t") as client:
        assert [event.text for event in client.sessions.stream("canned")] == ["hi"]
        assert "ended without a terminal event" in caplog.text
        caplog.clear()

        async def read() -> list[str | None]:
            async with aod.AsyncClient(base_url=url, token="t") as aclient:
                return [event.text async for event in aclient.sessions.stream("canned")]

        assert asyncio.run(read()) == ["hi"]
        assert "ended without a terminal event" in caplog.text


INTERRUPTED_RUN = """
import sys
import aod
client = aod.Client(base_url=sys.argv[1], token=sys.argv[2])
try:
    client.sessions.run(agent_id=sys.argv[3], prompt="hi", on_event=lambda event: print(event.type, flush=True))
except KeyboardInterrupt as error:
    print(error.session_id)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_an_interrupted_run_names_its_session(server: DevServer, client: aod.Client, control: Control) -> None:
    script(control, {"stdout": "one"}, {"hold": "never"})
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    with python(INTERRUPTED_RUN, server.url, server.token, str(agent.id)) as process:
        assert process.stdout is not None
        assert "output\n" in iter(process.stdout.readline, "")
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate()
    (session,) = client.sessions.list()
    assert rest.split()[-1] == str(session.id)


def test_a_run_that_fails_or_is_cancelled_names_its_session(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    created: list[aod.SessionAck] = []
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": {"status": {"status": 403}}})
    with pytest.raises(aod.AuthError) as caught:
        client.sessions.run(agent_id=agent.id, prompt="hi", on_created=created.append)
    assert caught.value.session_id == created[0].id

    script(control, {"hold": "never"})

    async def cancelled() -> asyncio.CancelledError:
        reached = asyncio.Event()

        async def on_created(ack: aod.SessionAck) -> None:
            created.append(ack)
            reached.set()

        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            run = aclient.sessions.run(agent_id=agent.id, prompt="hi", on_created=on_created)
            task = asyncio.create_task(run)
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            return caught.value

    error = asyncio.run(cancelled())
    assert len(created) == 2
    if sys.version_info >= (3, 11):  # asyncio of Python 3.10 raises another exception for that of the coroutine
        assert vars(error)["session_id"] == created[1].id


@pytest.mark.parametrize(("on_abandon", "status"), [("interrupt", "completed"), ("terminate", "terminated")])
def test_an_abandoned_run_stops_its_session_if_asked_to(
    on_abandon: Literal["interrupt", "terminate"], status: str
) -> None:
    with DevServer(generation="2026-06-25") as server, aod.Client(base_url=server.url, token=server.token) as client:
        control = server.control
        agent = client.agents.create(name="a", model="claude-sonnet-4-6", provider="anthropic")
        script(control, {"stdout": "one"}, {"hold": "never"})

        def fail(event: aod.StreamEvent) -> None:
            if event.type == "output":
                raise KeyError(event.type)

        with pytest.raises(KeyError) as caught:
            client.sessions.run(agent_id=agent.id, prompt="hi", on_event=fail, on_abandon=on_abandon)
        session_id = vars(caught.value)["session_id"]
        assert client.sessions.wait_for_completion(session_id).session.status == status

        async def cancelled(is_closed: bool) -> UUID:
            ids: asyncio.Queue[UUID] = asyncio.Queue()
            async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
                run = aclient.sessions.run(
                    agent_id=agent.id,
                    prompt="hi",
                    on_created=lambda ack: ids.put_nowait(ack.id),
                    on_abandon=on_abandon,
                )
                task = asyncio.create_task(run)
                session_id = await ids.get()
                async for event in aclient.sessions.stream(session_id):
                    if event.type == "output":
                        break
                if is_closed:
                    run.close()
                task.cancel()
                await asyncio.wait([task])
                assert task.cancelled() or (is_closed and task.exception() is not None)
            return session_id

        for is_closed in (False, *[True] * 10):
            session_id = asyncio.run(cancelled(is_closed))
            for _ in client.sessions.stream(session_id, deadline=60):
                pass
            assert client.sessions.get(session_id).status == status
        # After the terminal event, nothing is stopped.
        script(control, {"stdout": "one"}, {"exit": 0})

        def fail_at_the_end(event: aod.StreamEvent) -> None:
            if event.is_terminal:
                raise KeyError(event.type)

        control("DELETE", "requests", None)
        with pytest.raises(KeyError):
            client.sessions.run(agent_id=agent.id, prompt="hi", on_event=fail_at_the_end, on_abandon=on_abandon)
        paths = [request["path"] for request in control("GET", "requests", None)["data"]]
        assert not [path for path in paths if path.endswith(("/interrupt", "/terminate"))]
        with pytest.raises(ValueError, match="on_abandon"):
            client.sessions.run(agent_id=agent.id, prompt="hi", on_abandon="stop")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("kind", ["connecting", "live", "closed"])
@pytest.mark.parametrize("failure", [KeyError("state"), SystemExit(3), KeyboardInterrupt(), aod.AodError("own")])
def test_on_state_that_raises_ends_the_subscription_with_on_error(
    client: aod.Client, control: Control, failure: BaseException, kind: str
) -> None:
    ends: list[aod.AodError | str] = []

    def fail(state: aod.ConnectionState) -> None:
        if state.kind == kind:
            raise failure

    subscription = client.sessions.listen(
        start(client).id,
        on_event=lambda event: None,
        on_closed=lambda: ends.append("closed"),
        on_error=ends.append,
        on_state=fail,
    )
    assert subscription.join(60)
    (error,) = ends
    assert isinstance(error, aod.AodError) and str(error) == f"on_state raised {type(failure).__name__}"
    assert error.__cause__ is failure
    control("POST", "wait", {"streams": 0})


def test_an_aod_error_of_on_event_is_the_cause_of_the_error(client: aod.Client) -> None:
    failure = aod.AodError("own")
    errors: list[aod.AodError] = []

    def fail(_: aod.StreamEvent) -> None:
        raise failure

    assert client.sessions.listen(start(client).id, on_event=fail, on_error=errors.append).join(60)
    assert [(str(error), error.__cause__) for error in errors] == [("on_event raised AodError", failure)]


@pytest.mark.parametrize("failure", [ValueError("no"), RuntimeError("no"), SystemExit(3)])
def test_any_error_of_opening_ends_the_subscription_with_on_error(
    client: aod.Client, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    def fail(_: aod.EventStream) -> aod.EventStream:
        raise failure

    ends: list[aod.AodError | str] = []
    ack = start(client)
    monkeypatch.setattr(aod.EventStream, "open", fail)
    subscription = client.sessions.listen(
        ack.id, on_event=print, on_closed=lambda: ends.append("closed"), on_error=ends.append
    )
    assert subscription.join(60)
    (error,) = ends
    assert isinstance(error, aod.AodError) and error.__cause__ is failure


@pytest.mark.parametrize(
    ("effect", "kind"),
    [
        ({"status": {"status": 403}}, aod.AuthError),
        ({"status": {"status": 200, "headers": {"content-type": "text/html"}, "body": "hi"}}, aod.DecodeError),
        ({"cut_after_events": {"events": 0, "how": "reset"}}, aod.AodConnectionError),
    ],
)
def test_each_failure_of_a_subscription_ends_with_on_error(
    client: aod.Client, control: Control, effect: dict[str, Any], kind: type[aod.AodError]
) -> None:
    control("POST", "fault", {"path": "*/stream", "times": None, "effect": effect})
    ends: list[aod.AodError | str] = []
    subscription = client.sessions.listen(
        start(client).id,
        on_event=lambda event: None,
        on_closed=lambda: ends.append("closed"),
        on_error=ends.append,
        max_attempts=2,
        base_delay=0,
    )
    assert subscription.join(60)
    assert [type(end) for end in ends] == [kind]


INVALID_OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"turn": "x"}, TypeError, "turn must be an int"),
    ({"turn": True}, TypeError, "turn must be an int"),
    ({"turn": 0}, ValueError, "turn must be at least 1"),
    ({"turn": -1}, ValueError, "turn must not be negative"),
    ({"turn": 2**63}, ValueError, "turn must be less than"),
    ({"max_attempts": "1"}, TypeError, "max_attempts must be an int"),
    ({"max_attempts": -1}, ValueError, "max_attempts must not be negative"),
    ({"max_attempts": 2**32}, ValueError, "max_attempts must be less than"),
    ({"reconnect": "no"}, TypeError, "reconnect must be a bool, not str"),
    ({"resume_stale": None}, TypeError, "resume_stale must be a bool, not NoneType"),
    ({"deadline": -1}, ValueError, "deadline must be a non-negative number"),
    ({"on_state": 5}, TypeError, "on_state must be callable, not int"),
]


@pytest.mark.parametrize(("options", "error", "reason"), INVALID_OPTIONS)
def test_an_invalid_option_of_a_stream_is_an_error_of_the_call(
    server: DevServer, client: aod.Client, options: dict[str, Any], error: type[Exception], reason: str
) -> None:
    sessions = (client.sessions, aod.AsyncClient(base_url=server.url, token=server.token).sessions)
    for each in sessions:
        with pytest.raises(error, match=reason):
            each.stream("some-id", **options)
        with pytest.raises(error, match=reason):
            each.listen("some-id", on_event=print, **options)
        with pytest.raises(ValueError, match="max_attempts must not be negative"):
            each.stream_resumable("some-id", max_retries=-1)


@pytest.mark.parametrize("callbacks", [{"on_event": None}, {"on_closed": 5}, {"on_error": "print"}])
def test_callbacks_that_are_not_callable_are_an_error_of_the_call(
    server: DevServer, client: aod.Client, callbacks: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"on_event": print, **callbacks}
    for each in (client.sessions, aod.AsyncClient(base_url=server.url, token=server.token).sessions):
        with pytest.raises(TypeError, match=f"{next(iter(callbacks))} must be callable"):
            each.listen("some-id", **given)


def run_two_turns(client: aod.Client, control: Control, agent: aod.Agent) -> aod.SessionAck:
    script(control, {"stdout": "a"}, {"stderr": "b"}, {"stdout": "c"})
    ack = client.sessions.create(agent_id=agent.id, prompt="one")
    client.sessions.wait_for_completion(ack.id)
    script(control, {"stdout": "d"}, {"stdout": "e"}, {"exit": 3})
    client.sessions.prompt(ack.id, prompt="two")
    client.sessions.wait_for_completion(ack.id)
    return ack


@pytest.mark.parametrize(
    ("turn", "texts", "last"), [(1, ["a", "b", "c"], "turn_start"), (2, ["d", "e"], "exit"), (3, [], "exit")]
)
def test_a_stream_of_one_turn_has_its_events_the_start_and_the_end(
    server: DevServer,
    client: aod.Client,
    control: Control,
    caplog: pytest.LogCaptureFixture,
    turn: int,
    texts: list[str],
    last: str,
) -> None:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    ack = run_two_turns(client, control, agent)

    async def read() -> tuple[list[aod.StreamEvent], list[Change]]:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            events = [event async for event in aclient.sessions.stream(ack.id, turn=turn)]
            return events, [change async for change in aclient.sessions.stream(ack.id, turn=turn).transcript()]

    heard: list[aod.StreamEvent] = []
    assert client.sessions.listen(ack.id, on_event=heard.append, turn=turn).join(60)
    read_async, changes_async = asyncio.run(read())
    for events in (list(client.sessions.stream(ack.id, turn=turn)), read_async, heard):
        assert [event.text for event in events if event.type == "output"] == texts
        assert {event.turn for event in events[:-1] if event.type in ("turn_start", "output")} == (
            {turn} if texts else set()
        )
        assert [event.type for event in events if event.type != "output"] == [
            *("start", *(["turn_start"] if texts else []), last)
        ]
        assert (events[-1].exit_code, events[-1].turn) == ((3, None) if last == "exit" else (None, 2))
    for changes in (list(client.sessions.stream(ack.id, turn=turn).transcript()), changes_async):
        turns = [(change.type, change.turn) for change in changes if change.type in ("turn_started", "turn_ended")]
        assert turns == [("turn_started", turn), ("turn_ended", turn)]
    assert not any("without a terminal event" in message for message in caplog.messages)


@pytest.mark.parametrize("generation", ["2026-04-21", "2026-04-30", "2026-06-25"])
def test_no_event_is_lost_or_repeated_after_the_cursor_of_any_event(generation: str) -> None:
    with (
        DevServer(generation=generation) as server,
        aod.Client(base_url=server.url, token=server.token) as client,
    ):
        runtime: dict[str, Any] = {"provider": "anthropic"} if generation == "2026-06-25" else {"runtime": "claude"}
        model = "anthropic/claude-sonnet-4-6" if generation == "2026-04-30" else "claude-sonnet-4-6"
        agent = client.agents.create(name="a", model=model, **runtime)
        ack = run_two_turns(client, server.control, agent)
        events = list(client.sessions.stream(ack.id))
        starts = [event for event in events if event.type == "turn_start"]
        assert [event.turn for event in starts] == [1, 2]
        followed = [events[events.index(event) + 1] for event in starts]
        assert [event.id for event in starts] == [event.id for event in followed]
        assert [event.cursor for event in starts] == [events[events.index(event) - 1].cursor for event in starts]
        for index, event in enumerate(events[:-1]):
            rest = list(client.sessions.stream(ack.id, since=event.cursor))
            later = events[index + 1 :]
            # What has no id of its own is delivered when a stream starts: `start`, and the start of the turn.
            numbered = ("output", "exit")
            assert [each for each in rest if each.type in numbered] == [each for each in later if each.type in numbered]
            turns = [each.turn for each in rest if each.type == "turn_start"]
            expected = [each.turn for each in later if each.type == "turn_start"]
            assert turns[len(turns) - len(expected) :] == expected and len(set(turns)) == len(turns)


def test_stream_resumable_takes_the_options_of_reconnecting(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    script(control, {"stdout": "a"}, {"stdout": "b"})
    ack = start(client)
    events = client.sessions.wait_for_completion(ack.id).events
    (first,) = (event for event in events if event.text == "a")
    arguments: dict[str, Any] = {"initial_backoff": 0, "backoff_multiplier": 3.0, "max_backoff": 0}

    async def read(options: dict[str, Any]) -> list[aod.StreamEvent]:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            return [event async for event in aclient.sessions.stream_resumable(ack.id, **arguments, **options)]

    def read_sync(**options: Any) -> list[aod.StreamEvent]:
        return list(client.sessions.stream_resumable(ack.id, **arguments, **options))

    def read_async(**options: Any) -> list[aod.StreamEvent]:
        return asyncio.run(read(options))

    for read_all in (read_sync, read_async):
        cut = {"cut_after_events": {"events": 3, "how": "reset"}}
        control("POST", "fault", {"path": "*/stream", "effect": cut})
        assert read_all() == events
        assert [event.text for event in read_all(since=first.cursor) if event.text] == ["b"]
        control("POST", "fault", {"path": "*/stream", "effect": cut})
        with pytest.raises(aod.AodConnectionError):
            read_all(max_retries=0)


def test_events_name_the_runtime_the_provider_and_the_message(client: aod.Client, control: Control) -> None:
    failing = {"provisioning": {"fail": {"stage": "runtime_start", "message": "no such runtime"}}}
    control("POST", "script", {"script": failing})
    events = list(client.sessions.stream(start(client).id))
    assert events[0].type == "start"
    assert (events[0].runtime, events[0].provider, events[0].message) == ("claude", None, None)
    (failed,) = (event for event in events if event.state == "failed")
    assert failed.message is not None and "no such runtime" in failed.message
    assert events[-1].type == "error"
    assert events[-1].message == "Session failed"
    assert (events[-1].runtime, events[-1].provider) == (None, None)

    with DevServer(generation="2026-06-25") as newer, aod.Client(base_url=newer.url, token=newer.token) as other:
        agent = other.agents.create(name="a", model="claude-sonnet-4-6", provider="anthropic")
        ack = other.sessions.create(agent_id=agent.id, prompt="hi")
        first = next(other.sessions.stream(ack.id))
        assert (first.type, first.runtime, first.provider) == ("start", None, "anthropic")
    odd = aod.StreamEvent.from_payload({"type": "start", "runtime": 5, "provider": [], "message": None})
    assert (odd.runtime, odd.provider, odd.message) == (None, None, None)


def test_an_event_is_relayed_in_the_format_of_an_event_stream(client: aod.Client, control: Control) -> None:
    script(control, {"stdout": "é\u2028\r\n\x01"}, {"exit": 3})
    ack = start(client)
    events = list(client.sessions.stream(ack.id))
    body = "".join(event.to_sse() for event in events).encode()

    def respond(handler: BaseHTTPRequestHandler, request: str) -> None:
        send(handler, 200, "text/event-stream", body)

    with http_server(respond) as url, aod.Client(base_url=url, token="t") as browser:
        assert list(browser.sessions.stream(ack.id)) == events
    fields = [event.to_sse().split("\n") for event in events]
    assert [lines[0] for lines in fields if lines[0].startswith("id: ")] == [
        f"id: {event.cursor}" for event in events if event.cursor is not None
    ]
    assert events[-1].to_sse() == f'id: {events[-1].id}\ndata: {{"type":"exit","id":{events[-1].id},"code":3}}\n\n'


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            aod.StreamEvent.from_payload({"type": "turn_start", "id": 4, "turn": 2}),
            '{"type":"turn_start","id":4,"turn":2}',
        ),
        (aod.StreamEvent.from_payload({"type": 5, "é": [None]}), '{"é":[null],"type":5}'),
        (aod.StreamEvent(type="", extra={"raw": 'no "JSON"\n'}), '"no \\"JSON\\"\\n"'),
        (aod.StreamEvent(type=""), "{}"),
        (aod.StreamEvent(type="x", extra={"t": "é\ud800"}), '{"type":"x","t":"\\u00e9\\ud800"}'),
    ],
)
def test_an_event_without_a_position_is_relayed_without_an_id(event: aod.StreamEvent, text: str) -> None:
    assert event.to_sse() == f"data: {text}\n\n"


def test_a_stage_has_a_label(client: aod.Client) -> None:
    events = list(client.sessions.stream(start(client).id))
    labels = {event.stage: event.stage_label for event in events}
    assert labels["create_sprite"] == "Creating the sandbox"
    assert labels[None] is None
    assert aod.StreamEvent(type="stage", extra={"stage": "warm_cache"}).stage_label == "warm cache"
