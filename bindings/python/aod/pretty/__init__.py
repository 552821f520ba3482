"""Formatters that turn what an agent prints into lines for people."""

from .claude import ClaudeFormatter, Formatter, GenericFormatter, formatter_for

__all__ = ["ClaudeFormatter", "Formatter", "GenericFormatter", "formatter_for"]
