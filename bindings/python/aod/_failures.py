"""What token providers raised most recently, by number: the library returns only the number."""

from __future__ import annotations

import atexit
import itertools
from typing import Final

from ._tracebacks import without_package

_CAPACITY: Final = 16
_recent: dict[int, BaseException] = {}
_next_number = itertools.count(1).__next__
# Their frames may hold clients, which cannot be freed later.
atexit.register(_recent.clear)


def add(error: BaseException) -> int:
    """Keep an exception, without the frames of this package, and return its number."""
    error.__traceback__ = without_package(error.__traceback__)
    number = _next_number()
    _recent[number] = error
    _recent.pop(number - _CAPACITY, None)
    return number


def find(number: int | None) -> BaseException | None:
    """Return the exception with a number, if it is still kept."""
    return None if number is None else _recent.get(number)
