"""Wakes coroutines that wait for the native library.

Each wait has an id. The native library queues the id and writes to a pipe that the event loop watches.
"""

from __future__ import annotations

import itertools
import os
import struct
import threading
import weakref
from typing import TYPE_CHECKING, Final

from ._native import CallError, WakeQueue
from .errors import from_native

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Callable, Iterator

_SLICE_MS: Final = 100
"""How long one wait on a thread takes, in milliseconds, for event loops that cannot watch a pipe."""

next_id = itertools.count(1).__next__
"""Returns an id that is unique in this process."""

_ID: Final = struct.Struct("<Q")


def new_queue() -> WakeQueue:
    """Create a queue.

    Raises:
        ValueError: The process has too many open files.
    """
    try:
        return WakeQueue()
    except CallError as error:
        failure = from_native(error.facts)
    raise failure


def ids_of(taken: bytes) -> Iterator[int]:
    """Return the ids that a queue returned."""
    return (id for (id,) in _ID.iter_unpack(taken))


class Waiter:
    """Wakes the coroutines of one event loop."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        """Create a queue and have the loop watch it."""
        self.queue = new_queue()
        self._waiting: dict[int, Callable[[int], object]] = {}
        self._pump: Task[None] | None = None
        self._watched = -1
        descriptor = self.queue.descriptor()
        if descriptor < 0:
            return
        weakref.finalize(self, os.close, descriptor)
        try:
            loop.add_reader(descriptor, self._on_readable)
            self._watched = descriptor
        except NotImplementedError:
            # The proactor loop of Windows cannot watch it, so a thread waits instead.
            pass

    def register(self, id: int, on_wake: Callable[[int], object], loop: AbstractEventLoop) -> None:
        """Have a function called on the event loop each time an id is queued, until `forget`."""
        self._waiting[id] = on_wake
        if self._watched < 0 and self._pump is None:
            self._pump = loop.create_task(self._wait_on_thread(loop))

    def forget(self, *ids: int) -> None:
        """Do nothing more when the ids are queued."""
        for id in ids:
            self._waiting.pop(id, None)

    async def wait(self, id: int, loop: AbstractEventLoop) -> None:
        """Wait until an id is queued."""
        future = loop.create_future()

        def wake(_: int) -> None:
            if not future.done():
                future.set_result(None)

        self.register(id, wake, loop)
        try:
            await future
        finally:
            self.forget(id)

    def _on_readable(self) -> None:
        try:
            os.read(self._watched, 4096)
        except BlockingIOError:
            return
        self._deliver(self.queue.take(0))

    def _deliver(self, ids: bytes) -> None:
        for id in ids_of(ids):
            on_wake = self._waiting.get(id)
            if on_wake is not None:
                on_wake(id)

    async def _wait_on_thread(self, loop: AbstractEventLoop) -> None:
        try:
            while self._waiting:
                self._deliver(await loop.run_in_executor(None, self.queue.take, _SLICE_MS))
        finally:
            self._pump = None


_waiters: weakref.WeakKeyDictionary[AbstractEventLoop, Waiter] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def _after_fork_in_child() -> None:
    # A thread of the parent may have held the lock.
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def waiter_of(loop: AbstractEventLoop) -> Waiter:
    """Return the waiter of the running event loop."""
    # Other threads may create and close loops at the same time.
    with _lock:
        waiter = _waiters.get(loop)
        if waiter is None:
            # Futures that never finished form a reference cycle with their loop.
            for closed in [other for other in _waiters if other.is_closed()]:
                del _waiters[closed]
            waiter = _waiters[loop] = Waiter(loop)
        return waiter
