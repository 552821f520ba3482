"""Native objects at a fork and at the end of the interpreter."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import Any, Protocol

from ._native import after_fork_in_child, shut_down


class ForkAware(Protocol):
    """Holds native objects."""

    def detach(self) -> None:
        """Let go of them without freeing them, in the child of a fork."""
        ...

    def stop(self) -> None:
        """End their work, before the interpreter exits."""
        ...


_owners: weakref.WeakSet[ForkAware] = weakref.WeakSet()
_lock = threading.Lock()
_generation = 0


def register(owner: ForkAware) -> int:
    """Tell an owner of forks and of the end, and return the generation of processes that it belongs to."""
    with _lock:
        _owners.add(owner)
    return _generation


def _registered() -> list[ForkAware]:
    with _lock:
        return list(_owners)


def generation() -> int:
    """Return how many forks lie behind this process."""
    return _generation


def leak(native: Any) -> None:
    """Keep a native object from being freed: its threads are in another process."""
    native.__dict__.pop("_handle", None)


def _after_fork_in_child() -> None:
    global _generation, _lock
    # A thread that is not here may have held it.
    _lock = threading.Lock()
    _generation += 1
    after_fork_in_child()
    for owner in _registered():
        owner.detach()


def _at_exit() -> None:
    # A native thread that calls into an interpreter that has exited would abort the process.
    for owner in _registered():
        owner.stop()
    shut_down()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
