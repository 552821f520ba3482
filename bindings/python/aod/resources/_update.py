"""Calls that read a record and then update it, and start again after a conflict with another caller."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

from .._tracebacks import await_back, call_back
from ..errors import ConflictError
from ..models import Agent, Environment

R = TypeVar("R", Agent, Environment)

_ATTEMPTS: Final = 10
"""How often a record is read and updated before the conflict is raised."""


def _based_on(record: Agent | Environment, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "version": record.version}


def update_with(
    get: Callable[[], R], change: Callable[[R], Mapping[str, Any]], update: Callable[[dict[str, Any]], R]
) -> R:
    """Read a record and update it with the arguments that a function returns, again after a version mismatch."""
    attempts = 0
    while True:
        record = get()
        fields = _based_on(record, call_back(change, record))
        attempts += 1
        try:
            return update(fields)
        except ConflictError as error:
            if error.reason != "version_mismatch" or attempts == _ATTEMPTS:
                raise


async def update_with_async(
    get: Callable[[], Awaitable[R]],
    change: Callable[[R], Mapping[str, Any] | Awaitable[Mapping[str, Any]]],
    update: Callable[[dict[str, Any]], Awaitable[R]],
) -> R:
    """Read a record and update it; see `update_with`. The function may be a coroutine function."""
    attempts = 0
    while True:
        record = await get()
        changed = call_back(change, record)
        if inspect.isawaitable(changed):
            changed = await await_back(changed)
        fields = _based_on(record, changed)
        attempts += 1
        try:
            return await update(fields)
        except ConflictError as error:
            if error.reason != "version_mismatch" or attempts == _ATTEMPTS:
                raise
