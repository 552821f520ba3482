"""Handling of native objects when the process forks and when the interpreter exits."""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
import weakref
from typing import Any, Protocol

from ._native import after_fork_in_child, shut_down


class ForkAware(Protocol):
    """An object that holds native objects."""

    def detach(self) -> None:
        """Drop the native objects without freeing them, in the child of a fork."""
        ...

    def stop(self) -> None:
        """Stop the work of the native objects, before the interpreter exits."""
        ...


_owners: weakref.WeakSet[ForkAware] = weakref.WeakSet()
_lock = threading.Lock()
_generation = 0


def register(owner: ForkAware) -> int:
    """Register an owner, whose `detach` is called in the child of a fork and whose `stop` is called at exit.

    Returns:
        The current generation; see `generation`.
    """
    with _lock:
        _owners.add(owner)
    return _generation


def _registered() -> list[ForkAware]:
    with _lock:
        return list(_owners)


def generation() -> int:
    """Return how many forks separate this process from the one that imported the package."""
    return _generation


def leak(native: Any) -> None:
    """Prevent a native object from being freed: its threads belong to the parent process."""
    native.__dict__.pop("_handle", None)


def _after_fork_in_child() -> None:
    global _generation, _lock
    # A thread of the parent may have held the lock.
    _lock = threading.Lock()
    _generation += 1
    after_fork_in_child()
    for owner in _registered():
        owner.detach()


def _at_exit() -> None:
    # A native thread that calls into an interpreter that has exited aborts the process.
    for owner in _registered():
        owner.stop()
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
