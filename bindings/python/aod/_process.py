"""Handling of native objects when they are copied, when a signal interrupts a call, at a fork and at exit."""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
import time
import weakref
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, Final, NoReturn, Protocol, TypeVar

from . import _native
from ._native import after_fork_in_child, shut_down

T = TypeVar("T")

_JOIN_SECONDS: Final = 1
"""How long the interpreter waits at exit for all callbacks together."""


class ForkAware(Protocol):
    """An object that holds native objects."""

    def detach(self) -> None:
        """Drop the native objects without freeing them, in the child of a fork."""
        ...

    def stop(self) -> None:
        """Stop the work of the native objects, before the interpreter exits."""
        ...


_owners: weakref.WeakSet[ForkAware] = weakref.WeakSet()
_threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
_lock = threading.RLock()
"""Reentrant, because a signal handler or a finalizer that runs under it may create a client or a stream."""
_generation = 0


def register(owner: ForkAware) -> int:
    """Register an owner, whose `detach` is called in the child of a fork and whose `stop` is called at exit.

    Returns:
        The current generation; see `generation`.
    """
    with _lock:
        _owners.add(owner)
    return _generation


def join_at_exit(thread: threading.Thread) -> None:
    """Let a thread finish at exit, when its stream is stopped."""
    with _lock:
        _threads.add(thread)


def _members(registered: weakref.WeakSet[T]) -> list[T]:
    with _lock:
        while True:
            with suppress(RuntimeError):  # a signal handler has added a member while the set was read
                return list(registered)


def generation() -> int:
    """Return how many forks separate this process from the one that imported the package."""
    return _generation


def leak(native: Any) -> None:
    """Prevent a native object from being freed: its threads belong to the parent process."""
    native.__dict__.pop("_handle", None)


def refuse_copy(value: object) -> NoReturn:
    """Raise an error; the `__reduce__` of objects that cannot be copied or pickled."""
    raise TypeError(f"cannot copy or pickle {type(value).__name__!r} object")


# A copy would have the same handle, which both objects would free.
for _class in vars(_native).values():
    if hasattr(_class, "_uniffi_clone_handle"):
        _class.__reduce__ = refuse_copy

_generated = import_module("._native.aod_ffi_json", __package__)


@contextmanager
def _reserve(builder: Any, size: int) -> Generator[None]:
    """Reserve memory of a buffer for an argument.

    Workaround: the function of UniFFI 0.32 that this replaces keeps the buffer that `reserve` frees until the result is
    assigned. An exception of a signal handler in between frees it again. Can go when UniFFI forgets the buffer before
    the call.
    """
    buffer = builder.rbuf
    if buffer.len + size > buffer.capacity:
        builder.rbuf = None
        builder.rbuf = _generated._UniffiRustBuffer.reserve(buffer, size)
    yield
    builder.rbuf.len += size


_generated._UniffiRustBufferBuilder._reserve = _reserve


def _after_fork_in_child() -> None:
    global _generation, _lock
    # A thread of the parent may have held the lock.
    _lock = threading.RLock()
    _generation += 1
    after_fork_in_child()
    for owner in _members(_owners):
        owner.detach()


def _at_exit() -> None:
    # A native thread that calls into an interpreter that has exited aborts the process.
    for owner in _members(_owners):
        owner.stop()
    deadline = time.monotonic() + _JOIN_SECONDS
    for thread in _members(_threads):
        if thread is not threading.current_thread():
            thread.join(max(0, deadline - time.monotonic()))
    if _is_main_interpreter():
        shut_down()


def _is_main_interpreter() -> bool:
    """Return whether this is not a subinterpreter, whose end must not end the calls of the others."""
    api = getattr(ctypes, "pythonapi", None)
    if api is None:  # PyPy has no subinterpreters
        return True
    api.PyInterpreterState_Get.restype = ctypes.c_void_p
    api.PyInterpreterState_GetID.restype = ctypes.c_int64
    return bool(api.PyInterpreterState_GetID(ctypes.c_void_p(api.PyInterpreterState_Get())) == 0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
