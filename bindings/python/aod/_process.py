"""What becomes of native objects at a fork and at the end of the interpreter."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import Any, Protocol

from ._native import after_fork_in_child, shut_down


class Owner(Protocol):
    """Whoever holds native objects."""

    def abandon(self) -> None:
        """Let them go without freeing them, in the child of a fork."""
        ...

    def stop(self) -> None:
        """End what they are at, before the interpreter goes."""
        ...


_owners: weakref.WeakSet[Owner] = weakref.WeakSet()
_lock = threading.Lock()
_generation = 0


def track(owner: Owner) -> int:
    """Have an owner told of forks and of the end; gives the generation of processes that it belongs to."""
    with _lock:
        _owners.add(owner)
    return _generation


def _tracked() -> list[Owner]:
    with _lock:
        return list(_owners)


def generation() -> int:
    """Count the forks behind this process."""
    return _generation


def disarm(native: Any) -> None:
    """Keep an object of the native library from being freed: its threads are in another process."""
    native.__dict__.pop("_handle", None)


def _forked() -> None:
    global _generation, _lock
    # A thread that is not here may have held it.
    _lock = threading.Lock()
    _generation += 1
    after_fork_in_child()
    for owner in _tracked():
        owner.abandon()


def _leave() -> None:
    # A thread of the library that calls back into an interpreter that has gone would abort the process.
    for owner in _tracked():
        owner.stop()
    shut_down()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
atexit.register(_leave)
