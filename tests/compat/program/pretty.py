"""The formatter: its lines, and that it is lazy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import aod
from aod.pretty import ClaudeFormatter

if TYPE_CHECKING:
    from recorder import Recorder


def _block(**block: Any) -> dict[str, Any]:
    return {"type": "assistant", "message": {"content": [block]}}


def _tool(name: Any, **arguments: Any) -> dict[str, Any]:
    return _block(type="tool_use", name=name, input=arguments)


LINES: dict[str, Any] = {
    "init": {"type": "system", "subtype": "init", "model": "m", "tools": ["a", "b"], "mcp_servers": [{"name": "x"}]},
    "bare init": {"type": "system", "subtype": "init"},
    "null model": {"type": "system", "subtype": "init", "model": None, "tools": None},
    "task": {"type": "system", "subtype": "task_started", "description": "a\nb"},
    "task without": {"type": "system", "subtype": "task_started"},
    "progress": {"type": "system", "subtype": "task_progress"},
    "thinking": _block(type="thinking", thinking=" a\n b " + "x" * 300),
    "text": _block(type="text", text=" one\r\ntwo\u2028three\x0bfour\n"),
    "blank text": _block(type="text", text=" \n"),
    "image": _block(type="image"),
    "indented": _block(type="text", text="a\n\nb") | {"parent_tool_use_id": "t"},
    "several": {
        "type": "assistant",
        "message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    },
    "bash": _tool("Bash", command="ls  -l\n" + "y" * 200),
    "bash number": _tool("Bash", command=5),
    "read": _tool("Read", file_path="/a b"),
    "read nothing": _tool("Read"),
    "write": _tool("Write", file_path="/a"),
    "edit": _tool("Edit", file_path="/a"),
    "multi edit": _tool("MultiEdit", file_path="/a"),
    "notebook": _tool("NotebookEdit", notebook_path="/a"),
    "grep": _tool("Grep", pattern="p", path="q"),
    "grep path": _tool("Grep", path="q"),
    "glob": _tool("Glob", pattern="*.py"),
    "fetch": _tool("WebFetch", url="http://x"),
    "search": _tool("WebSearch", query="q"),
    "agent": _tool("Task", prompt="p"),
    "todo": _tool("TodoWrite", todos=[1, 2]),
    "plan": _tool("ExitPlanMode", plan="p"),
    "mcp": _tool("mcp__x__y", path="/p", query="q"),
    "no name": _tool(None),
    "no input": _block(type="tool_use", name="Bash", input=None),
    "result": {"type": "result", "subtype": "success", "duration_ms": 1250, "num_turns": 3, "total_cost_usd": 0.12345},
    "failed result": {"type": "result", "subtype": "error_max_turns", "duration_ms": 50, "num_turns": 1},
    "bare result": {"type": "result"},
    "user": {"type": "user", "message": {"content": []}},
    "unknown": {"type": "added_later"},
    "empty object": {},
}

TEXTS: dict[str, str] = {
    "plain": "hello\n",
    "blanks": "   \n",
    "carriage returns": "a\r\r\n\r\n",
    "half": '{"type": "res',
    "two": "a\nb\nc",
    "separator": "a\u2028b\n",
    "nul": "\x00\n",
    "trailing junk": '{"type":"user"} x\n',
    "bom": '\ufeff{"type":"user"}\n',
}

# Valid JSON of unexpected shapes.
ODD: dict[str, str] = {
    "number": "42",
    "null": "null",
    "list": "[1]",
    "text": '"x"',
    "NaN": "NaN",
    "message text": '{"type":"assistant","message":"x"}',
    "content text": '{"type":"assistant","message":{"content":"x"}}',
    "block text": '{"type":"assistant","message":{"content":["x"]}}',
    "input text": '{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Bash","input":"x"}]}}',
    "text number": '{"type":"assistant","message":{"content":[{"type":"text","text":5}]}}',
    "tools number": '{"type":"system","subtype":"init","tools":5}',
    "duration text": '{"type":"result","duration_ms":"5"}',
    "cost text": '{"type":"result","total_cost_usd":"5"}',
}


def record(recorder: Recorder) -> None:
    recorder.begin("pretty", "")
    for name, line in LINES.items():
        for ascii_only in (True, False):
            text = json.dumps(line, ensure_ascii=ascii_only) + "\n"
            recorder.outcome(f"line {name}{'' if ascii_only else ' in UTF-8'}", lambda text=text: _fed(text))
    for name, text in TEXTS.items():
        recorder.outcome(f"text {name}", lambda text=text: _fed(text))
    for name, text in ODD.items():
        recorder.outcome(f"odd {name}", lambda text=text: _fed(text + "\n"))
    _laziness(recorder)
    _consuming(recorder)
    everything = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in LINES.values())
    for size in (1, 2, 7, 100, len(everything)):
        recorder.record(
            f"chunks of {size}", _fed(*(everything[at : at + size] for at in range(0, len(everything), size)))
        )


def _fed(*chunks: str) -> list[list[str]]:
    formatter = ClaudeFormatter()
    shown = [list(formatter.feed(chunk)) for chunk in chunks]
    return [[line for lines in shown for line in lines], list(formatter.flush()), list(formatter.flush())]


def _laziness(recorder: Recorder) -> None:
    formatter = ClaudeFormatter()
    formatter.feed("lost\n")
    recorder.record("an un-iterated feed loses its chunk", [list(formatter.feed("kept\n")), list(formatter.flush())])
    waiting = formatter.feed("first\nsecond\n")
    recorder.record("is an iterator", [isinstance(waiting, Iterator), iter(waiting) is waiting, type(waiting).__name__])
    recorder.record("one line", next(waiting))
    recorder.record("fed between", list(formatter.feed("third\n")))
    recorder.record("the rest", list(waiting))
    list(formatter.feed("half"))
    unconsumed = formatter.flush()
    list(formatter.feed(" line"))
    recorder.record("flush waits as well", list(unconsumed))
    recorder.record("flushed once", list(formatter.flush()))
    list(formatter.feed("  "))
    recorder.record("blanks stay in the buffer", [list(formatter.flush()), list(formatter.feed("x\n"))])
    recorder.outcome("bytes", lambda: list(ClaudeFormatter().feed(b"x\n")))  # type: ignore[arg-type]
    recorder.outcome("nothing", lambda: list(ClaudeFormatter().feed(None)))  # type: ignore[arg-type]
    recorder.outcome("empty", lambda: list(ClaudeFormatter().feed("")))
    recorder.outcome("lone surrogate", lambda: list(ClaudeFormatter().feed("a\ud800b\n")))


def _consuming(recorder: Recorder) -> None:
    formatter = ClaudeFormatter()
    events = {
        "stdout": {"type": "output", "stream": "stdout", "data": "x\n"},
        "stderr": {"type": "output", "stream": "stderr", "data": "x\n"},
        "no stream": {"type": "output", "data": "x\n"},
        "number data": {"type": "output", "stream": "stdout", "data": 5},
        "stage": {"type": "stage", "stream": "stdout", "data": "x\n"},
    }
    for name, payload in events.items():
        recorder.record(f"consume {name}", list(formatter.consume(aod.StreamEvent.from_payload(payload))))
