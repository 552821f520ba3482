"""Streams that are iterated by tasks of asyncio."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from .errors import AodError

if TYPE_CHECKING:
    from asyncio import Task


def check_alone(is_waiting: bool) -> None:
    """Raise an error if another task waits for the same: the library wakes one task for each."""
    if is_waiting:
        raise AodError("another task is waiting for this stream")


class TaskScoped:
    """A stream that ends with the task that iterates it, unless it is in an `async with` block."""

    _is_entered = False
    """Whether the stream is in an `async with` block, which closes it."""
    _is_waiting = False
    """Whether a task waits for the next item."""
    _interrupted: weakref.ref[Task[Any]] | None = None
    """The task whose wait was cancelled, if no task has waited since."""
    _scopes: weakref.WeakSet[Task[Any]] | None = None
    """The tasks at whose end the stream may be closed."""

    def _fail(self, failure: AodError) -> None:
        """Close the stream and have the next iteration raise an error."""
        raise NotImplementedError

    def _cancel_with_task(self) -> None:
        """Close the stream when the current task ends, unless it is iterated again.

        A task that was cancelled while it iterated without `async with` keeps the stream, and its connection, as long
        as the task itself is kept. A task that only timed out may continue to iterate.
        """
        from asyncio import current_task

        task = current_task()
        if self._is_entered or task is None or _is_of_one_wait(task):
            return
        self._interrupted = weakref.ref(task)
        if self._scopes is None:
            self._scopes = weakref.WeakSet()
        elif task in self._scopes:
            return
        self._scopes.add(task)
        stream = weakref.ref(self)

        def close(task: Task[Any]) -> None:
            this = stream()
            if this is not None and this._interrupted is not None and this._interrupted() is task:
                this._fail(
                    AodError(
                        "the stream was closed because the task that waited for it was cancelled and ended; "
                        "open it with `async with` to keep it open"
                    )
                )

        task.add_done_callback(close)


def _is_of_one_wait(task: Task[Any]) -> bool:
    """Return whether a task is one in which `asyncio.wait_for` runs each wait, as it does before Python 3.12."""
    coroutine = task.get_coro()
    frame = getattr(coroutine, "cr_frame", None)
    is_of_package = frame is not None and str(frame.f_globals.get("__name__")).startswith(f"{__package__}.")
    return is_of_package or getattr(coroutine, "__name__", "") == "_wrap_awaitable"
