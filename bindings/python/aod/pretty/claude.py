"""The formatter for Claude Code."""

from __future__ import annotations

from ._native_formatter import NativeFormatter

__all__ = ["ClaudeFormatter"]


class ClaudeFormatter(NativeFormatter):
    """Formats the `stream-json` output of Claude Code."""

    _runtime = "claude"


def __dir__() -> list[str]:
    return sorted(__all__)
