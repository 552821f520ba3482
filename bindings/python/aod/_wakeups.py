"""How coroutines wait for the native library: each by a number, told through a pipe that their event loop watches."""

from __future__ import annotations

import itertools
import os
import struct
import threading
import weakref
from typing import TYPE_CHECKING, Final

from ._native import Wakeups

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future, Task

_SLICE_MS: Final = 100
"""How long a thread waits for an event loop that cannot watch a pipe."""

next_number = itertools.count(1).__next__
"""Gives a number that no other call or stream of this process waits by."""

_NUMBER: Final = struct.Struct("<Q")


class Waiter:
    """What the coroutines of one event loop wait for."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        """Have the loop watch."""
        self.native = Wakeups()
        self._waiting: dict[int, Future[None]] = {}
        self._pump: Task[None] | None = None
        self._watched = -1
        descriptor = self.native.descriptor()
        if descriptor < 0:
            return
        weakref.finalize(self, os.close, descriptor)
        try:
            loop.add_reader(descriptor, self._rung)
            self._watched = descriptor
        except NotImplementedError:
            # The loop of Windows that is made for pipes of its own; a thread waits for it.
            pass

    async def wait(self, number: int, loop: AbstractEventLoop) -> None:
        """Await the telling of a number, which may come any time from now on."""
        future: Future[None] = loop.create_future()
        self._waiting[number] = future
        if self._watched < 0 and self._pump is None:
            self._pump = loop.create_task(self._wait_in_a_thread(loop))
        try:
            await future
        finally:
            del self._waiting[number]

    def _rung(self) -> None:
        try:
            os.read(self._watched, 4096)
        except BlockingIOError:
            return
        self._deliver(self.native.take(0))

    def _deliver(self, numbers: bytes) -> None:
        for (number,) in _NUMBER.iter_unpack(numbers):
            future = self._waiting.get(number)
            if future is not None and not future.done():
                future.set_result(None)

    async def _wait_in_a_thread(self, loop: AbstractEventLoop) -> None:
        try:
            while self._waiting:
                self._deliver(await loop.run_in_executor(None, self.native.take, _SLICE_MS))
        finally:
            self._pump = None


_waiters: weakref.WeakKeyDictionary[AbstractEventLoop, Waiter] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def _forked() -> None:
    # A thread that is not here may have held it.
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def waiter_of(loop: AbstractEventLoop) -> Waiter:
    """Give the waiter of an event loop, which is the running one."""
    # Loops of other threads come and go meanwhile.
    with _lock:
        waiter = _waiters.get(loop)
        if waiter is None:
            # Coroutines that were left in the middle would keep their loop, and it them.
            for closed in [other for other in _waiters if other.is_closed()]:
                del _waiters[closed]
            waiter = _waiters[loop] = Waiter(loop)
        return waiter
