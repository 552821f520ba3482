"""The formatter for Claude Code."""

from __future__ import annotations

from ._lines import Lines

__all__ = ["ClaudeFormatter"]


class ClaudeFormatter(Lines):
    """For the `stream-json` output of Claude Code."""

    _runtime = "claude"
