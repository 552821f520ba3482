"""Exceptions without the frames of this package, whose locals hold requests and responses.

Crash reporters send the locals of each frame in a traceback: secrets such as tokens and environment variables would be
among them. The traceback of an exception that a public method raises starts at that method. If a callback of the
program raised it, the frames of the callback follow.
"""

from __future__ import annotations

from functools import wraps
from inspect import iscoroutinefunction, isfunction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

C = TypeVar("C", bound=type)
A = TypeVar("A")
T = TypeVar("T")

_PACKAGE: Final = f"{__package__}."


def call_back(function: Callable[[A], T], argument: A) -> T:
    """Call a function of the program. Its frames are kept in the traceback of an exception."""
    return function(argument)


async def await_back(awaitable: Awaitable[T]) -> T:
    """Await what a function of the program returned; see `call_back`."""
    return await awaitable


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
        try:
            if failure.__traceback__ is not None:
                _raise(failure)
            raise failure
        finally:
            del failure  # the traceback has this frame: a cycle would keep the streams of the caller open

    return call


def _asynchronous(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    async def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return await method(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - any exception is raised again
            failure = _bare(error)
        del args, kwargs
        try:
            if failure.__traceback__ is not None:
                _raise(failure)
            raise failure
        finally:
            del failure  # the traceback has this frame: a cycle would keep the streams of the caller open

    return call


def _bare(error: BaseException) -> BaseException:
    if error.__suppress_context__ and error.__cause__ is None:
        error.__context__ = None
    return error.with_traceback(_frames_of_program(error.__traceback__))


def _raise(failure: BaseException) -> NoReturn:
    try:
        raise failure
    finally:
        del failure


_CALLERS: Final = {function.__code__ for function in (call_back, await_back, _raise)}


def without_package(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of this package."""
    kept: list[TracebackType | None] = []
    while trace is not None:
        if not _is_of_package(trace):
            kept.append(trace)
        trace = trace.tb_next
    kept.append(None)
    for frame, later in pairwise(kept):
        if frame is not None:
            frame.tb_next = later
    return kept[0]


def _is_of_package(trace: TracebackType) -> bool:
    return str(trace.tb_frame.f_globals.get("__name__", "")).startswith(_PACKAGE)


def _frames_of_program(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback from the function of the program that this package has called."""
    while trace is not None and trace.tb_frame.f_code not in _CALLERS:
        trace = trace.tb_next
    while trace is not None and _is_of_package(trace):
        trace = trace.tb_next
    return trace
