"""Exceptions without the frames of this package, whose locals hold requests and responses.

Crash reporters send the locals of each frame in a traceback: secrets such as tokens and environment variables would be
among them. The traceback of an exception that a public method raises starts at that method.
"""

from __future__ import annotations

from functools import wraps
from inspect import iscoroutinefunction, isfunction
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

C = TypeVar("C", bound=type)


def hide_frames(cls: C) -> C:
    """Decorate a class whose public methods, and `__init__`, raise exceptions without inner frames."""
    for name, method in list(vars(cls).items()):
        if isfunction(method) and (name == "__init__" or not name.startswith("_")):
            setattr(cls, name, _asynchronous(method) if iscoroutinefunction(method) else _synchronous(method))
    return cls


def _synchronous(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - any exception is raised again
            failure = _bare(error)
        del args, kwargs
        raise failure

    return call


def _asynchronous(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    async def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return await method(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - any exception is raised again
            failure = _bare(error)
        del args, kwargs
        raise failure

    return call


def _bare(error: BaseException) -> BaseException:
    if error.__suppress_context__ and error.__cause__ is None:
        error.__context__ = None
    return error.with_traceback(None)
