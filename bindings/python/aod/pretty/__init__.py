"""Formatters that show an agent's output as human-readable lines.

`consume`, `feed` and `flush` are generators: nothing happens before their results are iterated.

See [Transcripts](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/#lines-for-a-terminal).

Examples:
    >>> with client.sessions.stream(ack.id) as events:
    ...     for line in events.pretty(plain=True):
    ...         print(line)

    For output that does not come from a stream:

    >>> formatter = formatter_for("codex")
    >>> for line in (*formatter.feed(output), *formatter.flush()):
    ...     print(line)
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


def __dir__() -> list[str]:
    return sorted(__all__)
