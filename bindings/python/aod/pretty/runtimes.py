"""The formatters of the other runtimes, and the functions that choose one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from ._native_formatter import Formatter, FormatterOptions, NativeFormatter, without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..events import StreamEvent

__all__ = [
    "CodexFormatter",
    "GeminiFormatter",
    "GenericFormatter",
    "OpencodeFormatter",
    "SessionFormatter",
    "formatter_for",
]


_FIELDS: dict[str, tuple[str, ...]] = {
    "start": ("runtime", "provider"),
    "turn_start": ("turn",),
    "exit": ("code",),
    "error": (),
    "terminated": (),
}
"""The events that the formatter of a session needs besides stdout, and their fields."""


class CodexFormatter(NativeFormatter):
    """Formats the output of `codex exec --json`, of all versions of Codex."""

    _runtime = "codex"


class GeminiFormatter(NativeFormatter):
    """Formats the output of Gemini CLI with `--output-format stream-json` or `json`.

    The agent's text arrives in fragments; it is shown as one text when something else follows, or at the end.
    """

    _runtime = "gemini"


class OpencodeFormatter(NativeFormatter):
    """Formats the output of `opencode run --format json`, of versions 1 and 2.

    The cost in the last line does not include the cost of subagents, which opencode does not print.
    """

    _runtime = "opencode"


class GenericFormatter(NativeFormatter):
    """Passes lines through unformatted; control characters are escaped."""

    _runtime = "generic"


class SessionFormatter(NativeFormatter):
    """Formats a session's whole stream: its `start` event chooses the formatter of the runtime.

    It is flushed when another turn starts. The repeated `turn_start` of the same turn, as in a resumed stream, does not
    flush it. Output before the `start` event is passed through unformatted.

    An interruption before the agent started is shown as `⚠️  Done · interrupted`. A session that fails or is terminated
    without output in its last turn is shown as `⚠️  Done · failed` or `⚠️  Done · terminated`.
    """

    _runtime = None

    def consume(self, event: StreamEvent) -> Iterator[str]:
        """Consume an event: `start` chooses the formatter, another turn flushes it, and stdout is formatted.

        Args:
            event: An event of a session's stream.

        Yields:
            The formatted lines that the event completes.
        """
        if event.type in _FIELDS:
            fields = {"type": event.type, **{name: event.extra.get(name) for name in _FIELDS[event.type]}}
            yield from self._lines(self._core.consume(without_surrogates(json.dumps(fields, ensure_ascii=False))))
        else:
            yield from super().consume(event)


class _ChosenFormatter(NativeFormatter):
    def __init__(self, runtime: str, **options: Unpack[FormatterOptions]) -> None:
        self._runtime = runtime
        super().__init__(**options)


def formatter_for(runtime: str | None = None, **options: Unpack[FormatterOptions]) -> Formatter:
    """Return the formatter of a runtime or provider.

    Args:
        runtime: The name, in any case: a runtime whose name contains `claude`, `codex`, `gemini` or `opencode`, or the
            provider `anthropic`, `openai` or `google`. The output of all others is passed through unformatted.
        **options: See `FormatterOptions`.

    Returns:
        The formatter.

    Raises:
        ValueError: An option has an invalid value.
        TypeError: An option does not exist.

    Examples:
        >>> formatter = formatter_for("codex", plain=True)
        >>> for line in (*formatter.feed(output), *formatter.flush()):
        ...     print(line)
    """
    return _ChosenFormatter(runtime or "", **options)


def __dir__() -> list[str]:
    return sorted(__all__)
