"""Writes outcomes in a form that is independent of time, place and package."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import aod
import pydantic

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SANDBOX = re.compile(r"aod-[0-9a-f]{12}")
TIME = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
TIME_REPR = re.compile(r"datetime\.datetime\(20\d\d(?:, \d+)+, tzinfo=[^()]*(?:\(0\)|\.utc)\)")


class Recorder:
    """Records outcomes, with placeholders for what differs between runs, such as ids and times."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.begin("", "")

    def begin(self, scene: str, url: str) -> None:
        self._scene = scene
        self._url = url
        self._ids: dict[str, str] = {}
        self._names: set[str] = set()

    def record(self, name: str, value: Any) -> None:
        name = f"{self._scene}/{name}".lstrip("/")
        if name in self._names:
            raise AssertionError(f"{name} is recorded twice")
        self._names.add(name)
        text = json.dumps({name: canonical(value)}, ensure_ascii=True)
        if self._url:
            text = text.replace(self._url, "http://server")
        text = TIME_REPR.sub("<time>", TIME.sub("<time>", text))
        text = SANDBOX.sub("<sandbox>", text)
        text = UUID.sub(lambda match: self._ids.setdefault(match[0], f"<id {len(self._ids) + 1}>"), text)
        print(text, file=self._out, flush=True)

    def outcome(self, name: str, action: Callable[[], Any]) -> None:
        """Records what an action returns or raises."""
        try:
            value = action()
        except Exception as error:
            value = error
        self.record(name, value)


def canonical(value: Any) -> Any:
    """Returns JSON with everything that a user can see of a value, including its type."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, BaseException):
        return {"raises": exception(value)}
    if isinstance(value, aod.StreamEvent | pydantic.BaseModel):
        return {"model": type(value).__name__, "fields": canonical(value.model_dump())}
    if isinstance(value, Mapping):
        return {"pairs": [[canonical(key), canonical(part)] for key, part in value.items()]}
    if isinstance(value, list | tuple):
        return [canonical(part) for part in value]
    return {type(value).__name__: str(value)}


PUBLISHED = (
    aod.AodError,
    aod.AodHTTPError,
    aod.AuthError,
    aod.ConflictError,
    aod.NotFoundError,
    aod.RateLimitError,
    aod.ServerError,
    aod.ValidationError,
)


def exception(error: BaseException) -> dict[str, Any]:
    """Returns what a user can see of an exception: only its class if it is not an exception of the package."""
    seen: dict[str, Any] = {"class": type(error).__name__}
    if type(error) is ValueError:
        seen["text"] = str(error)
    if isinstance(error, aod.AodError):
        seen["caught as"] = [cls.__name__ for cls in PUBLISHED if isinstance(error, cls)]
        seen["text"] = [str(error), repr(error), canonical(error.args)]
        for name in ("status_code", "detail", "method", "url", "limit", "active"):
            if hasattr(error, name):
                seen[name] = canonical(getattr(error, name))
    return seen
