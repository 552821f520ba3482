"""The base class of all formatters, which calls the formatter of the native library."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, TypedDict, cast

from .._native import CallError, OutputFormatter
from .._process import refuse_copy
from ..errors import from_native

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..events import StreamEvent

__all__ = ["Formatter", "FormatterOptions"]


class Formatter(Protocol):
    """Formats an agent's standard output as human-readable lines.

    The methods are generators: nothing happens before their results are iterated. Each string stands for one line of
    output; it may contain newlines, but does not end with one. Implement these methods to support a runtime of your
    own.
    """

    def consume(self, event: StreamEvent) -> Iterator[str]:
        """Consume the standard output of an event; other events are ignored.

        Args:
            event: An event of a session's stream.

        Yields:
            The formatted lines that the output completes.
        """
        ...

    def feed(self, chunk: str) -> Iterator[str]:
        """Consume a chunk of output.

        Args:
            chunk: Text, cut anywhere.

        Yields:
            The formatted lines that the chunk completes.
        """
        ...

    def flush(self) -> Iterator[str]:
        """Format what remains after the last chunk.

        Yields:
            The formatted lines.
        """
        ...


class FormatterOptions(TypedDict, total=False):
    r"""The keyword arguments of the formatters.

    Attributes:
        plain: Whether marks and separators are ASCII characters instead of emoji and `·`. Default `False`.
        width: The maximum width of a line, in terminal columns. A longer line is cut, and ends in `…`, or in `...` if
            `plain` is true. By default there is no limit.
        color: `"off"` (the default), `"on"`, or `"auto"`: on if standard output is a terminal and `NO_COLOR` is not
            set.
        show_thinking: Whether the agent's thinking is shown. Default `True`.
        show_tool_results: Whether the results of tools are shown, in one line each. Default `False`.
        show_failures: Whether failed tools are shown. By default they are, except for Claude.
        raw: Whether control characters are kept verbatim, instead of escaped as in `\x1b`. Default `False`.
        max_line: The longest line of an agent's output, in bytes; longer ones are cut. The default is 16 MiB.
    """

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
    """The runtime or provider whose output is formatted. If it is `None`, a session's `start` event chooses it."""

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
        r"""Create a formatter.

        Args:
            plain: Whether marks and separators are ASCII characters instead of emoji and `·`.
            width: The maximum width of a line, in terminal columns. A longer line is cut, and ends in `…`, or in `...`
                if `plain` is true. By default there is no limit.
            color: `"off"`, `"on"`, or `"auto"`: on if standard output is a terminal and `NO_COLOR` is not set.
            show_thinking: Whether the agent's thinking is shown.
            show_tool_results: Whether the results of tools are shown, in one line each.
            show_failures: Whether failed tools are shown. By default they are, except for Claude.
            raw: Whether control characters are kept verbatim, instead of escaped as in `\x1b`.
            max_line: The longest line of an agent's output, in bytes; longer ones are cut. The default is 16 MiB.

        Raises:
            ValueError: An option has an invalid value.
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
            raise from_native(error.facts) from None
        self._ready: deque[str] = deque()  # lines that are not consumed yet, for the next iterator

    @property
    def has_pending(self) -> bool:
        """Whether the formatter holds output that it has not yielded as lines.

        That is an incomplete line, an event that a later one may complete, or a line that was not iterated. While it is
        false, a new formatter can continue from the `cursor` of the stream at that moment, for example in another
        process, and no line is lost or cut: pass the cursor as `since`. The new formatter knows only the output after
        the cursor: it does not know earlier totals, the names of tools that were called before, or whether the line for
        the start of the session was shown.
        """
        return bool(self._ready) or self._core.has_pending()

    def __reduce__(self) -> NoReturn:
        """Raise `TypeError`: a formatter cannot be copied or pickled."""
        refuse_copy(self)

    def consume(self, event: StreamEvent) -> Iterator[str]:
        """Consume the standard output of an event; other events are ignored.

        Args:
            event: An event of a session's stream.

        Yields:
            The formatted lines that the output completes.
        """
        data: Any = event.extra.get("data")
        if event.type == "output" and event.extra.get("stream") == "stdout" and isinstance(data, str):
            yield from self.feed(data)

    def feed(self, chunk: str) -> Iterator[str]:
        """Consume a chunk of output.

        Args:
            chunk: Text, cut anywhere.

        Yields:
            The formatted lines that the chunk completes.

        Raises:
            TypeError: The chunk is not a str.
        """
        if not isinstance(chunk, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"chunk must be a str, not {type(chunk).__name__}")
        yield from self._lines(self._core.feed(without_surrogates(chunk)))

    def flush(self) -> Iterator[str]:
        """Format what remains after the last chunk.

        Yields:
            The formatted lines.
        """
        yield from self._lines(self._core.flush())

    def _lines(self, completed: str) -> Iterator[str]:
        ready = self._ready
        ready.extend(cast("list[str]", json.loads(completed)))
        while ready:
            yield ready.popleft()


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot encode.

    To be called before a method of a native object: it does not release the object if it cannot encode a text.
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
