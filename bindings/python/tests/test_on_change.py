"""The changes of the transcript of a turn that is followed, with both clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from conftest import http_server, send

import aod
from aod.testing import DevServer
from aod.transcript import AgentUpdated, Change, HistoryReset, Transcript

Control = Callable[..., Any]
SESSION_ID = "00000000-0000-4000-8000-000000000000"

both_clients = pytest.mark.parametrize("client_class", [aod.Client, aod.AsyncClient], ids=["sync", "async"])


def script(control: Control, prompt: str, *lines: dict[str, Any], end: dict[str, Any] | None = None) -> None:
    """Make the agent print lines, each as an event, when it receives a prompt."""
    steps = [*({"stdout": json.dumps(line) + "\n"} for line in lines), end or {"exit": 0}]
    control("POST", "script", {"prompt": prompt, "script": {"steps": steps}})


def says(text: str) -> dict[str, Any]:
    return {"type": "assistant", "message": {"content": [{"type": "text", "text": text}]}}


def finish(client_class: Any, method: str, *arguments: Any, url: str, **options: Any) -> Any:
    """Call a method of `sessions`. For the asynchronous client, `on_change` is a coroutine function."""
    client = client_class(base_url=url, token="aod_dev")
    if client_class is aod.Client:
        return getattr(client.sessions, method)(*arguments, **options)
    on_change = options.get("on_change", list[Change]().append)

    async def on_change_later(change: Change) -> None:
        await asyncio.sleep(0)
        on_change(change)

    return asyncio.run(getattr(client.sessions, method)(*arguments, **options | {"on_change": on_change_later}))


@both_clients
@pytest.mark.parametrize("collect_events", [True, False])
def test_the_changes_of_an_event_follow_it(
    server: DevServer, client: aod.Client, control: Control, client_class: Any, collect_events: bool
) -> None:
    script(control, "hi", says("one"), says("two"))
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    log: list[aod.StreamEvent | Change] = []
    result = finish(
        client_class,
        "run",
        url=server.url,
        agent_id=agent.id,
        prompt="hi",
        on_event=log.append,
        on_change=log.append,
        collect_events=collect_events,
    )
    expected: list[Any] = []
    transcript = Transcript()
    for event in client.sessions.wait_for_completion(result.session.id).events:
        expected += [event, *transcript.apply(event)]
    assert log == expected
    types = [entry.type for entry in log if not isinstance(entry, aod.StreamEvent)]
    assert types == ["agent_updated", "turn_started", "item_added", "item_added", "turn_ended"]
    assert bool(result.events) is collect_events


@both_clients
def test_wait_for_completion_passes_the_changes_of_all_events(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    for prompt in ("one", "two"):
        script(control, prompt, says(prompt))
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    session = client.sessions.run(agent_id=agent.id, prompt="one").session
    client.sessions.ask(session.id, prompt="two")
    changes: list[Change] = []
    finish(client_class, "wait_for_completion", session.id, url=server.url, on_change=changes.append)
    ended = [change.turn for change in changes if change.type == "turn_ended"]
    assert ended == [1, 2]


@both_clients
def test_ask_passes_the_changes_of_its_turn(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    thread = {"type": "thread.started", "thread_id": "t"}
    for prompt, total in (("one", 10), ("two", 30)):
        usage = {"type": "turn.completed", "usage": {"input_tokens": total, "output_tokens": total}}
        answer = {"type": "item.completed", "item": {"id": "item_0", "type": "agent_message", "text": prompt}}
        script(control, prompt, thread, answer, usage)
    agent = client.agents.create(name="a", model="o3", runtime="codex")
    session = client.sessions.run(agent_id=agent.id, prompt="one").session
    changes: list[Change] = []
    events: list[aod.StreamEvent] = []
    result = finish(
        client_class,
        "ask",
        session.id,
        url=server.url,
        prompt="two",
        on_event=events.append,
        on_change=changes.append,
    )
    assert events == result.events == list(client.sessions.stream(session.id, turn=2))
    of_turn = [change for change in changes if not isinstance(change, AgentUpdated | HistoryReset)]
    assert {change.turn for change in of_turn} == {2}
    (added,) = [change.item for change in of_turn if change.type == "item_added" and change.item.kind == "message"]
    assert added.kind == "message" and added.text == "two"
    # Codex reports the usage of all turns together.
    end = of_turn[-1]
    assert end.type == "turn_ended" and end.usage is not None and end.usage.input_tokens == 20


@both_clients
def test_the_result_of_a_run_has_the_events_of_the_new_history(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    answer = json.dumps(says("two")) + "\n"
    control("POST", "script", {"script": {"steps": [{"stdout": "one\n"}, {"stdout": answer}, {"exit": 0}]}})
    row = 'id: 1\ndata: {"type": "output", "id": 1, "stream": "stdout", "data": "again\\n", "turn": 1}\n\n'
    effect = {"insert": {"before_event": 10, "text": row}}
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": effect})
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    result = finish(client_class, "run", url=server.url, agent_id=agent.id, prompt="hi")
    assert result.stdout == f"again\n{answer}" and result.text == "two"


@both_clients
def test_a_turn_without_output_starts_and_ends(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    script(control, "one", says("one"))
    script(control, "two")
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    session = client.sessions.run(agent_id=agent.id, prompt="one").session
    changes: list[Change] = []
    result = finish(client_class, "ask", session.id, url=server.url, prompt="two", on_change=changes.append)
    of_turn = [change for change in changes if not isinstance(change, AgentUpdated | HistoryReset)]
    turns = [(change.type, change.turn) for change in of_turn]
    assert turns == [("turn_started", 2), ("turn_ended", 2)]
    for same in (result, aod.RunResult.model_validate_json(result.model_dump_json())):
        assert same == result and [turn.number for turn in same.transcript().turns] == [2]


def session_server(*events: dict[str, Any], current_turn: Any = None) -> AbstractContextManager[str]:
    """Serve one session that has ended, with these events after its start."""
    session = {"id": SESSION_ID, "status": "completed", "created_at": "2026-01-01T00:00:00Z"}
    session["updated_at"] = session["created_at"]
    start = {"type": "start", "session_id": SESSION_ID, "runtime": "claude"}
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in (start, *events))

    def respond(handler: BaseHTTPRequestHandler, _: str) -> None:
        if handler.path.partition("?")[0].endswith("/stream"):
            send(handler, 200, "text/event-stream", body.encode())
        else:
            answer = {**session, "current_turn": current_turn} if handler.command == "POST" else session
            send(handler, 200, "application/json", json.dumps(answer).encode())

    return http_server(respond)


@both_clients
def test_a_stream_without_a_terminal_event_ends_the_turn(client_class: Any) -> None:
    output = {"type": "output", "id": 1, "stream": "stdout", "data": json.dumps(says("cut")), "turn": 1}
    changes: list[Change] = []
    with session_server(output) as url:
        finish(client_class, "wait_for_completion", SESSION_ID, url=url, on_change=changes.append)
    # The line has no end, so it is read at the end of the output.
    assert [change.type for change in changes][-2:] == ["item_added", "turn_ended"]


@both_clients
@pytest.mark.parametrize("number", [{}, 1.5, 2**70, 0, None])
def test_a_run_does_not_need_the_number_of_its_turn(client_class: Any, number: Any) -> None:
    output = {"type": "output", "id": 1, "stream": "stdout", "data": json.dumps(says("done")) + "\n", "turn": 1}
    with session_server(output, {"type": "exit", "id": 1, "code": 0}, current_turn=number) as url:
        result = finish(client_class, "run", url=url, agent_id=SESSION_ID, prompt="hi")
    assert result.text == "done" and result.turn is None


@both_clients
@pytest.mark.parametrize("method", ["run", "ask"])
def test_an_exception_of_on_change_ends_the_call(
    server: DevServer, client: aod.Client, control: Control, client_class: Any, method: str
) -> None:
    script(control, "one", says("one"))
    script(control, "two", says("two"), end={"hold": "never"})
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")

    def fail(change: Change) -> None:
        if change.type == "item_added":
            raise KeyError("planned")

    options: dict[str, Any] = {"prompt": "two", "on_change": fail, "on_abandon": "terminate"}
    if method == "run":
        call = partial(finish, client_class, "run", agent_id=agent.id, **options)
    else:
        session = client.sessions.run(agent_id=agent.id, prompt="one").session
        call = partial(finish, client_class, "ask", session.id, **options)
    with pytest.raises(KeyError, match="planned") as raised:
        call(url=server.url)
    assert client.sessions.get(vars(raised.value)["session_id"]).status == "terminated"


@both_clients
def test_an_exception_at_the_end_of_the_turn_stops_nothing(
    server: DevServer, client: aod.Client, control: Control, client_class: Any
) -> None:
    script(control, "hi", says("one"))
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")

    def fail(change: Change) -> None:
        if change.type == "turn_ended":
            raise KeyError("planned")

    with pytest.raises(KeyError) as raised:
        finish(
            client_class,
            "run",
            url=server.url,
            agent_id=agent.id,
            prompt="hi",
            on_change=fail,
            on_abandon="terminate",
        )
    assert client.sessions.get(vars(raised.value)["session_id"]).status == "completed"


def test_requests_of_run_all_have_receivers_of_changes(client: aod.Client, control: Control) -> None:
    script(control, "hi", says("one"))
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    changes: list[list[Change]] = [[], []]
    client.sessions.run_all(
        [{"agent_id": agent.id, "prompt": "hi", "on_change": received.append} for received in changes]
    )
    assert [received[-1].type for received in changes] == ["turn_ended"] * 2
