"""Formatters that turn what an agent prints into lines for people.

    with client.sessions.stream(ack.id) as events:
        for line in events.pretty(plain=True):
            print(line)

Or over output that comes from elsewhere:

    formatter = formatter_for("codex")
    for line in (*formatter.feed(output), *formatter.flush()):
        print(line)

`consume`, `feed` and `flush` are lazy: nothing happens before their results are iterated.
"""

from ._native_formatter import Formatter, FormatterOptions
from .claude import ClaudeFormatter
from .runtimes import (
    CodexFormatter,
    GeminiFormatter,
    GenericFormatter,
    OpencodeFormatter,
    SessionFormatter,
    formatter_for,
)

__all__ = [
    "ClaudeFormatter",
    "CodexFormatter",
    "Formatter",
    "FormatterOptions",
    "GeminiFormatter",
    "GenericFormatter",
    "OpencodeFormatter",
    "SessionFormatter",
    "formatter_for",
]
