"""Wakes coroutines that wait for the native library.

Each wait has an id. The native library queues the id and writes to a pipe that the event loop watches.
"""

from __future__ import annotations

import itertools
import os
import struct
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ._native import CallError, WakeQueue
from .errors import AodError, from_native

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable, Iterator

_SLICE_MS: Final = 100
"""How long one wait on a thread takes, in milliseconds, for event loops that cannot watch a pipe."""

next_id = itertools.count(1).__next__
"""Returns an id that is unique in this process."""

_ID: Final = struct.Struct("<Q")


def new_queue() -> WakeQueue:
    """Create a queue.

    Raises:
        AodError: The process has too many open files.
    """
    try:
        return WakeQueue()
    except CallError as error:
        failure = from_native(error.facts)
    try:
        raise failure
    finally:
        # Its traceback refers to this frame.
        del failure


def ids_of(taken: bytes) -> Iterator[int]:
    """Return the ids in the bytes that a queue returned."""
    return (id for (id,) in _ID.iter_unpack(taken))


class Waiter:
    """Wakes the coroutines of one event loop."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        """Create a queue and have the loop watch it."""
        self.queue = new_queue()
        self._waiting: dict[int, Callable[[int], object]] = {}
        self._is_on_thread = False
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
        """Call a function on the event loop each time an id is queued, until `forget`."""
        self._waiting[id] = on_wake
        if self._watched < 0 and not self._is_on_thread:
            self._wait_on_thread(loop)

    def forget(self, *ids: int) -> None:
        """Stop calling the functions of these ids."""
        for id in ids:
            self._waiting.pop(id, None)

    def future(self, id: int, loop: AbstractEventLoop) -> Future[None]:
        """Return a future that is done when an id is queued, unless `forget` is called before."""
        future: Future[None] = loop.create_future()

        def wake(_: int) -> None:
            if not future.done():
                future.set_result(None)

        self.register(id, wake, loop)
        return future

    async def wait(self, id: int, loop: AbstractEventLoop) -> None:
        """Wait until an id is queued."""
        try:
            await self.future(id, loop)
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

    def _wait_on_thread(self, loop: AbstractEventLoop) -> None:
        # Not in a task: a program that ends cancels all tasks, and some of them call the library before they end.
        waiting = loop.run_in_executor(None, self.queue.take, _SLICE_MS)
        self._is_on_thread = True

        def take(waiting: Future[bytes]) -> None:
            self._is_on_thread = False
            if not waiting.cancelled():
                self._deliver(waiting.result())
            if self._waiting and not self._is_on_thread:
                # Raised when the executor of a loop that ends has been shut down.
                with suppress(RuntimeError):
                    self._wait_on_thread(loop)

        waiting.add_done_callback(take)


_waiters: weakref.WeakKeyDictionary[AbstractEventLoop, Waiter] = weakref.WeakKeyDictionary()
# A signal handler or a finalizer may need a waiter while the lock is held.
_lock = threading.RLock()


def _after_fork_in_child() -> None:
    # A thread of the parent may have held the lock.
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def running_loop() -> AbstractEventLoop:
    """Return the running event loop.

    Raises:
        AodError: The coroutine is not run by asyncio.
    """
    from asyncio import get_running_loop

    try:
        return get_running_loop()
    except RuntimeError:
        pass
    raise AodError("no asyncio event loop is running: AsyncClient requires asyncio. Under trio, use Client in a thread")


def waiter_of(loop: AbstractEventLoop) -> Waiter:
    """Return the waiter of the running event loop."""
    # Other threads may create and close loops at the same time.
    with _lock:
        waiter = _waiters.get(loop)
        if waiter is None:
            # Futures that never finished form a reference cycle with their loop.
            for other in [reference() for reference in _waiters.keyrefs()]:
                if other is not None and other.is_closed():
                    _waiters.pop(other, None)
            waiter = _waiters.setdefault(loop, Waiter(loop))
        return waiter
