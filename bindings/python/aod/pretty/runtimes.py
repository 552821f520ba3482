"""The formatters for the other runtimes, and for whatever a session runs."""

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


class CodexFormatter(NativeFormatter):
    """For the output of `codex exec --json`, of all three generations of it."""

    _runtime = "codex"


class GeminiFormatter(NativeFormatter):
    """For the output of Gemini CLI with `--output-format stream-json`, and with `json`.

    The agent's text comes in fragments, and appears as one when anything else follows it, or at the end.
    """

    _runtime = "gemini"


class OpencodeFormatter(NativeFormatter):
    """For the output of `opencode run --format json`, of versions 1 and 2.

    The cost in the last line leaves out that of other agents that were started: it is not in the output.
    """

    _runtime = "opencode"


class GenericFormatter(NativeFormatter):
    """For output that is shown as it is."""

    _runtime = "generic"


class SessionFormatter(NativeFormatter):
    """For a session's whole stream, whose `start` event picks the formatter of its runtime.

    It is flushed when a further turn starts, whose output is another process's. What is fed before any event is shown
    as it is.
    """

    _runtime = None

    def consume(self, event: StreamEvent) -> Iterator[str]:
        """Feed the standard output in an event; `start` picks, `turn_start` flushes, and others show nothing."""
        if event.type in ("start", "turn_start"):
            told = {"type": event.type, **{name: event.extra.get(name) for name in ("runtime", "provider")}}
            yield from self._lines(self._core.consume(without_surrogates(json.dumps(told, ensure_ascii=False))))
        else:
            yield from super().consume(event)


class _ChosenFormatter(NativeFormatter):
    def __init__(self, runtime: str, **options: Unpack[FormatterOptions]) -> None:
        self._runtime = runtime
        super().__init__(**options)


def formatter_for(runtime: str | None = None, **options: Unpack[FormatterOptions]) -> Formatter:
    """Return the formatter that suits a runtime or provider, in any case, by what the name contains.

    `claude` or the provider `anthropic`, `codex` or `openai`, `gemini` or `google`, and `opencode` have their own;
    the output of all others is shown as it is.
    """
    return _ChosenFormatter(runtime or "", **options)
