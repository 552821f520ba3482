"""What token providers raised most recently, by number: the library returns only the number."""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict
from typing import Final

_CAPACITY: Final = 16
_recent: OrderedDict[int, BaseException] = OrderedDict()
_lock = threading.Lock()
_last = 0
# Their frames may hold clients, which cannot be freed later.
atexit.register(_recent.clear)


def add(error: BaseException) -> int:
    """Keep an exception, without the frame that caught it, and return its number."""
    global _last
    if error.__traceback__ is not None:
        error.__traceback__ = error.__traceback__.tb_next
    with _lock:
        _last += 1
        _recent[_last] = error
        if len(_recent) > _CAPACITY:
            _recent.popitem(last=False)
        return _last


def find(number: int | None) -> BaseException | None:
    """Return the exception with a number, if it is still kept."""
    return None if number is None else _recent.get(number)
