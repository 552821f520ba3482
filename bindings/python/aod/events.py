"""The events of a session's stream."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

__all__ = ["TERMINAL_EVENT_TYPES", "StageName", "StreamEvent", "StreamEventType"]

StreamEventType = Literal["start", "turn_start", "output", "stage", "exit", "error", "terminated", "stale"] | str
"""The type of an event; a newer server may send other values."""
StageName = (
    Literal[
        "create_sprite",
        "install_runtime",
        "network_policy",
        "env_file",
        "git_credentials",
        "provision_setup",
        "mcp_config",
        "runtime_config",
        "skills",
        "runtime_start",
    ]
    | str
)
"""The name of a stage, a step of provisioning the sandbox, or of starting the agent.

Which stages a session has depends on the server, the agent and the environment."""


TERMINAL_EVENT_TYPES: Final = frozenset({"exit", "error", "terminated", "stale"})
"""The types of the events that end a stream."""


class StreamEvent:
    """An event of a session's stream (`GET /sessions/{id}/stream`).

    It behaves like a pydantic model, and can be the type of a model's field, but is a plain class, which is faster to
    create in large numbers.

    See [Events](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#events).

    Attributes:
        type: The type: `start`, `turn_start`, `output`, `stage`, `exit`, `error`, `terminated`, `stale`, or one that a
            newer server sends. It is empty if the event has no valid type.
        id: The position of the event in the session; `None` for an event without an id.
        extra: All other fields of the event.
    """

    __slots__ = ("_cursor", "extra", "id", "type")
    __hash__: ClassVar[None]  # type: ignore[assignment]

    type: StreamEventType
    id: int | None
    extra: dict[str, Any]
    _cursor: int | None

    def __init__(self, *, type: StreamEventType, id: int | None = None, extra: dict[str, Any] | None = None) -> None:
        """Create an event.

        Args:
            type: The type.
            id: The position of the event in the session.
            extra: All other fields.
        """
        self.type = type
        self.id = id
        self.extra = {} if extra is None else extra

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> StreamEvent:
        """Create an event from the JSON object that a server sends.

        Args:
            payload: The JSON object. A missing `type` means `output`.

        Returns:
            The event; every key but `type` and `id` is in `extra`.
        """
        return read_event(payload.copy())

    @property
    def text(self) -> str | None:
        """The text of an `output` event, of standard output or standard error; `None` for other events."""
        data = self.extra.get("data") if self.type == "output" else None
        return data if isinstance(data, str) else None

    @property
    def stdout(self) -> str | None:
        """The text of an `output` event of standard output; `None` for other events."""
        return self.text if self.extra.get("stream") == "stdout" else None

    @property
    def stderr(self) -> str | None:
        """The text of an `output` event of standard error; `None` for other events."""
        return self.text if self.extra.get("stream") == "stderr" else None

    @property
    def cursor(self) -> int | None:
        """The position to resume from after this event: pass it as `since`.

        It is usually the `id`. For a `turn_start`, whose `id` is that of the output that follows, and for an event of
        an unknown type, which may use ids in the same way, it is the position before the event. An event without an id
        has the position of the event before. Before the first event with an id, it is the `since` of the stream, or
        `None`. A stream that resumes there misses nothing and repeats no `stage` or `output` event, but `start`, a
        `turn_start`, the event that ends the stream or an event of an unknown type may arrive again.

        For an event that does not come from a stream of this package, it is the `id`, or `None` for a `turn_start`.
        """
        try:
            return self._cursor
        except AttributeError:
            return None if self.type == "turn_start" else self.id

    @property
    def turn(self) -> int | None:
        """The number of the turn of an `output` or `turn_start` event, from 1; `None` if the event has no number."""
        turn = self.extra.get("turn")
        return turn if isinstance(turn, int) else None

    @property
    def stage(self) -> str | None:
        """The name of the stage of a `stage` event, a `StageName`; `None` for other events."""
        return self._string("stage")

    @property
    def stage_label(self) -> str | None:
        """The label of the stage for a progress display, such as `Creating the sandbox`; `None` for other events.

        It is in English. For a stage that this version does not know, the label is the name with spaces instead of
        underscores.
        """
        # Imported here because a program that only handles events does not need the native library.
        from ._native import stage_label

        return None if self.stage is None else stage_label(self.stage)

    @property
    def state(self) -> str | None:
        """The state of the stage of a `stage` event, `started`, `done` or `failed`; `None` for other events."""
        return self._string("state")

    @property
    def message(self) -> str | None:
        """The message of a `stage`, `error`, `terminated` or `stale` event; `None` if the event has no message."""
        return self._string("message")

    @property
    def runtime(self) -> str | None:
        """The runtime of a `start` event; `None` for other events, and on servers since 2026-06-25."""
        return self._string("runtime")

    @property
    def provider(self) -> str | None:
        """The provider of a `start` event; `None` for other events, and on servers before 2026-06-25."""
        return self._string("provider")

    def _string(self, name: str) -> str | None:
        value = self.extra.get(name)
        return value if isinstance(value, str) else None

    @property
    def exit_code(self) -> int | None:
        """The exit code of an `exit` event; `None` for other events.

        It is also `None` if the turn was interrupted before the agent started.
        """
        code = self.extra.get("code") if self.type == "exit" else None
        return code if isinstance(code, int) else None

    @property
    def is_terminal(self) -> bool:
        """Whether this event ends the stream: `exit`, `error`, `terminated` or `stale`."""
        return self.type in TERMINAL_EVENT_TYPES

    def to_sse(self) -> str:
        r"""Return the event in the format of a `text/event-stream`, for a back end that relays events to browsers.

        The `data` is the JSON object of the event, with the fields that the server sent. The `id` is the `cursor`, so
        the `Last-Event-ID` of a browser that reconnects is the position to resume from. An event without a cursor has
        no `id` line. There is no `event` line, so an `EventSource` receives each event as `message`.

        Returns:
            The text, including the blank line at its end.

        Examples:
            >>> aod.StreamEvent(type="exit", id=7, extra={"code": 0}).to_sse()
            'id: 7\ndata: {"type":"exit","id":7,"code":0}\n\n'
        """
        data: Any = {"type": self.type} if self.type else {}
        if self.id is not None:
            data["id"] = self.id
        data |= self.extra
        if data.keys() == {"raw"}:  # not a JSON object
            data = data["raw"]
        cursor = "" if self.cursor is None else f"id: {self.cursor}\n"
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        try:
            text.encode()
        except UnicodeEncodeError:  # a lone surrogate
            text = json.dumps(data, separators=(",", ":"))
        return f"{cursor}data: {text}\n\n"

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return the fields as a dictionary.

        Args:
            **options: Options of `pydantic.BaseModel.model_dump`.

        Returns:
            A dictionary with `type`, `id` and `extra`.
        """
        return cast("dict[str, Any]", self._as_model().model_dump(**options))

    def model_dump_json(self, **options: Any) -> str:
        """Return the fields as JSON text.

        Args:
            **options: Options of `pydantic.BaseModel.model_dump_json`.

        Returns:
            A JSON object with `type`, `id` and `extra`.
        """
        return cast("str", self._as_model().model_dump_json(**options))

    def model_copy(self, *, update: dict[str, Any] | None = None, deep: bool = False) -> StreamEvent:
        """Return a copy, with some fields changed.

        Args:
            update: The fields to change.
            deep: Whether `extra` is copied deeply.

        Returns:
            The copy. It keeps the `cursor` of an event that comes from a stream, unless `update` has an `id`.
        """
        parts: dict[str, Any] = {"type": self.type, "id": self.id, "extra": self.extra}
        copied = StreamEvent(**(deepcopy(parts) if deep else parts) | (update or {}))
        if "id" not in (update or {}):
            with suppress(AttributeError):  # the event does not come from a stream
                copied._cursor = self._cursor
        return copied

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> StreamEvent:
        """Create an event from a dictionary of its fields.

        Args:
            obj: An event, which is returned, or a dictionary with `type`, `id` and `extra`.
            **_: Options of `pydantic.BaseModel.model_validate`, which are ignored.

        Returns:
            The event.

        Raises:
            pydantic.ValidationError: The fields are not those of an event.
        """
        if isinstance(obj, StreamEvent):
            return obj
        parts = _model().model_validate(obj)
        return cls(type=parts.type, id=parts.id, extra=parts.extra)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **_: Any) -> StreamEvent:
        """Create an event from the JSON text of its fields.

        Args:
            json_data: A JSON object with `type`, `id` and `extra`.
            **_: Options of `pydantic.BaseModel.model_validate_json`, which are ignored.

        Returns:
            The event.

        Raises:
            pydantic.ValidationError: The text is not JSON, or the fields are not those of an event.
        """
        parts = _model().model_validate_json(json_data)
        return cls(type=parts.type, id=parts.id, extra=parts.extra)

    @classmethod
    def model_json_schema(cls, **options: Any) -> dict[str, Any]:
        """Return the JSON schema of the dictionary of the fields.

        Args:
            **options: Options of `pydantic.BaseModel.model_json_schema`.

        Returns:
            The JSON schema.
        """
        return cast("dict[str, Any]", _model().model_json_schema(**options))

    def _as_model(self) -> Any:
        return _model().model_construct(type=self.type, id=self.id, extra=self.extra)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Iterate over the fields by name, so that `dict(event)` works."""
        yield from (("type", self.type), ("id", self.id), ("extra", self.extra))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic models have fields of this type."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls.model_validate,
            serialization=core_schema.plain_serializer_function_ser_schema(cls.model_dump),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the dictionary of the fields."""
        return cls.model_json_schema()

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        if not isinstance(other, StreamEvent):
            return NotImplemented
        return (self.type, self.id, self.extra) == (other.type, other.id, other.extra)

    def __repr__(self) -> str:
        """Show the fields."""
        return f"StreamEvent(type={self.type!r}, id={self.id!r}, extra={self.extra!r})"

    def __str__(self) -> str:
        """Show the fields as pydantic does."""
        return f"type={self.type!r} id={self.id!r} extra={self.extra!r}"


def read_event(payload: dict[str, Any] | str) -> StreamEvent:
    """Create an event from what the server sent.

    Args:
        payload: The JSON object, which the event owns from then on, or text that is not a JSON object, which becomes
            `raw`.

    Returns:
        The event.
    """
    if isinstance(payload, str):
        return StreamEvent(type="", extra={"raw": payload})
    event = _new(StreamEvent)
    event.type = payload.pop("type", "output")
    event.id = payload.pop("id", None)
    event.extra = payload
    if type(event.type) is not str or (type(event.id) is not int and event.id is not None):
        _normalize(event)
    return event


_new = StreamEvent.__new__


def ends_turn(event: StreamEvent, turn: int | None) -> bool:
    """Return whether an event ends a turn: a terminal event or, if the number of the turn is known, the next start.

    The server sends no terminal event between turns that it replays, or if the next prompt arrives early.
    """
    return event.is_terminal or (event.type == "turn_start" and turn is not None and (event.turn or 0) > turn)


def read_batch(text: str) -> tuple[list[StreamEvent], Sequence[int | None]] | None:
    """Read a batch of the native library.

    A batch is `[[type, …], [id, …], [cursor, …], complete, [run, …]]`. A run is an array of successive events without
    their type and id, or `{"stream": …, "data": [text, …], "turn": …}` for output that differs in its text only.
    `complete` is the number of events that could not be split: they have all their fields, and their type and id are
    null. A type instead of a column is that of all events, an id is the first of consecutive ids, and if the cursors
    are null, they equal the ids.

    Args:
        text: The batch, as JSON.

    Returns:
        The events and the cursor after each, or `None` at the end of the stream.
    """
    batch: Any = from_json(text)
    if batch is None:
        return None
    types, ids, cursors, complete, runs = batch
    extras: list[dict[str, Any]] = []
    for run in runs:
        if type(run) is list:
            extras += run
        else:
            stream, turn = run["stream"], run["turn"]
            extras += [{"stream": stream, "data": data, "turn": turn} for data in run["data"]]
    if type(types) is str:
        types = repeat(types, len(extras))
    if type(ids) is int:
        ids = range(ids, ids + len(extras))
    events: list[StreamEvent] = list(map(_new, repeat(StreamEvent, len(extras))))
    event: StreamEvent
    # Each is assigned in turn: the event, then its attributes.
    for event, event.type, event.id, event.extra in zip(events, types, ids, extras, strict=True):  # noqa: B007
        pass
    if complete:
        events = [event if kind else read_event(event.extra) for kind, event in zip(types, events, strict=True)]
    if cursors is None:
        return events, ids
    for event, cursor in zip(events, cursors, strict=True):
        event._cursor = cursor  # pyright: ignore[reportPrivateUsage]
    return events, cursors


def _normalize(event: StreamEvent) -> None:
    # Values of an unexpected type are kept verbatim in `extra`.
    kind: Any = event.type
    if type(kind) is not str:
        event.type, event.extra["type"] = "", kind
    raw_id: Any = event.id
    if type(raw_id) is int or raw_id is None:
        return
    try:
        event.id = int(raw_id)
        exact = event.id == float(raw_id)
    except (TypeError, ValueError, OverflowError):
        exact = False
    if not exact:
        event.id, event.extra["id"] = None, raw_id


@cache
def _model() -> Any:
    """Return the event as a pydantic model, for the methods that are rarely called."""
    from pydantic import Field, create_model

    return create_model(
        "StreamEvent",
        type=(StreamEventType, ...),
        id=(int | None, None),
        extra=(dict[str, Any], Field(default_factory=dict)),
    )


def __dir__() -> list[str]:
    return sorted(__all__)
