"""The event of a session's stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

__all__ = ["StreamEvent", "StreamEventType"]

StreamEventType = Literal["start", "turn_start", "output", "stage", "exit", "error", "terminated", "stale"] | str


class StreamEvent:
    """One event of `/sessions/{id}/stream`.

    What an event carries besides its type and id is in `extra`. It is no pydantic model, which would be slow to make in
    great numbers, but a field of one may have this type.
    """

    __slots__ = ("extra", "id", "type")
    __hash__: ClassVar[None]  # type: ignore[assignment]

    type: StreamEventType
    id: int | None
    extra: dict[str, Any]

    def __init__(self, *, type: StreamEventType, id: int | None = None, extra: dict[str, Any] | None = None) -> None:
        """Make an event of its parts."""
        self.type = type
        self.id = id
        self.extra = {} if extra is None else extra

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> StreamEvent:
        """Make an event of what the server sent."""
        extra = {key: value for key, value in payload.items() if key not in ("type", "id")}
        return cls(type=payload.get("type", "output"), id=payload.get("id"), extra=extra)

    @property
    def text(self) -> str | None:
        """The chunk of an `output` event, of either stream."""
        data = self.extra.get("data") if self.type == "output" else None
        return data if isinstance(data, str) else None

    @property
    def turn(self) -> int | None:
        """The turn that an `output` or `turn_start` event belongs to."""
        turn = self.extra.get("turn")
        return turn if isinstance(turn, int) else None

    @property
    def stage(self) -> str | None:
        """The stage that a `stage` event tells of."""
        stage = self.extra.get("stage")
        return stage if isinstance(stage, str) else None

    @property
    def exit_code(self) -> int | None:
        """The exit code of an `exit` event."""
        code = self.extra.get("code") if self.type == "exit" else None
        return code if isinstance(code, int) else None

    @property
    def is_terminal(self) -> bool:
        """Whether the stream ends with this event."""
        return self.type in ("exit", "error", "terminated", "stale")

    def model_dump(self, **_: Any) -> dict[str, Any]:
        """Give the parts as a dictionary."""
        return {"type": self.type, "id": self.id, "extra": self.extra}

    def model_dump_json(self, *, indent: int | None = None, **_: Any) -> str:
        """Give the parts as JSON text."""
        separators = None if indent else (",", ":")
        return json.dumps(self.model_dump(), indent=indent, ensure_ascii=False, separators=separators)

    @classmethod
    def model_validate(cls, value: Any, **_: Any) -> StreamEvent:
        """Take an event, or the dictionary of its parts."""
        if isinstance(value, StreamEvent):
            return value
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):  # pyright: ignore[reportUnknownMemberType]
            raise ValueError("an event is a dictionary with a type")
        return cls(type=value["type"], id=value.get("id"), extra=value.get("extra"))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]

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
        """Describe the dictionary of the parts."""
        return {
            "type": "object",
            "title": "StreamEvent",
            "required": ["type"],
            "properties": {
                "type": {"type": "string"},
                "id": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
                "extra": {"type": "object", "additionalProperties": True},
            },
        }

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        if not isinstance(other, StreamEvent):
            return NotImplemented
        return (self.type, self.id, self.extra) == (other.type, other.id, other.extra)

    def __repr__(self) -> str:
        """Show the parts."""
        return f"StreamEvent(type={self.type!r}, id={self.id!r}, extra={self.extra!r})"
