"""What all formatters share: the native formatter, and that nothing happens before lines are asked for."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, cast

from .._native import CallError, OutputFormatter
from ..errors import raise_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..events import StreamEvent

__all__ = ["Formatter", "FormatterOptions"]


class Formatter(Protocol):
    """Turns an agent's standard output into lines to show. Nothing happens before the result is iterated.

    Each string comes of one line of output. It may hold newlines, but does not end with one. Write a class with these
    methods for a runtime of your own.
    """

    def consume(self, event: StreamEvent) -> Iterator[str]:
        """Feed the standard output in an event; other events show nothing."""
        ...

    def feed(self, chunk: str) -> Iterator[str]:
        """Feed text, cut anywhere, and give the lines that it completes."""
        ...

    def flush(self) -> Iterator[str]:
        """Give what is left at the end."""
        ...


class FormatterOptions(TypedDict, total=False):
    """What the formatters can be told; the keyword arguments of each, where they are described."""

    plain: bool
    width: int | None
    color: Literal["off", "on", "auto"]
    show_thinking: bool
    show_tool_results: bool
    show_failures: bool | None
    raw: bool
    max_line: int


class NativeFormatter:
    """A formatter of the native library."""

    _runtime: str | None
    """The runtime or provider that it is for; without one, a session's `start` event picks it."""

    def __init__(
        self,
        *,
        plain: bool = False,
        width: int | None = None,
        color: Literal["off", "on", "auto"] = "off",
        show_thinking: bool = True,
        show_tool_results: bool = False,
        show_failures: bool | None = None,
        raw: bool = False,
        max_line: int = 16 * 1024 * 1024,
    ) -> None:
        """Start with nothing fed.

        `plain`: marks of one ASCII character instead of emoji. `width`: columns of a terminal to cut lines to.
        `color`: `on`, or `auto` for a terminal as standard output unless `NO_COLOR` is set. `show_thinking`: what the
        agent thinks. `show_tool_results`: what tools give back, in one line each. `show_failures`: tools that failed;
        by default they are shown, but for Claude. `raw`: control characters as they came, instead of escapes such as
        `\\x1b`. `max_line`: the longest line of output taken whole, in bytes.

        A value that an option cannot have is a `ValueError`.
        """
        options: FormatterOptions = {
            "plain": plain,
            "width": width,
            "color": color,
            "show_thinking": show_thinking,
            "show_tool_results": show_tool_results,
            "show_failures": show_failures,
            "raw": raw,
            "max_line": max_line,
        }
        try:
            self._core = OutputFormatter(self._runtime, json.dumps(options))
        except CallError as error:
            raise_error(error.facts)
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
        try:
            completed = self._core.feed(chunk)
        except UnicodeEncodeError:
            completed = self._core.feed(without_surrogates(chunk))
        yield from self._lines(completed)

    def flush(self) -> Iterator[str]:
        """Give what is left at the end."""
        yield from self._lines(self._core.flush())

    def _lines(self, completed: str) -> Iterator[str]:
        ready = self._ready
        ready.extend(cast("list[str]", json.loads(completed)))
        while ready:
            yield ready.popleft()


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
