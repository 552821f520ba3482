"""Transcripts: the models, streams, snapshots, and what a notebook shows."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import gc
import json
import pickle
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ag_ui.core import Event
from pydantic import TypeAdapter

import aod
from aod import _native
from aod.testing import DevServer
from aod.transcript import (
    AgUiEncoder,
    Change,
    HistoryReset,
    ItemAdded,
    ItemsDropped,
    ItemUpdated,
    Message,
    TextAppended,
    ToolCall,
    Transcript,
    TurnStarted,
)

TRANSCRIPTS = Path(__file__).parents[3] / "tests/data/transcripts"
RECORDINGS = sorted(TRANSCRIPTS.glob("*/*.jsonl"))
CALL = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "cargo test"}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "12 passed"}
OUTPUT = "".join(
    json.dumps(line) + "\n"
    for line in (
        {"type": "system", "subtype": "init", "model": "m", "tools": ["Bash"]},
        {"type": "assistant", "message": {"content": [CALL]}},
        {"type": "user", "message": {"content": [RESULT]}},
        {"type": "assistant", "message": {"content": [{"type": "text", "text": "Tests pass."}]}},
        {"type": "result", "subtype": "success", "duration_ms": 1500, "total_cost_usd": 0.5},
    )
)


def split(text: str) -> list[str]:
    chunks: list[str] = []
    while text:
        length = random.randint(1, 60)
        chunks.append(text[:length])
        text = text[length:]
    return chunks


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_models_have_everything_that_the_core_has(path: Path) -> None:
    transcript = Transcript(path.parent.name)
    for chunk in split(path.read_bytes().decode()):
        transcript.feed(chunk)
    transcript.finish()
    expected = json.loads(transcript.model_dump_json())
    unknown: list[str] = []

    def visit(model: Any) -> Any:
        if isinstance(model, list):
            return [visit(each) for each in model]
        if not hasattr(model, "model_fields_set"):
            return model
        unknown.extend(f"{type(model).__name__}.{name}" for name in model.model_extra or ())
        return {name: visit(getattr(model, name)) for name in model.model_fields_set}

    assert visit(transcript.turns) == expected["turns"]
    assert visit(transcript.usage) == expected["usage"]
    assert visit(transcript.agent) == expected["agent"]
    assert unknown == []


def test_a_call_is_joined_with_its_result() -> None:
    transcript = Transcript("claude")
    changes = [change for chunk in split(OUTPUT) for change in transcript.feed(chunk)] + transcript.finish()
    kinds = [change.type for change in changes]
    assert kinds[:2] == ["turn_started", "agent_updated"] and kinds[-1] == "turn_ended"
    (turn,) = transcript.turns
    call = next(item for item in turn.items if item.kind == "tool_call")
    assert isinstance(call, ToolCall) and call.result is not None
    assert (call.name, call.tool.type, call.tool.command) == ("Bash", "shell", "cargo test")
    assert (call.input, call.result.text, call.status) == ({"command": "cargo test"}, "12 passed", "completed")
    assert transcript.final_text == "Tests pass."
    assert turn.outcome is not None and turn.outcome.type == "success"
    assert turn.usage is not None and turn.usage.cost_usd == 0.5
    assert turn.duration_ms == 1500
    assert transcript.agent is not None and transcript.agent.tools == ["Bash"]


def test_a_snapshot_continues_where_it_was_taken() -> None:
    whole = Transcript("claude")
    whole.feed(OUTPUT)
    transcript = Transcript("claude")
    for chunk in split(OUTPUT):
        transcript.feed(chunk)
        transcript = Transcript.restore(transcript.snapshot())
    assert transcript.model_dump_json() == whole.model_dump_json()
    with pytest.raises(ValueError, match="not a snapshot"):
        Transcript.restore(b"{}")


def test_limits_cut_and_drop() -> None:
    transcript = Transcript("other", limits={"text": 4, "items": 1})
    transcript.feed("12345678\nabcdefgh\n")
    (turn,) = transcript.turns
    assert turn.dropped_items + len(turn.items) == 2
    assert all(item.is_truncated for item in turn.items)
    with pytest.raises(ValueError, match="unknown field"):
        Transcript(limits={"lines": 4})  # type: ignore[arg-type]


def test_any_text_is_read() -> None:
    transcript = Transcript("claude")
    transcript.feed('{"type": "assistant", "message": "\ud83d"}\n')
    transcript.feed("\ud83d half an emoji\n")
    transcript.finish()
    assert [item.kind for item in transcript.turns[0].items] == ["message", "text"]
    with pytest.raises(TypeError, match="chunk must be a str, not bytes"):
        transcript.feed(b"x")  # type: ignore[arg-type]


def replay(changes: list[Change]) -> list[str]:
    """Return the texts of the messages, as a screen that only applies the changes shows them."""
    items: list[Any] = []
    for change in changes:
        if isinstance(change, ItemAdded):
            items.append(change.item)
        elif isinstance(change, ItemUpdated):
            items = [change.item if item.id == change.item.id else item for item in items]
        elif isinstance(change, TextAppended):
            (item,) = (item for item in items if item.id == change.item_id)
            item.text += change.text
        elif isinstance(change, ItemsDropped):
            items = items[change.count :]
        elif isinstance(change, HistoryReset):
            items = []
    return [item.text for item in items if isinstance(item, Message)]


def test_another_history_of_the_session_replaces_all_turns() -> None:
    def output(id: int, text: str) -> aod.StreamEvent:
        extra = {"stream": "stdout", "turn": 1, "data": json.dumps({"type": "assistant", "message": text}) + "\n"}
        return aod.StreamEvent(type="output", id=id, extra=extra)

    transcript = Transcript("claude")
    encoder = AgUiEncoder("thread")
    changes = [change for event in (output(7, "old"), output(3, "new")) for change in transcript.apply(event)]
    assert [change.type for change in changes][-3:] == ["history_reset", "turn_started", "item_added"]
    assert replay(changes) == ["new"]
    assert [turn.number for turn in transcript.turns] == [1]
    assert transcript.cursor == 3
    schema: TypeAdapter[Any] = TypeAdapter(Event)
    events = [schema.validate_python(event) for change in changes for event in encoder.encode(change)]
    assert [event.type for event in events].count("MESSAGES_SNAPSHOT") == 1


def test_an_event_is_applied_once_for_each_number() -> None:
    native = _native.OutputTranscript("claude", "{}")
    extra = {"stream": "stdout", "turn": 1, "data": json.dumps({"type": "assistant", "message": "one"}) + "\n"}
    event = json.dumps({"type": "output", "id": 7, **extra})
    first = native.apply(event, 1, None)
    assert "item_added" in [change["type"] for change in json.loads(first)]
    assert native.apply(event, 1, None) == first
    for number in (2, 0, 0):
        assert json.loads(native.apply(event, number, None))[0]["type"] == "history_reset"


@pytest.fixture
def session(server: DevServer, client: aod.Client, control: Callable[..., Any]) -> str:
    steps = [{"stdout": chunk} for chunk in split(OUTPUT)]
    control("POST", "script", {"script": {"steps": [*steps, {"stderr": "warning: unused\n"}, {"exit": 0}]}})
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    return str(client.sessions.create(agent_id=agent.id, prompt="hi").id)


def test_a_stream_yields_the_changes_of_a_transcript(server: DevServer, client: aod.Client, session: str) -> None:
    with client.sessions.stream(session) as events:
        stream = events.transcript()
        changes = list(stream)
    (turn,) = stream.transcript.turns
    assert replay(changes) == [item.text for item in turn.items if isinstance(item, Message)] == ["Tests pass."]
    assert all(item.events is not None for item in turn.items)
    assert turn.items[-1].kind == "text" and turn.items[-1].stream == "stderr"
    assert stream.transcript.cursor == events.cursor

    async def follow() -> str:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            async with aclient.sessions.stream(session) as events:
                stream = events.transcript()
                assert [change.type async for change in stream] == [change.type for change in changes]
            return stream.transcript.model_dump_json()

    assert asyncio.run(follow()) == stream.transcript.model_dump_json()


def test_a_restored_transcript_continues_a_stream_without_a_gap(client: aod.Client, session: str) -> None:
    with client.sessions.stream(session) as events:
        whole = events.transcript()
        list(whole)
    transcript = Transcript()
    while transcript.final_text is None or not transcript.turns[0].outcome:
        with client.sessions.stream(session, since=transcript.cursor) as events:
            for number, event in enumerate(events):
                transcript.apply(event)
                transcript = Transcript.restore(transcript.snapshot())
                if number == 3:
                    break
    assert transcript.model_dump_json() == whole.transcript.model_dump_json()


def turn(text: str) -> list[dict[str, Any]]:
    lines = [{"type": "assistant", "message": text}, {"type": "result", "subtype": "success"}]
    return [{"stdout": "".join(json.dumps(line) + "\n" for line in lines)}, {"exit": 0}]


def test_asking_returns_the_answer_of_the_turn(
    server: DevServer, client: aod.Client, control: Callable[..., Any]
) -> None:
    for prompt in ("one", "two", "three"):
        control("POST", "script", {"prompt": prompt, "script": {"steps": turn(f"answer {prompt}")}})
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    run = client.sessions.run(agent_id=agent.id, prompt="one")
    assert run.text == "answer one"
    seen: list[str] = []
    asked = client.sessions.ask(run.session.id, prompt="two", on_event=lambda event: seen.append(event.type))
    assert asked.text == "answer two" and asked.stdout == turn("answer two")[0]["stdout"]
    assert seen == [event.type for event in asked.events] == ["start", "turn_start", "output", "exit"]
    (transcript_turn,) = asked.transcript().turns
    assert transcript_turn.number == 2 and transcript_turn.outcome is not None

    async def ask() -> str | None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            return (await aclient.sessions.ask(run.session.id, prompt="three")).text

    assert asyncio.run(ask()) == "answer three"


def test_asking_during_a_turn_is_a_conflict_or_waits(
    server: DevServer, client: aod.Client, control: Callable[..., Any]
) -> None:
    for number in (1, 2):
        first = {"steps": [{"stdout": "x"}, {"hold": f"go {number}"}, {"exit": 0}]}
        control("POST", "script", {"prompt": f"first {number}", "script": first})
    control("POST", "script", {"prompt": "next", "script": {"steps": turn("later")}})
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    ids = [client.sessions.create(agent_id=agent.id, prompt=f"first {number}").id for number in (1, 2)]
    with pytest.raises(aod.ConflictError) as raised:
        client.sessions.ask(ids[0], prompt="next")
    assert raised.value.reason in ("running", "pending")

    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(client.sessions.ask, ids[0], prompt="next", wait=True)
        control("POST", "wait", {"streams": 1})
        control("POST", "release", {"name": "go 1"})
        assert answer.result(timeout=60).text == "later"

    async def ask() -> str | None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            answer = asyncio.create_task(aclient.sessions.ask(ids[1], prompt="next", wait=True))
            await asyncio.to_thread(control, "POST", "wait", {"streams": 1})
            await asyncio.to_thread(control, "POST", "release", {"name": "go 2"})
            return (await answer).text

    assert asyncio.run(ask()) == "later"


def test_a_failed_answer_names_its_session_and_stops_it_if_asked_to(
    client: aod.Client, control: Callable[..., Any]
) -> None:
    control("POST", "script", {"prompt": "one", "script": {"steps": turn("one")}})
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    session = client.sessions.run(agent_id=agent.id, prompt="one").session
    control("POST", "script", {"prompt": "two", "script": {"steps": [{"stdout": "x"}, {"hold": "never"}]}})

    def fail(event: aod.StreamEvent) -> None:
        if event.type == "output":
            raise KeyError(event.type)

    with pytest.raises(KeyError) as raised:
        client.sessions.ask(session.id, prompt="two", on_event=fail, on_abandon="terminate")
    assert vars(raised.value)["session_id"] == session.id
    assert client.sessions.get(session.id).status == "terminated"
    with pytest.raises(ValueError, match="on_abandon"):
        client.sessions.ask(session.id, prompt="x", on_abandon="leave")  # type: ignore[arg-type]


def test_a_notebook_shows_escaped_text() -> None:
    transcript = Transcript("claude")
    evil = "<script>alert(1)</script>"
    call = {"type": "tool_use", "id": "1", "name": evil, "input": {evil: evil}}
    for block in ({"type": "text", "text": evil}, {"type": "thinking", "thinking": evil}, call):
        transcript.feed(json.dumps({"type": "assistant", "message": {"content": [block]}}) + "\n")
    transcript.feed(f"{evil}\n")
    shown = transcript._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 6
    assert repr(transcript) == "<Transcript turns=1 items=4>"


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_ag_ui_events_are_those_of_the_protocol(path: Path) -> None:
    transcript = Transcript(path.parent.name)
    encoder = AgUiEncoder("thread")
    changes = [change for chunk in split(path.read_bytes().decode()) for change in transcript.feed(chunk)]
    changes += transcript.finish()
    events = [event for change in changes for event in encoder.encode(change)]
    schema: TypeAdapter[Any] = TypeAdapter(Event)
    for event in events:
        # The models of the protocol accept additional fields, so all fields must be those of the model.
        known = schema.validate_python(event).model_dump(by_alias=True, exclude_none=True, mode="json")
        assert known == {name: value for name, value in event.items() if value is not None}
    assert events[0]["type"] == "RUN_STARTED"
    assert events[-1]["type"] in ("RUN_FINISHED", "RUN_ERROR")


def test_only_changes_are_encoded_for_ag_ui() -> None:
    with pytest.raises(aod.DecodeError) as caught:
        AgUiEncoder("thread").encode(TurnStarted(type="turn_started", turn=2**70))
    assert str(2**70) not in str(caught.value)


@pytest.mark.parametrize(
    "copy_of", [copy.copy, copy.deepcopy, lambda transcript: pickle.loads(pickle.dumps(transcript))]
)
def test_a_copy_of_a_transcript_is_independent_of_it(copy_of: Callable[[Transcript], Transcript]) -> None:
    transcript = Transcript("claude")
    transcript.feed(OUTPUT[:-20])
    other = copy_of(transcript)
    assert other.feed(OUTPUT[-20:]) == transcript.feed(OUTPUT[-20:]) != []
    del other
    gc.collect()
    assert transcript.final_text == "Tests pass."


def test_a_dataclass_with_a_transcript_becomes_a_dictionary() -> None:
    @dataclasses.dataclass
    class Row:
        transcript: Transcript

    row = Row(Transcript("claude"))
    row.transcript.feed(OUTPUT)
    copied = dataclasses.asdict(row)["transcript"]
    assert copied is not row.transcript and copied.turns == row.transcript.turns
    del copied
    gc.collect()
    assert row.transcript.final_text == "Tests pass."


def test_a_native_object_cannot_be_copied(client: aod.Client) -> None:
    natives = [value for value in vars(_native).values() if hasattr(value, "_uniffi_clone_handle")]
    assert len(natives) >= 6
    for native in natives:
        value = object.__new__(native)
        for copy_of in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match=f"cannot copy or pickle '{native.__name__}' object"):
                copy_of(value)
    changes = client.sessions.stream("some-id").transcript()
    for owner in (AgUiEncoder("t"), changes):
        with pytest.raises(TypeError, match="cannot"):
            copy.deepcopy(owner)
    gc.collect()
    assert changes.transcript.turns == []
