"""Requests as JSON, and answers from it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Generic, NoReturn, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel
from pydantic import ValidationError as _Mismatch

from .errors import DecodeError

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Clear:
    """The type of `aod.CLEAR`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show the name."""
        return "aod.CLEAR"

    def __reduce__(self) -> str:
        """Stay the one that there is, through pickle and copy."""
        return "CLEAR"


CLEAR: Final = Clear()
"""Clears a field in an update, where `None` leaves it as it is."""


def identifier(value: str | UUID, name: str) -> str:
    """Check an id, which goes into the path."""
    if isinstance(value, UUID):
        return str(value)
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be a str or UUID, not {type(value).__name__}")
    if _UUID.fullmatch(value):
        return value
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(f"{name} is not a UUID") from None


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, UUID):
        return str(value)
    if value is CLEAR:
        return None
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def encode(body: Mapping[str, Any]) -> str:
    """Write a request, without what is None."""
    fields = {name: value for name, value in body.items() if value is not None}
    try:
        text = json.dumps(fields, default=_plain, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
        text.encode()
        return text
    except RecursionError:
        raise ValueError("the request is nested too deep") from None
    except UnicodeEncodeError:
        raise ValueError("a text holds a lone surrogate") from None


def _mismatch(error: _Mismatch) -> NoReturn:
    # Without the input, which is the whole answer.
    places = "; ".join(
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)[:3]
    )
    raise DecodeError(f"the answer is not what the API promises: {places}") from None


M = TypeVar("M", bound=BaseModel)


def read(model: type[M], answer: str) -> M:
    """Read an answer."""
    try:
        return model.model_validate_json(answer)
    except _Mismatch as error:
        _mismatch(error)


class _List(BaseModel, Generic[M]):
    data: list[M]


_lists: dict[type[BaseModel], type[_List[Any]]] = {}


def read_list(model: type[M], answer: str) -> list[M]:
    """Read the answer of a list."""
    listing = _lists.get(model)
    if listing is None:
        listing = _lists[model] = cast("type[_List[Any]]", _List.__class_getitem__(model))
    return cast("list[M]", read(listing, answer).data)


def read_object(answer: str) -> dict[str, Any]:
    """Read an answer that is any object."""
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise DecodeError("the answer is not a JSON object")
    return cast("dict[str, Any]", value)
