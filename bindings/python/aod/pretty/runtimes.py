"""The formatters for the other runtimes, and the choice among all."""

from __future__ import annotations

from typing_extensions import Unpack

from ._lines import Formatter, FormatterOptions, Lines
from .claude import ClaudeFormatter

__all__ = ["CodexFormatter", "GeminiFormatter", "GenericFormatter", "OpencodeFormatter", "formatter_for"]


class CodexFormatter(Lines):
    """For the output of `codex exec --json`, of all three generations of it."""

    _runtime = "codex"


class GeminiFormatter(Lines):
    """For the output of Gemini CLI with `--output-format stream-json`, and with `json`.

    The agent's text comes in fragments, and appears as one when anything else follows it, or at the end.
    """

    _runtime = "gemini"


class OpencodeFormatter(Lines):
    """For the output of `opencode run --format json`, of versions 1 and 2.

    The cost in the last line leaves out that of other agents that were started: it is not in the output.
    """

    _runtime = "opencode"


class GenericFormatter(Lines):
    """For output that is shown as it is."""

    _runtime = "generic"


def formatter_for(runtime: str | None = None, **options: Unpack[FormatterOptions]) -> Formatter:
    """Give the formatter that suits a runtime or provider, in any case, by what the name contains.

    `claude` or the provider `anthropic`, `codex` or `openai`, `gemini` or `google`, and `opencode` have their own;
    for all others it is a `GenericFormatter`.
    """
    name = (runtime or "").lower()
    if "claude" in name or name == "anthropic":
        return ClaudeFormatter(**options)
    if "codex" in name or name == "openai":
        return CodexFormatter(**options)
    if "gemini" in name or name == "google":
        return GeminiFormatter(**options)
    if "opencode" in name:
        return OpencodeFormatter(**options)
    return GenericFormatter(**options)
