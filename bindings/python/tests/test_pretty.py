from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import start

import aod
import aod.pretty.claude
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

TRANSCRIPTS = Path(__file__).parents[3] / "tests/data/transcripts"
CLASSES: dict[str, Callable[..., Formatter]] = {
    "claude": ClaudeFormatter,
    "codex": CodexFormatter,
    "gemini": GeminiFormatter,
    "generic": GenericFormatter,
    "opencode": OpencodeFormatter,
}
VARIANTS: dict[str, FormatterOptions] = {
    ".txt": {},
    ".options.txt": {"plain": True, "width": 60, "show_thinking": False, "show_tool_results": True},
}
RESULT = '{"type":"result","subtype":"success"}\n'


def shown(formatter: Formatter, *chunks: str) -> list[str]:
    return [line for chunk in chunks for line in formatter.feed(chunk)] + list(formatter.flush())


def chunks(text: str, longest: int) -> Iterator[str]:
    while text:
        length = random.randint(1, longest)
        yield text[:length]
        text = text[length:]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "path", sorted(TRANSCRIPTS.glob("*/*.jsonl")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_shows_transcripts_as_the_core_does_however_they_are_cut(path: Path, variant: str) -> None:
    text = path.read_bytes().decode()
    expected = path.with_suffix(variant).read_bytes().decode()
    for longest in (1, 40, len(text)):
        formatter = CLASSES[path.parent.name](**VARIANTS[variant])
        assert "".join(f"{line}\n" for line in shown(formatter, *chunks(text, longest))) == expected


def test_keeps_the_published_names() -> None:
    assert aod.pretty.ClaudeFormatter is aod.pretty.claude.ClaudeFormatter
    assert shown(ClaudeFormatter(), RESULT) == ["✨ Done · agent 0.0s"]


def test_does_nothing_before_it_is_iterated() -> None:
    formatter = ClaudeFormatter()
    formatter.feed("lost\n")
    formatter.consume(aod.StreamEvent(type="output", extra={"stream": "stdout", "data": "lost\n"}))
    assert list(formatter.feed("kept")) == []
    formatter.flush()
    waiting = formatter.flush()
    assert iter(waiting) is waiting
    assert list(waiting) == ["kept"]


def test_lines_that_were_not_asked_for_go_to_whoever_asks_next() -> None:
    formatter = ClaudeFormatter()
    waiting = formatter.feed("first\nsecond\n")
    assert next(waiting) == "first"
    assert list(formatter.feed("third\n")) == ["second", "third"]
    assert list(waiting) == []


def test_consumes_the_standard_output_of_events_only() -> None:
    formatter = GenericFormatter()

    def consumed(type: str, **extra: Any) -> list[str]:
        return list(formatter.consume(aod.StreamEvent(type=type, extra=extra)))

    assert consumed("output", stream="stdout", data="x\n", turn=2) == ["x"]
    assert consumed("output", stream="stderr", data="x\n") == []
    assert consumed("output", data="x\n") == []
    assert consumed("output", stream="stdout", data=5) == []
    assert consumed("stage", stream="stdout", data="x\n") == []


RESULTS = "".join(
    json.dumps(line) + "\n"
    for line in (
        {"type": "result", "subtype": "success"},
        {"type": "turn.completed"},
        {"type": "message", "role": "assistant", "content": "hello"},
        {"type": "text", "part": {"text": "one"}},
    )
)
"""A line for each formatter that the others show otherwise."""


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
def test_a_name_picks_the_formatter(name: str | None, expected: Callable[..., Formatter]) -> None:
    assert shown(formatter_for(name), RESULTS) == shown(expected(), RESULTS)
    assert shown(formatter_for(name, plain=True), RESULTS) == shown(expected(plain=True), RESULTS)


def test_every_formatter_shows_results_in_another_way() -> None:
    classes = (ClaudeFormatter, CodexFormatter, GeminiFormatter, OpencodeFormatter, GenericFormatter)
    assert len({tuple(shown(formatter(), RESULTS)) for formatter in classes}) == len(classes)


def test_options_change_what_is_shown() -> None:
    command = '{"type":"item.completed","item":{"type":"command_execution","command":"make","exit_code":2}}\n'
    assert shown(CodexFormatter(), command) == ["🔧 Bash · make\n⚠️  Bash failed · exit 2"]
    assert shown(CodexFormatter(show_failures=False), command) == ["🔧 Bash · make"]
    assert shown(CodexFormatter(color="on"), command) == [
        "\x1b[36m🔧 Bash · make\x1b[0m\n\x1b[31m⚠️  Bash failed · exit 2\x1b[0m"
    ]
    assert shown(formatter_for("codex", width=8, plain=True), command) == ["$ Bas...\n! Bas..."]
    assert shown(GenericFormatter(raw=True), "\x1b[1mbold\n") == ["\x1b[1mbold"]
    assert shown(GenericFormatter(), "\x1b[1mbold\n") == ["\\x1b[1mbold"]
    assert shown(GenericFormatter(max_line=3), "abcdef\n") == ["abc… [3 bytes cut]"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"width": -1}, "expected usize"),
        ({"color": "blue"}, "expected one of `off`, `on`, `auto`"),
        ({"plain": "yes"}, "expected a boolean"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ClaudeFormatter(**options)


def test_an_unknown_option_is_a_type_error() -> None:
    options: dict[str, Any] = {"colour": "on"}
    with pytest.raises(TypeError, match="colour"):
        formatter_for("codex", **options)


def test_what_is_no_text_is_a_type_error() -> None:
    chunk: Any = b"x\n"
    with pytest.raises(TypeError, match="str"):
        list(ClaudeFormatter().feed(chunk))


def test_a_formatter_of_ones_own_has_the_type_of_one() -> None:
    class Loud:
        def consume(self, event: aod.StreamEvent) -> Iterator[str]:
            yield from self.feed(event.text or "")

        def feed(self, chunk: str) -> Iterator[str]:
            yield chunk.upper()

        def flush(self) -> Iterator[str]:
            yield "END"

    formatter: Formatter = Loud()
    assert shown(formatter, "hi") == ["HI", "END"]


def test_shows_a_session_of_a_server(client: aod.Client) -> None:
    formatter = formatter_for("claude")
    with client.sessions.stream(start(client).id) as events:
        lines = [line for event in events for line in formatter.consume(event)]
    lines.extend(formatter.flush())
    assert lines[0].startswith("⚙️  Session init · model=")
    assert lines[-1].startswith("✨ Done")


def test_the_start_event_picks_the_formatter_of_a_session() -> None:
    said = json.dumps({"type": "item.completed", "item": {"type": "agent_message", "text": "hi"}})

    def consumed(*events: aod.StreamEvent, **options: Any) -> list[str]:
        formatter = SessionFormatter(**options)
        return [line for event in events for line in formatter.consume(event)] + list(formatter.flush())

    output = aod.StreamEvent(type="output", id=1, extra={"stream": "stdout", "data": said})
    start = aod.StreamEvent(type="start", extra={"runtime": "codex"})
    turn = aod.StreamEvent(type="turn_start", id=2, extra={"turn": 2})
    assert consumed(start, output) == ["✉️  hi"]
    assert consumed(start, output, plain=True) == ["> hi"]
    assert consumed(start, output, turn, output) == ["✉️  hi", "✉️  hi"]
    assert consumed(output) == [said]
    assert consumed(aod.StreamEvent(type="start", extra={"provider": "google"}), output) == []
    assert consumed(aod.StreamEvent(type="start", extra={"runtime": 5}), output) == [said]
    assert consumed(aod.StreamEvent(type="start", extra={"runtime": "\udc80"}), output) == [said]


def test_a_stream_gives_its_lines(server: DevServer, client: aod.Client) -> None:
    ack = start(client)
    with client.sessions.stream(ack.id) as events:
        lines = list(events.pretty(plain=True))
    assert lines[0].startswith("# Session init - model=")
    assert lines[-1].startswith("= Done")
    with client.sessions.stream(ack.id) as events:
        assert next(events.pretty(GenericFormatter())).startswith('{"type":"system"')

    async def again() -> list[str]:
        async with (
            aod.AsyncClient(base_url=server.url, token=server.token) as aclient,
            aclient.sessions.stream(ack.id) as events,
        ):
            return [line async for line in events.pretty(plain=True)]

    assert asyncio.run(again()) == lines


def test_what_was_left_comes_before_a_streams_error(client: aod.Client, control: Callable[..., Any]) -> None:
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


def test_options_beside_a_formatter_are_a_type_error(client: aod.Client) -> None:
    with client.sessions.stream(start(client).id) as events, pytest.raises(TypeError, match="options"):
        events.pretty(GenericFormatter(), plain=True)


def test_a_multi_line_text_is_one_string() -> None:
    said = json.dumps({"type": "text", "part": {"text": "one\ntwo"}})
    assert list(OpencodeFormatter().feed(said + "\n")) == ["✉️  one\ntwo"]
