"""Formatters that turn what an agent prints into lines for people.

    from aod.pretty import formatter_for

    formatter = formatter_for(agent.runtime)
    with client.sessions.stream(ack.id) as events:
        for event in events:
            for line in formatter.consume(event):
                print(line)
    for line in formatter.flush():
        print(line)

`consume`, `feed` and `flush` are lazy: nothing happens before their results are iterated.
"""

from ._lines import Formatter, FormatterOptions
from .claude import ClaudeFormatter
from .runtimes import CodexFormatter, GeminiFormatter, GenericFormatter, OpencodeFormatter, formatter_for

__all__ = [
    "ClaudeFormatter",
    "CodexFormatter",
    "Formatter",
    "FormatterOptions",
    "GeminiFormatter",
    "GenericFormatter",
    "OpencodeFormatter",
    "formatter_for",
]
