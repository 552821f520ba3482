"""Waiting under gevent, where a greenlet that waits must let the other greenlets of its thread run."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._wake import new_queue, next_id
from .errors import AodError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._native import WakeQueue

_SLICE_MS = 100


def are_patched_in() -> bool:
    """Return whether gevent has patched the standard library, so that waits must be those of `wait_for`.

    Raises:
        AodError: eventlet has patched the standard library.
    """
    # Looked up for each wait: a program may import the package before it patches the standard library.
    eventlet: Any = sys.modules.get("eventlet.patcher")
    if eventlet is not None and eventlet.is_monkey_patched("socket"):
        raise AodError("eventlet is not supported: calls would block its threads; use gevent, asyncio or threads")
    gevent: Any = sys.modules.get("gevent.monkey")
    return gevent is not None and gevent.is_module_patched("socket")


def wait_for(notify: Callable[[WakeQueue, int], object]) -> None:
    """Wait until an id is queued, and let other greenlets run until then.

    Args:
        notify: Called with a queue and an id, to have the id queued.
    """
    queue = new_queue()
    descriptor = queue.descriptor()
    try:
        notify(queue, next_id())
        if descriptor >= 0:
            import_module("gevent.socket").wait_read(descriptor)
        else:  # On Windows there is no pipe to watch.
            pool = import_module("gevent").get_hub().threadpool
            while not pool.apply(queue.take, (_SLICE_MS,)):
                pass
    finally:
        if descriptor >= 0:
            os.close(descriptor)
