"""Serialization of requests and validation of responses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from inspect import isclass
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar, Union, cast, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, TypeAdapter
from pydantic import ValidationError as _SchemaError

from ._log import logger
from .errors import DecodeError

if TYPE_CHECKING:
    from ._native import JsonClient

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Clear:
    """The type of `aod.CLEAR`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the public name."""
        return "aod.CLEAR"

    def __reduce__(self) -> str:
        """Keep the singleton when it is pickled or copied."""
        return "CLEAR"


CLEAR: Final = Clear()
"""Clears a field in an update, where `None` leaves it unchanged."""


def is_uuid(identity: str) -> bool:
    """Return whether an id is a UUID in lower case, with dashes."""
    return _UUID.fullmatch(identity) is not None


def has_surrogate(text: str) -> bool:
    """Return whether a text has a lone surrogate, which UTF-8 cannot encode."""
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


def identifier(value: str | UUID, name: str) -> str:
    """Validate an id, which becomes a segment of the path.

    Args:
        value: The id: a UUID, or any text that can be a segment.
        name: The name of the argument, for the error.

    Returns:
        The id; a UUID is in lower case, with dashes.

    Raises:
        ValueError: The id cannot be a segment: it is empty, `.` or `..`, or has a lone surrogate.
        TypeError: The id is not a str or UUID.
    """
    if isinstance(value, UUID):
        return str(value)
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be a str or UUID, not {type(value).__name__}")
    if _UUID.fullmatch(value):
        return value
    try:
        return str(UUID(value))
    except ValueError:
        pass
    if value in ("", ".", "..") or has_surrogate(value):
        raise ValueError(f"{name} cannot be a segment of a path")
    return value


def _to_json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, UUID):
        return str(value)
    if value is CLEAR:
        return None
    if isinstance(value, Mapping):
        return dict(cast("Mapping[Any, Any]", value))
    if not isinstance(value, bytes | bytearray | memoryview) and isinstance(value, Sequence):
        return list(cast("Sequence[Any]", value))
    raise TypeError(f"Object of type {type(cast('object', value)).__name__} is not JSON serializable")


def encode(body: Mapping[str, Any]) -> str:
    """Serialize a request, without the fields that are `None`.

    Raises:
        ValueError: A value cannot be written as JSON.
        TypeError: A value has a type that JSON cannot represent.
    """
    fields = {name: value for name, value in body.items() if value is not None}
    try:
        text = json.dumps(fields, default=_to_json, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
        text.encode()
        return text
    except RecursionError:
        raise ValueError("the request is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("a string contains a lone surrogate") from None


class Response(NamedTuple):
    """The response to a call, and what it responds to."""

    text: str
    native: JsonClient
    operation: int
    identity: str | None

    def error(self, problem: str) -> DecodeError:
        """Return the error of a response that is not what the API specifies."""
        return DecodeError(f"{self.native.request_line(self.operation, self.identity)} -> {problem}")


M = TypeVar("M", bound=BaseModel)


def read(model: type[M], response: Response) -> M:
    """Validate a response. Optional fields and list elements of an unexpected type are kept as the server sent them.

    Raises:
        DecodeError: A required field is missing or has an unexpected type.
    """
    try:
        return model.model_validate_json(response.text)
    except _SchemaError as error:
        failure = error
    try:
        return cast("M", _read_leniently(model, json.loads(response.text)))
    except (_SchemaError, ValueError, RecursionError):
        pass
    raise response.error(_problem(model, failure))


def _problem(model: type[BaseModel], failure: _SchemaError) -> str:
    """Describe by their places why a response cannot be read. Values, and keys that the server chose, are left out."""
    problems: list[str] = []
    for item in failure.errors(include_input=False, include_url=False, include_context=False):
        if item["type"] == "json_invalid":
            return "the response is not JSON"
        place = _required_place(model, item["loc"])
        if place == "":
            return "the response is not a JSON object"
        if place is not None:
            problem = f"lacks `{place}`" if item["type"] == "missing" else f"has an unexpected value at `{place}`"
            if problem not in problems:
                problems.append(problem)
    return f"the response {', '.join(problems[:3]) or 'is not what the API specifies'}"


def _required_place(model: type[BaseModel], loc: tuple[int | str, ...]) -> str | None:
    """Return the path of the required field that an error of pydantic is about, or `None` if it is an optional one."""
    names: list[str] = []
    place: type[BaseModel] | None = model
    for part in loc:
        field = None if place is None else place.model_fields.get(str(part))
        if field is None:
            break
        if not field.is_required():
            return None
        names.append(str(part))
        place = _model_of(field.annotation)
    return ".".join(names)


def _read_leniently(annotation: Any, value: Any) -> Any:
    """Validate a value. If that fails, validate its fields and elements one by one, and keep the invalid ones."""
    try:
        return TypeAdapter(annotation).validate_python(value)
    except _SchemaError:
        if isinstance(value, list):
            elements = cast("list[Any]", value)
            for part in _parts(annotation):
                if get_origin(part) is list:
                    return [_or_unchanged(get_args(part)[0], element) for element in elements]
        elif isinstance(value, dict):
            model = _model_of(annotation)
            if model is not None:
                return _read_fields(model, cast("dict[str, Any]", value))
        raise


def _read_fields(model: type[M], given: dict[str, Any]) -> M:
    values = dict(given)
    for name, field in model.model_fields.items():
        if field.is_required():
            values[name] = _read_leniently(field.annotation, given.get(name))
        elif name in given:
            values[name] = _or_unchanged(field.annotation, given[name])
    return model.model_construct(set(given), **values)


def _or_unchanged(annotation: Any, value: Any) -> Any:
    try:
        return _read_leniently(annotation, value)
    except _SchemaError:
        return value


def _parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation allows, if there is one."""
    for part in _parts(annotation):
        # Python 3.10 takes `list[int]` for a class.
        if isclass(part) and get_origin(part) is None and issubclass(part, BaseModel):
            return part
    return None


class _List(BaseModel, Generic[M]):
    data: list[M]


_lists: dict[type[BaseModel], type[_List[Any]]] = {}


def read_list(model: type[M], response: Response) -> list[M]:
    """Validate the response of a list endpoint. Records that lack a required field are left out and logged.

    Raises:
        DecodeError: There is no list, or it has records but none of them can be read.
    """
    listing = _lists.get(model)
    if listing is None:
        listing = _lists[model] = cast("type[_List[Any]]", _List.__class_getitem__(model))
    try:
        # The common case, without a look at each record.
        return cast("list[M]", listing.model_validate_json(response.text).data)
    except _SchemaError:
        pass
    given = read(listing, response).data
    records = [record for record in given if isinstance(record, model)]
    if len(records) < len(given):
        if not records:
            raise response.error(f"no {model.__name__} in the response can be read")
        logger.warning(
            "left out %d of %d records of a list that could not be read", len(given) - len(records), len(given)
        )
    return records


def read_object(response: Response) -> dict[str, Any]:
    """Parse a response that is any JSON object.

    Raises:
        DecodeError: It is not a JSON object.
    """
    problem = "the response is not a JSON object"
    try:
        value = json.loads(response.text)
    except (ValueError, RecursionError):
        value, problem = None, "the response is not JSON"
    if not isinstance(value, dict):
        raise response.error(problem)
    return cast("dict[str, Any]", value)
