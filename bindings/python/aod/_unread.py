"""The events of a batch that are not yielded yet."""

from __future__ import annotations

from collections import deque
from itertools import repeat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Unread:
    """The events of a batch that are not yielded yet. An event that is yielded is no longer held.

    Attributes:
        items: Yields the events. Like an iterator of a list, it calls no function that is written in Python.
    """

    __slots__ = ("_events", "items")

    def __init__(self, events: Iterable[Any] = ()) -> None:
        """Create the events of a batch, none of which is yielded."""
        self._events: deque[Any] = deque(events)
        self.items: Iterator[Any] = map(deque[Any].popleft, repeat(self._events, len(self._events)))

    def __len__(self) -> int:
        """Return the number of events that are not yielded yet."""
        return len(self._events)
