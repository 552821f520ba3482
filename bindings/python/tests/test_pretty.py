from __future__ import annotations

import asyncio
import copy
import gc
import json
import pickle
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import start

import aod
import aod.pretty.claude
from aod._native import OutputFormatter, OutputTranscript
from aod.pretty import (
    ClaudeFormatter,
    CodexFormatter,
    Formatter,
    FormatterOptions,
    GeminiFormatter,
    GenericFormatter,
    OpencodeFormatter,
    SessionFormatter,
    formatter_for,
)
from aod.testing import DevServer
from aod.transcript import Transcript

TRANSCRIPTS = Path(__file__).parents[3] / "tests/data/transcripts"
CLASSES: dict[str, Callable[..., Formatter]] = {
    "claude": ClaudeFormatter,
    "codex": CodexFormatter,
    "gemini": GeminiFormatter,
    "generic": GenericFormatter,
    "opencode": OpencodeFormatter,
}
# In the order of the expected outputs.
VARIANTS: list[FormatterOptions] = [
    {},
    {"plain": True, "width": 60, "show_thinking": False, "show_tool_results": True},
]
RESULT = '{"type":"result","subtype":"success"}\n'


def format_all(formatter: Formatter, *chunks: str) -> list[str]:
    return [line for chunk in chunks for line in formatter.feed(chunk)] + list(formatter.flush())


def split_randomly(text: str, longest: int) -> Iterator[str]:
    while text:
        length = random.randint(1, longest)
        yield text[:length]
        text = text[length:]


@pytest.mark.parametrize("variant", range(len(VARIANTS)), ids=["default", "options"])
@pytest.mark.parametrize(
    "path", sorted(TRANSCRIPTS.glob("*/*.jsonl")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_output_equals_that_of_the_core_for_all_chunk_sizes(path: Path, variant: int) -> None:
    text = path.read_bytes().decode()
    expected = path.with_suffix(".txt").read_bytes().decode().split("===== with options =====\n")[variant]
    for longest in (1, 40, len(text)):
        formatter = CLASSES[path.parent.name](**VARIANTS[variant])
        assert "".join(f"{line}\n" for line in format_all(formatter, *split_randomly(text, longest))) == expected


def test_keeps_the_published_names() -> None:
    assert aod.pretty.ClaudeFormatter is aod.pretty.claude.ClaudeFormatter
    assert format_all(ClaudeFormatter(), RESULT) == ["✨ Done · agent 0.0s"]


def test_nothing_happens_before_the_result_is_iterated() -> None:
    formatter = ClaudeFormatter()
    formatter.feed("lost\n")
    formatter.consume(aod.StreamEvent(type="output", extra={"stream": "stdout", "data": "lost\n"}))
    assert list(formatter.feed("kept")) == []
    formatter.flush()
    pending = formatter.flush()
    assert iter(pending) is pending
    assert list(pending) == ["kept"]


def test_lines_that_were_not_consumed_go_to_the_next_iterator() -> None:
    formatter = ClaudeFormatter()
    pending = formatter.feed("first\nsecond\n")
    assert next(pending) == "first"
    assert list(formatter.feed("third\n")) == ["second", "third"]
    assert list(pending) == []


def test_consumes_the_standard_output_of_events_only() -> None:
    formatter = GenericFormatter()

    def consume(type: str, **extra: Any) -> list[str]:
        return list(formatter.consume(aod.StreamEvent(type=type, extra=extra)))

    assert consume("output", stream="stdout", data="x\n", turn=2) == ["x"]
    assert consume("output", stream="stderr", data="x\n") == []
    assert consume("output", data="x\n") == []
    assert consume("output", stream="stdout", data=5) == []
    assert consume("stage", stream="stdout", data="x\n") == []


RESULTS = "".join(
    json.dumps(line) + "\n"
    for line in (
        {"type": "result", "subtype": "success"},
        {"type": "turn.completed"},
        {"type": "message", "role": "assistant", "content": "hello"},
        {"type": "text", "part": {"text": "one"}},
    )
)
"""A line per formatter that the others format differently."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude", ClaudeFormatter),
        ("Claude-OAuth", ClaudeFormatter),
        ("anthropic", ClaudeFormatter),
        ("codex", CodexFormatter),
        ("openai", CodexFormatter),
        ("gemini", GeminiFormatter),
        ("google", GeminiFormatter),
        ("opencode", OpencodeFormatter),
        ("other", GenericFormatter),
        ("", GenericFormatter),
        (None, GenericFormatter),
    ],
)
def test_the_name_chooses_the_formatter(name: str | None, expected: Callable[..., Formatter]) -> None:
    assert format_all(formatter_for(name), RESULTS) == format_all(expected(), RESULTS)
    assert format_all(formatter_for(name, plain=True), RESULTS) == format_all(expected(plain=True), RESULTS)


def test_formatters_differ() -> None:
    classes = (ClaudeFormatter, CodexFormatter, GeminiFormatter, OpencodeFormatter, GenericFormatter)
    assert len({tuple(format_all(formatter(), RESULTS)) for formatter in classes}) == len(classes)


def test_options_change_the_output() -> None:
    command = '{"type":"item.completed","item":{"type":"command_execution","command":"make","exit_code":2}}\n'
    assert format_all(CodexFormatter(), command) == ["🔧 Bash · make\n⚠️  Bash failed · exit 2"]
    assert format_all(CodexFormatter(show_failures=False), command) == ["🔧 Bash · make"]
    assert format_all(CodexFormatter(color="on"), command) == [
        "\x1b[36m🔧 Bash · make\x1b[0m\n\x1b[31m⚠️  Bash failed · exit 2\x1b[0m"
    ]
    assert format_all(formatter_for("codex", width=8, plain=True), command) == ["$ Bas...\n! Bas..."]
    assert format_all(GenericFormatter(raw=True), "\x1b[1mbold\n") == ["\x1b[1mbold"]
    assert format_all(GenericFormatter(), "\x1b[1mbold\n") == ["\\x1b[1mbold"]
    assert format_all(GenericFormatter(max_line=3), "abcdef\n") == ["abc… [3 bytes cut]"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"width": -1}, "expected usize"),
        ({"color": "blue"}, "expected one of `off`, `on`, `auto`"),
        ({"plain": "yes"}, "expected a boolean"),
    ],
)
def test_invalid_values_of_options_are_rejected(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ClaudeFormatter(**options)


def test_an_unknown_option_is_a_type_error() -> None:
    options: dict[str, Any] = {"colour": "on"}
    with pytest.raises(TypeError, match="colour"):
        formatter_for("codex", **options)


def test_a_chunk_that_is_not_a_str_is_a_type_error() -> None:
    chunk: Any = b"x\n"
    with pytest.raises(TypeError, match="str"):
        list(ClaudeFormatter().feed(chunk))


def test_a_custom_class_is_a_formatter() -> None:
    class Loud:
        def consume(self, event: aod.StreamEvent) -> Iterator[str]:
            yield from self.feed(event.text or "")

        def feed(self, chunk: str) -> Iterator[str]:
            yield chunk.upper()

        def flush(self) -> Iterator[str]:
            yield "END"

    formatter: Formatter = Loud()
    assert format_all(formatter, "hi") == ["HI", "END"]


def test_formats_a_session(client: aod.Client) -> None:
    formatter = formatter_for("claude")
    with client.sessions.stream(start(client).id) as events:
        lines = [line for event in events for line in formatter.consume(event)]
    lines.extend(formatter.flush())
    assert lines[0].startswith("⚙️  Session init · model=")
    assert lines[-1].startswith("✨ Done")


def test_the_start_event_chooses_the_formatter() -> None:
    message = json.dumps({"type": "item.completed", "item": {"type": "agent_message", "text": "hi"}})

    def consume(*events: aod.StreamEvent, **options: Any) -> list[str]:
        formatter = SessionFormatter(**options)
        return [line for event in events for line in formatter.consume(event)] + list(formatter.flush())

    output = aod.StreamEvent(type="output", id=1, extra={"stream": "stdout", "data": message})
    start = aod.StreamEvent(type="start", extra={"runtime": "codex"})
    turn = aod.StreamEvent(type="turn_start", id=2, extra={"turn": 2})
    assert consume(start, output) == ["✉️  hi"]
    assert consume(start, output, plain=True) == ["> hi"]
    assert consume(start, output, turn, output) == ["✉️  hi", "✉️  hi"]
    assert consume(output) == [message]
    assert consume(aod.StreamEvent(type="start", extra={"provider": "openai"}), output) == ["✉️  hi"]
    assert consume(aod.StreamEvent(type="start", extra={"runtime": 5}), output) == [message]
    assert consume(aod.StreamEvent(type="start", extra={"runtime": "\udc80"}), output) == [message]


def test_the_repeated_start_of_a_turn_flushes_nothing() -> None:
    formatter = SessionFormatter()
    start = aod.StreamEvent(type="start", extra={"runtime": "claude"})
    turn = aod.StreamEvent(type="turn_start", id=2, extra={"turn": 1})
    halves = [
        aod.StreamEvent(type="output", extra={"stream": "stdout", "data": data}) for data in (RESULT[:20], RESULT[20:])
    ]
    first, second = ([start, turn, half] for half in halves)
    assert [line for event in (*first, *second) for line in formatter.consume(event)] == ["✨ Done · agent 0.0s"]


@pytest.mark.parametrize(
    ("type", "extra", "expected"),
    [
        ("exit", {"code": None}, ["⚠️  Done · interrupted"]),
        ("exit", {"code": 0}, []),
        ("exit", {"code": "odd"}, []),
        ("error", {"message": "Session failed"}, ["⚠️  Done · failed"]),
        ("terminated", {}, ["⚠️  Done · terminated"]),
        ("stale", {}, []),
    ],
)
def test_an_end_before_the_start_is_shown(type: str, extra: dict[str, Any], expected: list[str]) -> None:
    assert list(SessionFormatter().consume(aod.StreamEvent(type=type, extra=extra))) == expected


def test_a_formatter_of_ones_own_is_flushed_at_a_further_turn_only(client: aod.Client) -> None:
    class Whole:
        text = ""

        def consume(self, event: aod.StreamEvent) -> Iterator[str]:
            yield from self.feed(event.stdout or "")

        def feed(self, chunk: str) -> Iterator[str]:
            self.text += chunk.replace("\n", "|")
            yield from ()

        def flush(self) -> Iterator[str]:
            yield self.text
            self.text = ""

    ack = start(client)
    client.sessions.wait_for_completion(ack.id)
    client.sessions.prompt(ack.id, prompt="again")
    client.sessions.wait_for_completion(ack.id)
    with client.sessions.stream(ack.id) as events:
        lines = list(events.pretty(Whole()))
    assert len(lines) == 2
    assert all(lines)


def test_streams_have_formatted_lines(server: DevServer, client: aod.Client) -> None:
    ack = start(client)
    with client.sessions.stream(ack.id) as events:
        lines = list(events.pretty(plain=True))
    assert lines[0].startswith("# Session init - model=")
    assert lines[-1].startswith("= Done")
    with client.sessions.stream(ack.id) as events:
        assert next(events.pretty(GenericFormatter())).startswith('{"type":"system"')

    async def main() -> list[str]:
        async with (
            aod.AsyncClient(base_url=server.url, token=server.token) as aclient,
            aclient.sessions.stream(ack.id) as events,
        ):
            return [line async for line in events.pretty(plain=True)]

    assert asyncio.run(main()) == lines


def test_the_formatter_is_flushed_before_the_error_of_a_stream(client: aod.Client, control: Callable[..., Any]) -> None:
    control("POST", "script", {"script": {"steps": [{"stdout": "x"}] * 20}})
    ack = start(client)
    client.sessions.wait_for_completion(ack.id)
    control(
        "POST", "fault", {"path": "/sessions/*/stream", "effect": {"cut_after_events": {"events": 12, "how": "reset"}}}
    )
    with client.sessions.stream(ack.id, reconnect=False) as events:
        lines = events.pretty(GenericFormatter())
        assert set(next(lines)) == {"x"}
        with pytest.raises(aod.AodConnectionError):
            next(lines)


def test_a_formatter_and_options_are_a_type_error(client: aod.Client) -> None:
    with client.sessions.stream(start(client).id) as events, pytest.raises(TypeError, match="options"):
        events.pretty(GenericFormatter(), plain=True)


def test_a_multi_line_text_is_one_string() -> None:
    message = json.dumps({"type": "text", "part": {"text": "one\ntwo"}})
    assert list(OpencodeFormatter().feed(message + "\n")) == ["✉️  one\ntwo"]


def test_a_formatter_says_whether_a_line_is_incomplete() -> None:
    formatter = GenericFormatter()
    assert not formatter.has_pending
    assert list(formatter.feed("one\ntw")) == ["one"]
    assert formatter.has_pending
    lines = formatter.feed("o\nthree\n")
    assert next(lines) == "two"
    assert formatter.has_pending
    assert list(lines) == ["three"]
    assert not formatter.has_pending


def test_a_formatter_cannot_be_copied() -> None:
    formatter = ClaudeFormatter()
    assert list(formatter.feed("half")) == []
    for copy_of in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot copy or pickle 'ClaudeFormatter' object"):
            copy_of(formatter)
    gc.collect()
    assert list(formatter.feed(" line\n")) == ["half line"]


def test_the_library_receives_no_lone_surrogate(monkeypatch: pytest.MonkeyPatch) -> None:
    # It would count a reference to the object that is not released.
    fed: list[str] = []

    def feed(_: object, chunk: str) -> str:
        fed.append(chunk)
        return "[]"

    monkeypatch.setattr(OutputFormatter, "feed", feed)
    monkeypatch.setattr(OutputTranscript, "feed", feed)
    assert list(GenericFormatter().feed("a\ud800ü")) == []
    assert Transcript().feed("a\ud800ü") == []
    assert fed == ["a?ü"] * 2
