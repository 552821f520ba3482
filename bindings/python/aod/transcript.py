"""Transcripts: what an agent printed, as data.

A `Transcript` has turns with messages, tool calls, plans and notices, the same for Claude Code, Codex, Gemini CLI and
opencode. It is built from the events of a session (`apply`), or from output that comes from elsewhere (`feed`), and
returns the changes that these make.

See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).

Examples:
    >>> with client.sessions.stream(ack.id) as events:
    ...     changes = events.transcript()
    ...     for change in changes:
    ...         if change.type == "item_added" and change.item.kind == "tool_call":
    ...             print(change.item.name, change.item.input)
    ...     print(changes.transcript.final_text)
"""

from __future__ import annotations

import html
import json
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypedDict, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ._native import AgUiEvents, CallError, OutputTranscript
from ._process import refuse_copy
from ._wake import next_id
from .errors import from_native
from .pretty._native_formatter import without_surrogates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .events import StreamEvent

__all__ = [
    "AgUiEncoder",
    "AgentInfo",
    "AgentUpdated",
    "AsyncTranscriptStream",
    "Change",
    "EventRange",
    "FileChange",
    "HistoryReset",
    "Item",
    "ItemAdded",
    "ItemStatus",
    "ItemUpdated",
    "ItemsDropped",
    "Message",
    "Notice",
    "Outcome",
    "Plan",
    "PlanStep",
    "RuntimeEvent",
    "Text",
    "TextAppended",
    "Thinking",
    "Tool",
    "ToolCall",
    "ToolResult",
    "Transcript",
    "TranscriptLimits",
    "TranscriptStream",
    "TranscriptTurn",
    "TurnEnded",
    "TurnStarted",
    "Usage",
]

ItemStatus = Literal["in_progress", "completed", "failed", "declined", "interrupted"] | str
"""Whether an item is complete, and how it ended: `failed` if the tool failed, `declined` if it was not allowed to run,
and `interrupted` if the turn ended while it was running."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow", defer_build=True, protected_namespaces=(), hide_input_in_errors=True)


class EventRange(_Model):
    """The ids of the first and the last event of an item.

    Attributes:
        first: The id of the first event.
        last: The id of the last event.
    """

    first: int
    last: int


class PlanStep(_Model):
    """A step of a plan.

    Attributes:
        text: What the agent plans to do.
        status: `pending` (not started, or unknown), `in_progress`, `completed` or `cancelled` (no longer planned).
    """

    text: str
    status: Literal["pending", "in_progress", "completed", "cancelled"] | str


class FileChange(_Model):
    """A file that a tool changes.

    Attributes:
        path: The path.
        change: `add`, `update` or `delete`.
    """

    path: str
    change: Literal["add", "update", "delete"] | str


class Tool(_Model):
    """What a call of a tool does, the same for all runtimes.

    Attributes:
        type: The kind of the tool; the other attributes depend on it.
        command: The command of `shell`, without the shell that runs it.
        path: The path of `read` (the first path if the call has several) and `write`, and where `search` looks, if
            given.
        files: The files of `edit`, in the order in which the call lists them.
        pattern: The pattern of `search` and `glob`.
        url: The URL of `web_fetch`, or the prompt that contains it.
        query: The query of `web_search`.
        prompt: The prompt of `agent`, which starts a subagent or sends it a message.
        server: The server of `mcp`.
        tool: The tool of `mcp`.
    """

    type: (
        Literal["shell", "read", "write", "edit", "search", "glob", "web_fetch", "web_search", "agent", "mcp", "other"]
        | str
    )
    command: str | None = None
    path: str | None = None
    files: list[FileChange] | None = None
    pattern: str | None = None
    url: str | None = None
    query: str | None = None
    prompt: str | None = None
    server: str | None = None
    tool: str | None = None


class ToolResult(_Model):
    """The result of a tool call.

    Attributes:
        text: The text, or the reason of the failure; empty if the runtime prints no text.
        is_error: Whether the call failed.
        exit_code: The exit code of a shell command, if the runtime prints it.
        is_truncated: Whether the text was cut at `TranscriptLimits.text`.
        duration_ms: How long the call took, in milliseconds, if the runtime prints it.
    """

    text: str
    is_error: bool
    exit_code: int | None = None
    is_truncated: bool = False
    duration_ms: int | None = None


class _Item(_Model):
    id: str
    runtime_id: str | None = None
    parent: str | None = None
    status: ItemStatus
    events: EventRange | None = None
    is_truncated: bool = False
    raw: str = Field(default="", repr=False)
    raw_cut: int = 0


class Message(_Item):
    """A message of the agent, or of the user as the runtime repeats it.

    Attributes:
        kind: `message`.
        role: Who wrote the message: `agent`, or `user`, which for a subagent is the agent that started it.
        text: The text, which usually is Markdown.
        id: The id, unique within the transcript and kept by `Transcript.restore`.
        runtime_id: The id that the runtime gave to the item, if any: of a tool call, or of an item of Codex. Not
            unique: Codex counts from 0 in each turn.
        parent: The `id` of the tool call that started the subagent which printed this item; `None` for items of the
            agent itself.
        status: Whether the item is complete, and how it ended.
        events: The ids of the events that the item was made from, if they have ids.
        is_truncated: Whether a text of the item or the arguments of its tool were cut at the limit `text`, or its line
            at the limit `line`.
        raw: The lines of output that the item was made from, without leading and trailing line endings. A line that
            makes several items is kept by the first of them. Empty for `Text`, whose text is the output.
        raw_cut: The number of bytes of these lines that were not kept, because of the limit `raw` or `line`; for
            `Text`, because of the limit `text` or `line`.
    """

    kind: Literal["message"]
    role: Literal["agent", "user"] | str
    text: str


class Thinking(_Item):
    """Thinking of the agent, or a summary of it.

    The attributes that all items have are those of `Message`.

    Attributes:
        kind: `thinking`.
        text: The text.
    """

    kind: Literal["thinking"]
    text: str


class ToolCall(_Item):
    """A call of a tool, with its result when it has ended.

    The attributes that all items have are those of `Message`.

    Attributes:
        kind: `tool_call`.
        name: The name of the tool, as the runtime prints it. For an item of Codex, the type of that item, such as
            `command_execution`.
        tool: What the call does, the same for all runtimes.
        input: The arguments; `None` if the call has no arguments, and a string with their JSON if they cannot be
            represented, because they nest too deeply or contain an integer that does not fit into 64 bits. If their
            JSON is longer than the limit `text`, it is a string that is cut there.
        result: The result; `None` until the call has ended, or if the runtime does not print a result.
    """

    kind: Literal["tool_call"]
    name: str
    tool: Tool
    input: Any
    result: ToolResult | None = None


class Plan(_Item):
    """The list of steps that the agent works through.

    Each change of the plan adds an item, except with Codex, where it updates the item. The attributes that all items
    have are those of `Message`.

    Attributes:
        kind: `plan`.
        steps: The steps, in order.
    """

    kind: Literal["plan"]
    steps: list[PlanStep]


class Notice(_Item):
    """A message of the runtime about itself, or a failed `stage` event of the session.

    The attributes that all items have are those of `Message`.

    Attributes:
        kind: `notice`.
        level: The severity: `info`, `warning` (the turn continues) or `error` (the turn may fail).
        text: The text.
    """

    kind: Literal["notice"]
    level: Literal["info", "warning", "error"] | str
    text: str


class Text(_Item):
    """Lines of output that are not an event of the runtime.

    Consecutive lines of one stream are one item, up to 16 KiB.

    The attributes that all items have are those of `Message`.

    Attributes:
        kind: `text`.
        stream: The stream that the lines were printed on.
        text: The lines, separated by line feeds.
    """

    kind: Literal["text"]
    stream: Literal["stdout", "stderr"] | str
    text: str


class RuntimeEvent(_Item):
    """A JSON event of the runtime that no other class represents; its JSON is in `raw`.

    The attributes that all items have are those of `Message`.

    Attributes:
        kind: `event`.
        type: The type of the event, such as `system/init` or `turn.started`.
    """

    kind: Literal["event"]
    type: str


Item = Annotated[
    Message | Thinking | ToolCall | Plan | Notice | Text | RuntimeEvent,
    Field(discriminator="kind"),
]
"""One entry of a turn. `kind` identifies its class."""


class Usage(_Model):
    """The tokens and the cost of a turn or a transcript; an attribute is `None` if the runtime does not report it.

    Attributes:
        input_tokens: The input tokens, including those read from and written to a cache.
        cached_input_tokens: The input tokens that were read from a cache.
        cache_write_tokens: The input tokens that were written to a cache.
        output_tokens: The output tokens.
        reasoning_tokens: The tokens that were used for thinking. Codex includes them in the output tokens; Gemini CLI
            and opencode do not; Claude Code does not report them.
        cost_usd: The cost in US dollars.
        source: `reported` by the runtime as a whole, `summed` from several reports, or `partial`: known to be
            incomplete, because the turn ended before the runtime reported its totals (for example, it was interrupted),
            or because the runtime does not report the usage of subagents.
    """

    input_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    source: Literal["reported", "summed", "partial"] | str


class Outcome(_Model):
    """How a turn ended, derived from the last event of the runtime and the terminal event of the session.

    Attributes:
        type: `success`, `failed`, `max_turns` (the agent reached its limit of model calls in a turn), `interrupted`
            (also if the session was terminated before the runtime reported how the turn ended), or `unknown`: neither
            the output nor an event of the session says how the turn ended.
        reason: Why the turn failed; empty if it is not known.
    """

    type: Literal["success", "failed", "max_turns", "interrupted", "unknown"] | str
    reason: str = ""


class AgentInfo(_Model):
    """The agent: the name of its runtime, and what the runtime reports about itself.

    Attributes:
        runtime: The name of the runtime or of the model provider, from the session's `start` event or from the caller.
        model: The model. For Gemini, the requested model, which can differ from the model that answered.
        session_id: The id of the runtime's own session or thread.
        version: The version of the runtime.
        cwd: The working directory.
        tools: The names of the tools, up to the limit `text` in total.
    """

    runtime: str
    model: str | None = None
    session_id: str | None = None
    version: str | None = None
    cwd: str | None = None
    tools: list[str] = []


class TranscriptTurn(_Model):
    """One turn of a session: a prompt, and what the agent printed while it worked on it.

    Attributes:
        number: The number of the turn, from 1.
        items: The items, in the order in which the agent printed them.
        dropped_items: The number of earlier items that were dropped because of the limit `items` or `bytes`.
        outcome: How the turn ended; `None` until the end of the turn has been read.
        usage: The tokens and the cost of the turn; `None` until the turn has ended, or if the runtime reports no usage.
            Codex reports cumulative usage. If the transcript starts at a later turn, for example because the stream was
            opened with `since`, the first turn that reports usage has no `usage`, because the cumulative number
            includes earlier turns.
        duration_ms: How long the agent worked, in milliseconds, if the runtime reports it.
    """

    number: int
    items: list[Item]
    dropped_items: int = 0
    outcome: Outcome | None = None
    usage: Usage | None = None
    duration_ms: int | None = None


class AgentUpdated(_Model):
    """More is known about the agent: its runtime was selected, or the runtime reported something about itself.

    Attributes:
        type: `agent_updated`.
        agent: Everything that is known now.
    """

    type: Literal["agent_updated"]
    agent: AgentInfo


class TurnStarted(_Model):
    """A turn started. If the number is that of the last turn, that turn continues after its end.

    Attributes:
        type: `turn_started`.
        turn: The number of the turn.
    """

    type: Literal["turn_started"]
    turn: int


class ItemAdded(_Model):
    """An item was added to the end of a turn.

    Attributes:
        type: `item_added`.
        turn: The number of the turn.
        item: The item.
    """

    type: Literal["item_added"]
    turn: int
    item: Item


class ItemUpdated(_Model):
    """An item changed. Text that is appended to an item is a `TextAppended` instead.

    Attributes:
        type: `item_updated`.
        turn: The number of the turn.
        item: The item as it is now.
    """

    type: Literal["item_updated"]
    turn: int
    item: Item


class TextAppended(_Model):
    """The text of an item grew.

    Attributes:
        type: `text_appended`.
        turn: The number of the turn.
        item_id: The id of the item.
        text: The text to append to that of the item.
    """

    type: Literal["text_appended"]
    turn: int
    item_id: str
    text: str


class ItemsDropped(_Model):
    """The oldest items of a turn were dropped, because of the limit `items` or `bytes`.

    Attributes:
        type: `items_dropped`.
        turn: The number of the turn.
        count: The number of items that were dropped from the front of the turn.
    """

    type: Literal["items_dropped"]
    turn: int
    count: int


class TurnEnded(_Model):
    """A turn ended.

    Attributes:
        type: `turn_ended`.
        turn: The number of the turn.
        outcome: How it ended.
        usage: Its tokens and cost, if known.
        duration_ms: How long the agent worked, in milliseconds, if known.
    """

    type: Literal["turn_ended"]
    turn: int
    outcome: Outcome
    usage: Usage | None = None
    duration_ms: int | None = None


class HistoryReset(_Model):
    """The ids of the session's events start again at a lower number, for example after a database was restored.

    All turns were discarded; the changes that follow make the turns of the new history.

    Attributes:
        type: `history_reset`.
    """

    type: Literal["history_reset"]


Change = Annotated[
    AgentUpdated | TurnStarted | ItemAdded | ItemUpdated | TextAppended | ItemsDropped | TurnEnded | HistoryReset,
    Field(discriminator="type"),
]
"""One change of a transcript. `type` identifies its class.

A program that applies all changes in order to its own copy of the turns keeps the copy equal to them, with one
exception: `TextAppended` changes the text only. The `raw`, `raw_cut`, `events` and `is_truncated` of the item are
updated by its next `ItemUpdated`, if another event changes the item."""


class TranscriptLimits(TypedDict, total=False):
    """The limits of a transcript. All sizes are in bytes of UTF-8.

    Items say what was cut, and turns count the items that were dropped.

    Attributes:
        line: The longest line of output, in bytes. A longer one is not read as an event: it becomes a `Text` with its
            first part. Default 16 MiB.
        text: The longest text of an item, in bytes: a message, a command, a result, the arguments; also the size of the
            list of tools, and of the reason of a failed turn. Default 1 MiB.
        raw: How much of the output an item keeps in `raw`, in bytes. Default 64 KiB.
        items: How many items the transcript keeps. When it has more, the oldest items are dropped until seven eighths
            of this number are left. Default 100,000.
        bytes: The memory of all items together, in bytes. When they exceed it, the oldest items are dropped until the
            others take up at most seven eighths of the limit. Default 256 MiB.
    """

    line: int
    text: int
    raw: int
    items: int
    bytes: int


class _Whole(_Model):
    agent: AgentInfo | None
    turns: list[TranscriptTurn]
    usage: Usage | None
    cursor: int | None


@cache
def _changes() -> TypeAdapter[list[Any]]:
    return TypeAdapter(list[Change])


class Transcript:
    r"""What an agent printed, as data: turns with messages, tool calls, plans and notices.

    The model is the same for Claude Code, Codex, Gemini CLI and opencode; the output of other programs becomes `Text`.
    A tool call and its result are one item, and a message that is printed in fragments grows. Each nonblank line of
    standard output and standard error is in an item, or is counted as cut or dropped. The turns do not depend on how
    the output is split into chunks. Reading never fails: a line that is not an event of the runtime becomes `Text`.

    See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).

    Examples:
        >>> transcript = Transcript("codex")
        >>> changes = transcript.feed('{"type":"item.completed","item":{"type":"agent_message","text":"Done."}}\n')
        >>> [change.type for change in changes]
        ['turn_started', 'item_added']
        >>> transcript.final_text
        'Done.'
    """

    __slots__ = ("_core", "_generation", "_whole")

    def __init__(self, runtime: str | None = None, *, limits: TranscriptLimits | None = None) -> None:
        """Create an empty transcript.

        Args:
            runtime: The runtime whose output is read: `claude`, `codex`, `gemini` or `opencode`, or the name of a model
                provider. The output of any other program becomes `Text`. By default, the session's `start` event
                selects it; that event does not change a runtime that is given here.
            limits: The limits; see `TranscriptLimits`.

        Raises:
            ValueError: A limit is not a nonnegative int, or a limit of that name does not exist.
        """
        try:
            self._core = OutputTranscript(runtime, json.dumps(limits or {}))
        except CallError as error:
            raise from_native(error.facts) from None
        self._whole: _Whole | None = None
        self._generation = 0  # of the content, which another thread may change while it is read

    @classmethod
    def restore(cls, snapshot: bytes) -> Transcript:
        """Return the transcript of a snapshot.

        Args:
            snapshot: The bytes that `snapshot` returned.

        Returns:
            The transcript as it was when the snapshot was taken.

        Raises:
            ValueError: The bytes are not a snapshot, the snapshot is damaged, or it has a snapshot format that this
                version of the package does not read. Start with a new transcript then, and read the session again.
        """
        transcript = cls.__new__(cls)
        try:
            transcript._core = OutputTranscript.restore(bytes(snapshot))
        except CallError as error:
            raise from_native(error.facts) from None
        transcript._whole = None
        transcript._generation = 0
        return transcript

    def apply(self, event: StreamEvent) -> list[Change]:
        """Apply an event of a session.

        The start of the next turn, and the events `exit`, `error` and `terminated`, end the current turn; `stale` does
        not. A resumed stream repeats the start of the current turn, which changes nothing.

        If output or a stage is at or before `cursor`, or the start of a turn is before it, the event belongs to another
        history of the session: all turns are discarded, and the first change is a `HistoryReset`. Do not apply output
        or a stage twice. A stream repeats neither, unless it is opened without reconnection.

        Args:
            event: The event.

        Returns:
            The changes, in order.
        """
        return self._apply(event)

    def _apply(self, event: StreamEvent, turn: int | None = None, number: int = 0) -> list[Change]:
        """Apply an event like `apply`; a call with the number of the call before returns its changes again.

        Args:
            event: The event.
            turn: The number of the turn with which the transcript ends: the start of a later turn ends it, and is not
                applied. By default, all turns are applied.
            number: A number that is unique in this process, or 0 to apply the event in any case.

        Returns:
            The changes, in order.
        """
        payload = {**event.extra, "type": event.type}
        if event.id is not None:
            payload["id"] = event.id
        return self._changed(self._core.apply(json.dumps(payload), number, turn))

    def feed(self, chunk: str) -> list[Change]:
        """Read a chunk of the agent's standard output.

        Args:
            chunk: The next chunk, which may end anywhere.

        Returns:
            The changes, in order.

        Raises:
            TypeError: The chunk is not a str.
        """
        if not isinstance(chunk, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"chunk must be a str, not {type(chunk).__name__}")
        return self._changed(self._core.feed(without_surrogates(chunk)))

    def finish(self) -> list[Change]:
        """End the output: read the incomplete last line, and end the turn.

        Output that follows belongs to a new turn. An `exit`, `error` or `terminated` event does the same with `apply`.

        Returns:
            The changes, in order.
        """
        return self._finish(None)

    def _finish(self, turn: int | None) -> list[Change]:
        """End the output like `finish`; a turn that is given, but has not started, is started before."""
        return self._changed(self._core.finish(turn))

    @property
    def turns(self) -> list[TranscriptTurn]:
        """The turns, in order. The first access after a change converts all of them."""
        return self._read().turns

    @property
    def usage(self) -> Usage | None:
        """The tokens and the cost of all turns that have ended; `None` if the runtime reported no usage.

        The `source` is `partial` if one of these turns has items but no usage, unless it failed.
        """
        return self._read().usage

    @property
    def agent(self) -> AgentInfo | None:
        """What is known about the agent; `None` before the runtime is selected."""
        return self._read().agent

    @property
    def cursor(self) -> int | None:
        """The position after the last applied event that has a position; `None` before such an event.

        A stream with this position as `since` continues without a gap or a repeated item. The start of a turn does not
        change the cursor.
        """
        return self._core.cursor()

    @property
    def final_text(self) -> str | None:
        """The answer: the last message of the agent itself, not of a subagent, in the last turn.

        `None` before the agent has written a message in that turn.
        """
        return self._core.final_text()

    def snapshot(self) -> bytes:
        """Return everything as bytes: the turns, half-read lines, limits, and the cursor.

        Store the bytes as one value. A program that is killed at any time then continues from the last stored value: it
        restores the transcript, and follows the session with `since=transcript.cursor`.

        Returns:
            The snapshot, which `restore` reads, except in a version of the package with another snapshot format.
        """
        return self._core.snapshot()

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle the transcript as its snapshot."""
        return type(self).restore, (self.snapshot(),), getattr(self, "__dict__", None)

    def model_dump_json(self) -> str:
        """Return the transcript as a JSON object with `agent`, `turns`, `usage` and `cursor`.

        Returns:
            The JSON text.
        """
        return self._core.read()

    def _changed(self, changes: str) -> list[Change]:
        self._generation += 1
        self._whole = None
        return _changes().validate_json(changes)

    def _read(self) -> _Whole:
        whole, generation = self._whole, self._generation
        if whole is None:
            whole = _Whole.model_validate_json(self._core.read())
            if generation == self._generation:
                self._whole = whole
        return whole

    def __repr__(self) -> str:
        """Return the numbers of turns and items, without their content."""
        whole = self._read()
        return f"<Transcript turns={len(whole.turns)} items={sum(len(turn.items) for turn in whole.turns)}>"

    def _repr_html_(self) -> str:
        """Return the transcript for a notebook: escaped, and without scripts."""
        rows = [f"<h4>Turn {turn.number}</h4>" + "".join(map(_as_html, turn.items)) for turn in self.turns]
        return f'<div class="aod-transcript">{"".join(rows)}</div>'


def _as_html(item: Any) -> str:
    escape = html.escape
    if item.kind == "message":
        return f"<p><b>{escape(item.role)}</b></p><pre>{escape(item.text)}</pre>"
    if item.kind == "tool_call":
        tool = escape(f"{item.name} · {item.status}")
        result = f"<pre>{escape(item.result.text)}</pre>" if item.result else ""
        given = escape(json.dumps(item.input, ensure_ascii=False))
        return f"<details><summary>{tool}</summary><pre>{given}</pre>{result}</details>"
    if item.kind == "plan":
        steps = "".join(f"<li>{escape(step.text)} ({escape(step.status)})</li>" for step in item.steps)
        return f"<ul>{steps}</ul>"
    if item.kind in ("thinking", "text", "notice"):
        return f"<p><i>{escape(item.kind)}</i></p><pre>{escape(item.text)}</pre>"
    return ""


class AgUiEncoder:
    r"""Converts the changes of a transcript to events of the AG-UI protocol, version 1.0, for web front ends.

    A turn is a run: `RUN_STARTED` to `RUN_FINISHED` with the usage, or `RUN_ERROR`. Messages are `TEXT_MESSAGE_*`,
    thinking is `REASONING_*`, tool calls are `TOOL_CALL_*`, subagents are `SUBAGENT_*`; plans and notices are
    `ACTIVITY_SNAPSHOT` of the type `PLAN` or `NOTICE`; output that is not an event is `CUSTOM` with the name `output`;
    other events of the runtime are `RAW`. A `HistoryReset` finishes the run, if one is active, and the next run begins
    with a `MESSAGES_SNAPSHOT` without messages. The ids of messages and tool calls are those of the items. AG-UI cannot
    replace what was sent: the arguments of a tool call are sent once, when they are known, and a message whose text
    changes is sent again with another id.

    See [Web front ends](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/#web-front-ends).

    Examples:
        >>> encoder = AgUiEncoder(thread_id=str(session.id))
        >>> with client.sessions.stream(session.id) as events:
        ...     for change in events.transcript():
        ...         for event in encoder.encode(change):
        ...             print(json.dumps(event))
    """

    def __init__(self, thread_id: str) -> None:
        """Create an encoder for one transcript.

        The encoder must receive all changes of the transcript, from the first one on.

        Args:
            thread_id: The id of the thread in the events, usually the id of the session.
        """
        self._core = AgUiEvents(thread_id)

    def __reduce__(self) -> NoReturn:
        """Raise `TypeError`: an encoder cannot be copied or pickled."""
        refuse_copy(self)

    def encode(self, change: Change) -> list[dict[str, Any]]:
        """Return the events of a change.

        Args:
            change: The next change of the transcript, in order.

        Returns:
            The events in order, each a JSON object, which `ag_ui.core.Event` of the package `ag-ui-protocol` accepts.

        Raises:
            DecodeError: `change` is not a change that a transcript returned.
        """
        try:
            events = self._core.encode(change.model_dump_json(exclude_unset=True))
        except CallError as error:
            raise from_native(error.facts) from None
        return cast("list[dict[str, Any]]", json.loads(events))


class _Changes:
    """The changes of one event after another.

    An exception of a signal handler can be raised between any two calls. It neither loses nor repeats a change: an
    event is kept until its changes are, the transcript returns the changes of an event again until the next one has
    another number, and a change is yielded by a `for` loop, which calls no function after it has advanced the iterator.
    """

    def __init__(self, transcript: Transcript, turn: int | None) -> None:
        self.transcript = transcript
        self._turn = turn
        self._ready: Iterator[Change] = iter(())
        self._event: StreamEvent | None = None
        """The event that is applied next."""
        self._number = next_id()
        """The number of that event."""

    def _apply(self, event: StreamEvent) -> None:
        changes = self.transcript._apply(event, self._turn, self._number)  # pyright: ignore[reportPrivateUsage]
        ready, number = iter(changes), next_id()
        # Together, so that an exception of a signal handler does not come between.
        self._ready, self._event, self._number = ready, None, number


class TranscriptStream(_Changes):
    """The changes of a session's transcript, as its events arrive: an iterator, for one thread at a time.

    See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).

    Attributes:
        transcript: The transcript of the events received so far, including those whose changes are not yielded yet.
    """

    def __init__(self, events: Iterator[StreamEvent], transcript: Transcript, turn: int | None = None) -> None:
        """Create a stream of changes; `EventStream.transcript` does this.

        Args:
            events: The events.
            transcript: The transcript to continue.
            turn: The number of the turn that the events are limited to, if any. The transcript ends with this turn.
        """
        super().__init__(transcript, turn)
        self._events = events

    def __iter__(self) -> Iterator[Change]:
        """Return the stream itself."""
        return self

    def __next__(self) -> Change:
        """Return the next change; an error of the stream is raised."""
        while True:
            for change in self._ready:
                return change
            if self._event is None:
                for self._event in self._events:  # noqa: B020 - an event that is stored cannot be lost
                    break
            if self._event is None:
                raise StopIteration
            self._apply(self._event)


class AsyncTranscriptStream(_Changes):
    """The changes of a session's transcript, as its events arrive: an asynchronous iterator.

    See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).

    Attributes:
        transcript: The transcript of the events received so far, including those whose changes are not yielded yet.
    """

    def __init__(self, events: AsyncIterator[StreamEvent], transcript: Transcript, turn: int | None = None) -> None:
        """Create a stream of changes; `AsyncEventStream.transcript` does this.

        Args:
            events: The events.
            transcript: The transcript to continue.
            turn: The number of the turn that the events are limited to, if any. The transcript ends with this turn.
        """
        super().__init__(transcript, turn)
        self._events = events

    def __aiter__(self) -> AsyncIterator[Change]:
        """Return the stream itself."""
        return self

    async def __anext__(self) -> Change:
        """Return the next change; an error of the stream is raised."""
        while True:
            for change in self._ready:
                return change
            if self._event is None:
                self._event = await anext(self._events)
            self._apply(self._event)


def __dir__() -> list[str]:
    return sorted(__all__)
