"""`sessions.run_all` and `sessions.watch`, with both clients."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, Literal
from uuid import UUID

import pytest
from conftest import cancel_while_creating, delay_creation, end_delay, python, start

import aod
from aod import _core
from aod.testing import DevServer
from aod.transcript import Change

Control = Callable[..., Any]
UNKNOWN_ID = UUID("00000000-0000-4000-8000-000000000000")
AGENT: dict[str, Any] = {"name": "worker", "model": "claude-sonnet-4-6", "runtime": "claude"}

both_clients = pytest.mark.parametrize("client_class", [aod.Client, aod.AsyncClient], ids=["sync", "async"])


def script(control: Control, *steps: dict[str, Any], prompt: str | None = None) -> None:
    control("POST", "script", {"prompt": prompt, "script": {"steps": steps}})


def creations(control: Control) -> int:
    requests = control("GET", "requests")["data"]
    return sum((request["method"], request["path"]) == ("POST", "/sessions") for request in requests)


def run_all(server: DevServer, client_class: Any, requests: Iterable[Any], **options: Any) -> list[Any]:
    """Run requests with one of the clients."""
    client = client_class(base_url=server.url, token=server.token)
    result = client.sessions.run_all(requests, **options)
    return result if isinstance(result, list) else asyncio.run(result)


@both_clients
def test_the_results_of_many_runs_are_in_the_order_of_their_requests(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    agent = client.agents.create(**AGENT)
    for number in range(6):
        script(control, {"stdout": f"{number}"}, {"exit": 0}, prompt=str(number))
    requests = [{"agent_id": agent.id, "prompt": str(number)} for number in range(6)]
    requests[1]["agent_id"] = UNKNOWN_ID
    requests[2]["collect_events"] = False
    results = run_all(server, client_class, requests, max_concurrent=3)
    assert isinstance(results[1], aod.NotFoundError) and results[1].__traceback__ is None
    assert [isinstance(result, aod.RunResult) for result in results] == [number != 1 for number in range(6)]
    assert [result.stdout for result in results[3:]] == ["3", "4", "5"] and results[2].events == []
    assert run_all(server, client_class, []) == []


@both_clients
def test_at_most_so_many_sessions_run_at_the_same_time_as_configured(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    agent = client.agents.create(**AGENT)
    script(control, {"exit": 0})
    requests = [{"agent_id": agent.id, "prompt": "hi"}] * 5
    # A third session would be refused, and created by another request.
    control("POST", "quota", {"limit": 2})
    results = run_all(server, client_class, iter(requests), max_concurrent=2)
    assert all(result.session.status == "completed" for result in results)
    assert creations(control) == 5


@both_clients
def test_invalid_arguments_of_run_all_are_rejected(server: DevServer, client_class: Any) -> None:
    for options, failure in (
        ({"max_concurrent": 0}, ValueError),
        ({"max_concurrent": True}, TypeError),
        ({"on_abandon": "leave"}, ValueError),
    ):
        with pytest.raises(failure):
            run_all(server, client_class, [], **options)
    with pytest.raises(TypeError, match="nickname"):
        run_all(server, client_class, [{"agent_id": UNKNOWN_ID, "nickname": "hi"}])


CALLBACKS: list[tuple[str, Callable[[Any, UUID, dict[str, Any]], Any]]] = [
    ("on_event", lambda sessions, id, given: sessions.run(agent_id=id, prompt="hi", **given)),
    ("on_change", lambda sessions, id, given: sessions.run(agent_id=id, prompt="hi", **given)),
    ("on_created", lambda sessions, id, given: sessions.run(agent_id=id, prompt="hi", **given)),
    ("on_event", lambda sessions, id, given: sessions.ask(id, prompt="hi", **given)),
    ("on_change", lambda sessions, id, given: sessions.ask(id, prompt="hi", **given)),
    ("on_event", lambda sessions, id, given: sessions.wait_for_completion(id, **given)),
    ("on_change", lambda sessions, id, given: sessions.wait_for_completion(id, **given)),
]


@both_clients
@pytest.mark.parametrize(("name", "call"), CALLBACKS)
def test_a_callback_that_is_not_callable_is_rejected_before_a_request(
    server: DevServer,
    control: Control,
    client_class: Any,
    name: str,
    call: Callable[[Any, UUID, dict[str, Any]], Any],
) -> None:
    sessions = client_class(base_url=server.url, token=server.token).sessions
    before = control("GET", "stats")["requests"]
    with pytest.raises(TypeError, match=f"{name} must be callable, not int"):
        result = call(sessions, UNKNOWN_ID, {name: 5})
        if client_class is aod.AsyncClient:
            asyncio.run(result)
    assert control("GET", "stats")["requests"] == before


@both_clients
@pytest.mark.parametrize("on_abandon", ["continue", "terminate"])
def test_an_exception_of_a_callback_stops_all_runs(
    server: DevServer,
    client: aod.Client,
    control: Control,
    client_class: Any,
    on_abandon: Literal["continue", "terminate"],
) -> None:
    agent = client.agents.create(**AGENT)
    script(control, {"stdout": "one"}, {"hold": "never"})
    begun: list[str] = []

    def see(event: aod.StreamEvent) -> None:
        if event.type == "output":
            begun.append("output")
            if len(begun) == 3:
                raise KeyError("planned")

    requests = [{"agent_id": agent.id, "prompt": "hi", "on_event": see}] * 5
    with pytest.raises(KeyError, match="planned") as caught:
        run_all(server, client_class, requests, max_concurrent=3, on_abandon=on_abandon)
    control("POST", "wait", {"streams": 0})
    sessions = client.sessions.list()
    assert len(sessions) == creations(control) == 3
    assert vars(caught.value)["session_id"] in {session.id for session in sessions}
    expected = "terminated" if on_abandon == "terminate" else "running"
    assert {session.status for session in sessions} == {expected}


INTERRUPTED = """
import asyncio, os, sys
import aod

def see(event):
    if event.type == "output":
        os.write(1, b"output\\n")  # of two threads, `print` could mix the lines

requests = [{"agent_id": sys.argv[3], "prompt": "hi", "on_event": see}] * 3
try:
    client = getattr(aod, sys.argv[4])(base_url=sys.argv[1], token=sys.argv[2])
    call = client.sessions.run_all(requests, max_concurrent=2, on_abandon="terminate")
    asyncio.run(call)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
@pytest.mark.parametrize("name", ["Client", "AsyncClient"])
def test_control_c_stops_all_runs(server: DevServer, client: aod.Client, control: Control, name: str) -> None:
    script(control, {"stdout": "one"}, {"hold": "never"})
    agent = client.agents.create(**AGENT)
    with python(INTERRUPTED, server.url, server.token, str(agent.id), name) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["output\n"] * 2
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("interrupted\n", "")
    ids = [session.id for session in client.sessions.list()]
    assert [client.sessions.wait_for_completion(id).session.status for id in ids] == ["terminated"] * 2


def test_a_run_that_waits_for_the_quota_is_stopped(client: aod.Client, control: Control) -> None:
    agent = client.agents.create(**AGENT)
    script(control, {"hold": "never"}, prompt="held")
    client.sessions.create(agent_id=agent.id, prompt="held")
    control("POST", "quota", {"limit": 1})
    before = control("GET", "stats")["requests"]

    requests: list[dict[str, Any]] = [{"agent_id": agent.id, "prompt": "hi"}] * 2
    stopped = threading.Event()

    def interrupt() -> None:
        control("POST", "wait", {"requests": before + 2})  # both are refused
        signal.raise_signal(signal.SIGINT)
        stopped.set()

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        client.sessions.run_all(requests)
    assert stopped.wait(60)
    assert len(client.sessions.list()) == 1


def test_a_cancelled_task_stops_its_runs(server: DevServer, client: aod.Client, control: Control) -> None:
    script(control, {"stdout": "one"}, {"hold": "never"})
    agent = client.agents.create(**AGENT)

    async def main() -> None:
        seen: asyncio.Queue[str] = asyncio.Queue()

        async def see(event: aod.StreamEvent) -> None:
            if event.type == "output":
                await seen.put(event.type)

        async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
            requests = [{"agent_id": agent.id, "prompt": "hi", "on_event": see}] * 3
            run = other.sessions.run_all(requests, max_concurrent=2, on_abandon="terminate")
            task = asyncio.create_task(run)
            for _ in range(2):
                await seen.get()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert [session.status for session in client.sessions.list()] == ["terminated"] * 2


def test_a_cancelled_task_starts_no_session_while_it_stops_one(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    script(control, {"exit": 0})
    agent = client.agents.create(**AGENT)
    # The first session cannot be followed, and the request that terminates it takes long.
    refused = {"status": {"status": 404, "headers": {}, "body": ""}}
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": refused})
    control("POST", "clock", {"frozen": True})
    control("POST", "fault", {"path": "/sessions/*/terminate", "effect": {"delay": {"ms": 60_000}}})

    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
            requests = [{"agent_id": agent.id, "prompt": "hi"}] * 4
            run = other.sessions.run_all(requests, max_concurrent=1, on_abandon="terminate")
            task = asyncio.create_task(run)
            await asyncio.to_thread(control, "POST", "wait", {"requests": 4})
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    try:
        asyncio.run(main())
        assert creations(control) == 1
    finally:
        control("POST", "clock", {"frozen": False})


def watch(server: DevServer, client_class: Any, ids: Iterable[Any], **options: Any) -> list[aod.SessionEvent]:
    """Watch sessions with one of the clients until all streams have ended."""
    client = client_class(base_url=server.url, token=server.token)
    items = client.sessions.watch(ids, **options)
    if isinstance(items, aod.WatchStream):
        return list(items)

    async def main() -> list[aod.SessionEvent]:
        async with items:
            return [item async for item in items]

    return asyncio.run(main())


def types(items: list[aod.SessionEvent], id: UUID) -> list[Any]:
    return [item.event.type if item.event else type(item.error) for item in items if item.session_id == id]


@both_clients
def test_a_watch_has_the_events_of_all_sessions_and_the_errors_of_some(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    script(control, *({"stdout": f"{number}\n"} for number in range(40)), {"exit": 0})
    ids = [start(client).id for _ in range(5)]
    cut = {"cut_after_events": {"events": 20, "how": "reset"}}
    control("POST", "fault", {"path": f"/sessions/{ids[0]}/stream", "effect": cut})
    items = watch(server, client_class, [ids[0], UNKNOWN_ID, *map(str, ids)])
    for id in ids:
        events = [item.event for item in items if item.session_id == id]
        assert events == list(client.sessions.stream(id))
        assert [event.cursor for event in events if event] == [event.cursor for event in client.sessions.stream(id)]
    (failure,) = (item.error for item in items if item.session_id == UNKNOWN_ID)
    assert isinstance(failure, aod.NotFoundError)
    assert failure.session_id == UNKNOWN_ID and failure.__traceback__ is None
    assert watch(server, client_class, []) == []


@both_clients
def test_watching_resumes_from_the_cursor_of_each_session(
    server: DevServer, client: aod.Client, client_class: Any
) -> None:
    first, second = start(client).id, start(client).id
    cursor = [item.event.cursor for item in watch(server, client_class, [first, second]) if item.event][-1]
    last = list(client.sessions.stream(first))[-1].cursor
    assert cursor is not None and last is not None
    items = watch(server, client_class, [first, second], since={str(first): last, str(UNKNOWN_ID): 3})
    assert types(items, first) == ["start", "exit"]
    assert len(types(items, second)) > 2 and types(items, UNKNOWN_ID) == []


@both_clients
def test_invalid_arguments_of_watch_are_rejected(client: aod.Client, server: DevServer, client_class: Any) -> None:
    for ids, since, failure in (
        (["x"], None, ValueError),
        ([5], None, TypeError),
        ([UNKNOWN_ID], {UNKNOWN_ID: "5"}, TypeError),
        ([UNKNOWN_ID], {UNKNOWN_ID: 2**63}, ValueError),
    ):
        with pytest.raises(failure):
            watch(server, client_class, ids, since=since)


@both_clients
def test_events_arrive_in_the_order_in_which_they_are_sent(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    # Each event is sent when the one before has been read.
    script(control, {"hold": "a"}, {"stdout": "a"}, {"hold": "c"}, {"stdout": "c"}, prompt="first")
    script(control, {"hold": "b"}, {"stdout": "b"}, prompt="second")
    first, second = start(client, "first").id, start(client, "second").id
    rest = ["b", "c"]
    control("POST", "release", {"name": "a"})

    def see(item: aod.SessionEvent) -> str:
        text = item.event and item.event.text
        if text and rest:
            control("POST", "release", {"name": rest.pop(0)})
        return text or ""

    if client_class is aod.Client:
        with client.sessions.watch([first, second]) as items:
            texts = "".join(map(see, items))
    else:

        async def main() -> str:
            async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
                return "".join([see(item) async for item in other.sessions.watch([first, second])])

        texts = asyncio.run(main())
    assert texts == "abc"


def start_hanging(client: aod.Client, control: Control) -> list[UUID]:
    script(control, {"stdout": "one\n"}, {"hold": "never"})
    return [start(client).id for _ in range(3)]


def has_text(item: aod.SessionEvent) -> bool:
    return item.event is not None and item.event.text is not None


@pytest.mark.parametrize("way", ["with", "drop", "cancel", "thread"])
def test_leaving_a_watch_closes_its_connections(client: aod.Client, control: Control, way: str) -> None:
    items = client.sessions.watch(start_hanging(client, control))
    if way == "with":
        with items:
            next(filter(has_text, items))
    elif way == "drop":
        next(filter(has_text, items))
        del items
        gc.collect()
    elif way == "cancel":
        next(filter(has_text, items))
        items.cancel()
        assert list(items) == []
    else:
        control("POST", "wait", {"streams": 0})
        thread = threading.Thread(target=lambda: list(items))
        thread.start()
        control("POST", "wait", {"streams": 3})
        items.cancel()
        thread.join(60)
        assert not thread.is_alive()
    control("POST", "wait", {"streams": 0})


@pytest.mark.parametrize("way", ["with", "drop", "thread", "task"])
def test_leaving_an_async_watch_closes_its_connections(
    server: DevServer, client: aod.Client, control: Control, way: str
) -> None:
    ids = start_hanging(client, control)

    async def main() -> None:
        other = aod.AsyncClient(base_url=server.url, token=server.token)
        if way == "with":
            async with other.sessions.watch(ids) as items:
                async for item in items:
                    if has_text(item):
                        break
        elif way == "drop":
            async for item in other.sessions.watch(ids):
                if has_text(item):
                    break
            gc.collect()
        elif way == "thread":
            items = other.sessions.watch(ids)
            seen = [await anext(items)]
            while sum(map(has_text, seen)) < len(ids):
                seen.append(await anext(items))
            waiting = asyncio.ensure_future(anext(items, None))
            await asyncio.to_thread(items.cancel)
            assert await waiting is None
        else:
            reached = asyncio.Event()

            async def follow() -> None:
                async for item in other.sessions.watch(ids):
                    if has_text(item):
                        reached.set()

            task = asyncio.create_task(follow())
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            del task
        await asyncio.to_thread(control, "POST", "wait", {"streams": 0})

    asyncio.run(main())


@both_clients
def test_an_interrupted_watch_continues_without_a_gap(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    ids = start_hanging(client, control)
    for id in ids:
        with client.sessions.stream(id) as events:
            next(event for event in events if event.text)

    def is_last(seen: list[aod.SessionEvent]) -> bool:
        return sum(map(has_text, seen)) == len(ids)

    seen: list[aod.SessionEvent] = []
    if client_class is aod.Client:
        items = client.sessions.watch(ids)
        while not is_last(seen):
            seen.append(next(items))
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                threading.Timer(0.05, signal.raise_signal, [signal.SIGINT]).start()
                next(items)
        control("POST", "release", {"name": "never"})
        seen += items
    else:

        async def main() -> None:
            async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
                items = other.sessions.watch(ids)
                while not is_last(seen):
                    seen.append(await anext(items))
                for _ in range(3):
                    with pytest.raises(asyncio.TimeoutError):
                        await asyncio.wait_for(anext(items), 0.05)
                await asyncio.to_thread(control, "POST", "release", {"name": "never"})
                async for item in items:
                    seen.append(item)

        asyncio.run(main())
    for id in ids:
        assert [item.event for item in seen if item.session_id == id] == list(client.sessions.stream(id))


def test_a_watch_is_iterated_on_two_event_loops(server: DevServer, client: aod.Client, control: Control) -> None:
    ids = start_hanging(client, control)
    items = aod.AsyncClient(base_url=server.url, token=server.token).sessions.watch(ids)

    async def first() -> list[aod.SessionEvent]:
        return [await anext(items)]

    async def rest() -> list[aod.SessionEvent]:
        await asyncio.to_thread(control, "POST", "release", {"name": "never"})
        return [item async for item in items]

    seen = asyncio.run(first()) + asyncio.run(rest())
    for id in ids:
        assert [item.event for item in seen if item.session_id == id] == list(client.sessions.stream(id))


def test_one_busy_session_does_not_hold_up_the_others(client: aod.Client, control: Control) -> None:
    script(control, *({"stdout": "x" * 1000} for _ in range(3000)), prompt="busy")
    script(control, {"stdout": "y"}, prompt="quiet")
    busy, quiet = start(client, "busy").id, start(client, "quiet").id
    for id in (busy, quiet):
        client.sessions.wait_for_completion(id, collect_events=False)
    order = [item.session_id for item in client.sessions.watch([busy, quiet])]
    assert order.index(quiet) < 1500 and order.count(busy) > 3000


def test_sessions_of_an_abandoned_run_all_are_interrupted() -> None:
    with DevServer(generation="2026-06-25") as server, aod.Client(base_url=server.url, token=server.token) as client:
        control = server.control
        script(control, {"stdout": "one"}, {"hold": "never"})
        agent = client.agents.create(name="a", model="claude-sonnet-4-6", provider="anthropic")

        def fail(event: aod.StreamEvent) -> None:
            if event.type == "output":
                raise KeyError(event.type)

        with pytest.raises(KeyError):
            client.sessions.run_all([{"agent_id": agent.id, "prompt": "hi", "on_event": fail}], on_abandon="interrupt")
        (session,) = client.sessions.list()
        assert client.sessions.wait_for_completion(session.id).session.status == "completed"


def test_leaving_the_block_of_a_watch_ends_the_iteration_of_another_task(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    ids = start_hanging(client, control)

    async def main() -> None:
        other = aod.AsyncClient(base_url=server.url, token=server.token)
        reached = asyncio.Event()

        async def follow(items: aod.AsyncWatchStream) -> None:
            texts = 0
            async for item in items:
                texts += has_text(item)
                if texts == len(ids):
                    reached.set()

        async with other.sessions.watch(ids) as items:
            task = asyncio.create_task(follow(items))
            await reached.wait()
        await task

    asyncio.run(asyncio.wait_for(main(), 60))


@both_clients
def test_closing_the_client_does_not_interrupt_a_run(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    script(control, {"stdout": "one"}, {"exit": 0})
    agent = client.agents.create(**AGENT)

    def run(**callbacks: Any) -> Any:
        if client_class is aod.Client:
            other = aod.Client(base_url=server.url, token=server.token)
            return other.sessions.run(
                agent_id=agent.id, prompt="hi", on_abandon="terminate", on_created=lambda _: other.close(), **callbacks
            )

        async def main() -> aod.RunResult:
            other = aod.AsyncClient(base_url=server.url, token=server.token)

            async def close(_: aod.SessionAck) -> None:
                await other.aclose()

            return await other.sessions.run(
                agent_id=agent.id, prompt="hi", on_abandon="terminate", on_created=close, **callbacks
            )

        return asyncio.run(main())

    assert run().session.status == "completed"

    def fail(event: aod.StreamEvent) -> None:
        raise KeyError("planned")

    with pytest.raises(KeyError) as caught:
        run(on_event=fail)
    assert client.sessions.get(vars(caught.value)["session_id"]).status == "terminated"


@both_clients
@pytest.mark.parametrize("observes_changes", [False, True])
def test_a_turn_ends_when_a_later_one_starts(
    server: DevServer, client: aod.Client, control: Control, client_class: Any, observes_changes: bool
) -> None:
    script(control, {"stdout": "one"}, {"exit": 0}, prompt="hi")
    script(control, {"stdout": "two"}, {"hold": "never"}, prompt="next")
    agent = client.agents.create(**AGENT)
    events: list[str] = []
    changes: list[Change] = []

    def prompt(ack: aod.SessionAck) -> None:
        client.sessions.wait_for_completion(ack.id)
        client.sessions.prompt(ack.id, prompt="next")

    run = client_class(base_url=server.url, token=server.token).sessions.run(
        agent_id=agent.id,
        prompt="hi",
        on_abandon="terminate",
        on_created=prompt,
        on_event=lambda event: events.append(event.type),
        on_change=changes.append if observes_changes else None,
    )
    result = asyncio.run(run) if client_class is aod.AsyncClient else run
    assert result.stdout == "one" and result.session.status == "running"
    # The stage in which the next turn starts precedes its `turn_start`.
    assert "stage" in events and [event for event in events if event != "stage"] == ["start", "turn_start", "output"]
    (turn,) = result.transcript().turns
    assert turn.number == 1 and turn.outcome is not None and turn.outcome.type == "unknown"
    if observes_changes:
        assert changes[-1].type == "turn_ended"


@both_clients
def test_a_session_whose_stream_has_ended_is_not_stopped(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    # The stream ends without a terminal event.
    ended = {"status": {"status": 204, "headers": {}, "body": ""}}
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": ended})
    script(control, {"hold": "never"})
    agent = client.agents.create(**AGENT)
    refused = {"status": {"status": 403, "headers": {}, "body": ""}}
    control("POST", "fault", {"method": "GET", "path": "/sessions/*", "times": None, "effect": refused})
    sessions = client_class(base_url=server.url, token=server.token).sessions
    with pytest.raises(aod.AuthError):
        run = sessions.run(agent_id=agent.id, prompt="hi", on_abandon="terminate")
        if client_class is aod.AsyncClient:
            asyncio.run(run)
    (session,) = client.sessions.list()
    assert session.status != "terminated"


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_run_that_is_cancelled_while_it_creates_the_session_stops_it(
    server: DevServer, client: aod.Client, control: Control, caplog: pytest.LogCaptureFixture, is_refused: bool
) -> None:
    if is_refused:
        refused = {"status": {"status": 404, "headers": {}, "body": ""}}
        control("POST", "fault", {"path": "/sessions/*/terminate", "effect": refused})
    cancel_while_creating(server, client, control)
    (session,) = client.sessions.list()
    assert session.status == ("running" if is_refused else "terminated")
    expected = [f"cannot stop the abandoned session {session.id}"] * is_refused
    assert [message[: message.index(":")] for message in caplog.messages if "abandoned" in message] == expected


def test_a_token_is_provided_while_a_session_is_stopped(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    # The provider of a client that has no token yet is asked when the session is created and when it is stopped.
    refused = {"status": {"status": 401, "headers": {}, "body": ""}}
    control("POST", "fault", {"path": "/sessions/*/terminate", "effect": refused})
    asked: list[str | None] = []

    def provide(rejected: str | None) -> str:
        asked.append(rejected)
        return server.token

    cancel_while_creating(server, client, control, token_provider=provide)
    assert [session.status for session in client.sessions.list()] == ["terminated"]
    assert asked == [None, server.token]


CREATE = """
import signal, sys, aod
def interrupt(*_):
    print("handled", flush=True)
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, interrupt)
client = aod.Client(base_url=sys.argv[1], token=sys.argv[2])
try:
    client.sessions.run(agent_id=sys.argv[3], prompt="hi", on_abandon="terminate")
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_a_run_that_is_interrupted_while_it_creates_the_session_stops_it(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    agent = client.agents.create(**AGENT)
    delay_creation(control)
    with python(CREATE, server.url, server.token, str(agent.id)) as process:
        control("POST", "wait", {"requests": 2})
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.readline() == "handled\n"
        end_delay(control)
        output, _ = process.communicate(timeout=60)
    assert output == "interrupted\n"
    assert [session.status for session in client.sessions.list()] == ["terminated"]


def test_a_claimed_session_continues_when_the_client_is_dropped(client: aod.Client, control: Control) -> None:
    script(control, {"exit": 0})
    agent = client.agents.create(**AGENT)
    result = client.sessions.run(agent_id=agent.id, prompt="hi", on_abandon="terminate")
    answer = client.sessions.ask(result.session.id, prompt="again", on_abandon="terminate")
    gc.collect()
    assert answer.session.status == "completed"
    assert client.sessions.get(answer.session.id).status == "completed"


def test_a_closed_run_whose_session_cannot_be_stopped_logs_that(
    server: DevServer, client: aod.Client, control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    script(control, {"stdout": "one"}, {"hold": "never"})
    agent = client.agents.create(**AGENT)

    def start_call(*_: Any) -> None:
        raise aod.AodError("planned")

    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
            created = asyncio.Event()
            run = other.sessions.run(
                agent_id=agent.id, prompt="hi", on_abandon="terminate", on_created=lambda _: created.set()
            )
            task = asyncio.create_task(run)
            await created.wait()
            run.close()
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() or task.exception() is not None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_core.Core, "start", start_call)
        asyncio.run(main())
    assert "cannot stop the abandoned session" in caplog.text


def test_a_call_that_cannot_be_started_is_an_error_of_the_package(server: DevServer) -> None:
    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
            with pytest.raises(ValueError):
                other.sessions._core.start("TerminateSession", "..")

    asyncio.run(main())
