"""Helpers for the arguments of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from .._wire import Clear

JsonObject = Mapping[str, Any] | BaseModel
"""A JSON object in a request: a mapping or a model."""

T = TypeVar("T")


def cleared(value: T | Clear | None, empty: T) -> T | None:
    """Return the empty value of a field for `CLEAR`, and any other value unchanged."""
    return empty if isinstance(value, Clear) else value


def reference(value: str | UUID | Clear | None) -> str | Clear | None:
    """Convert a reference to another resource to a string."""
    return value if value is None or isinstance(value, Clear) else str(value)


def cursor(since: int | None) -> int | None:
    """Validate the cursor to resume from."""
    if since is not None and (isinstance(since, bool) or not isinstance(since, int)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("since must be an int")
    if since is not None and not -(2**63) <= since < 2**63:
        raise ValueError("since is out of range")
    return since
