"""Formatters over the core's."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol, cast

from .._native import OutputFormatter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..events import StreamEvent

__all__ = ["ClaudeFormatter", "Formatter", "GenericFormatter", "formatter_for"]


class Formatter(Protocol):
    """Turns an agent's standard output into lines to show. Nothing happens before the result is iterated."""

    def consume(self, event: StreamEvent) -> Iterator[str]:
        """Feed the standard output in an event; other events show nothing."""
        ...

    def feed(self, chunk: str) -> Iterator[str]:
        """Feed text, cut anywhere, and give the lines that it completes."""
        ...

    def flush(self) -> Iterator[str]:
        """Give what is left at the end."""
        ...


class _Lines:
    _runtime = ""

    def __init__(self) -> None:
        """Start with nothing fed."""
        self._core = OutputFormatter(self._runtime)
        self._ready: deque[str] = deque()  # lines that were not asked for yet, whoever asks next

    def consume(self, event: StreamEvent) -> Iterator[str]:
        """Feed the standard output in an event; other events show nothing."""
        data: Any = event.extra.get("data")
        if event.type == "output" and event.extra.get("stream") == "stdout" and isinstance(data, str):
            yield from self.feed(data)

    def feed(self, chunk: str) -> Iterator[str]:
        """Feed text, cut anywhere, and give the lines that it completes."""
        if not isinstance(chunk, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"chunk must be a str, not {type(chunk).__name__}")
        yield from self._lines(self._core.feed(chunk.encode("utf-8", "replace")))

    def flush(self) -> Iterator[str]:
        """Give what is left at the end."""
        yield from self._lines(self._core.flush())

    def _lines(self, completed: bytes) -> Iterator[str]:
        ready = self._ready
        ready.extend(cast("list[str]", json.loads(completed)))
        while ready:
            yield ready.popleft()


class ClaudeFormatter(_Lines):
    """For the `stream-json` output of Claude Code."""

    _runtime = "claude"


class GenericFormatter(_Lines):
    """For output that is shown as it is."""

    _runtime = "generic"


def formatter_for(runtime: str | None = None) -> Formatter:
    """Give the formatter that suits a runtime or provider."""
    return ClaudeFormatter() if "claude" in (runtime or "").lower() else GenericFormatter()
