#!/usr/bin/env python3
"""Looks for words that this project does not use, listed with their replacements in refused_words.txt.

Prints the place of each, and exits with 1 if there is one. Arguments are the files to check; by default all that
people write.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from files import ROOT, written

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = Path(__file__).with_name("refused_words.txt")

EXEMPT = ("tests/prose/refused_words.txt", "tests/prose/test_refused_words.py")
"""The files whose subject the words are."""

_GAP = r"(?:[ \t]+|[ \t]*\n[ \t]*(?:///?|//!|\#+|\*|>|<!--)?[ \t]*)"
"""Between two words of a phrase: spaces, or the end of a line and what begins a line of a comment."""


@dataclass(frozen=True)
class Word:
    """A word or phrase, and what to say instead."""

    pattern: re.Pattern[str]
    instead: str
    where: tuple[str, ...]

    def applies_to(self, path: str) -> bool:
        """Return whether the word is refused in a file."""
        return not self.where or any(fnmatch(path, pattern) for pattern in self.where)


def read_list(text: str) -> list[Word]:
    """Read a list of `words | replacement`, of which those after a line `[patterns]` hold for the files named there."""
    words: list[Word] = []
    where: tuple[str, ...] = ()
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            where = tuple(line.strip("[]").split())
            continue
        phrase, _, instead = (part.strip() for part in line.partition(" | "))
        words.append(Word(_compile(phrase), instead, where))
    return words


def _compile(phrase: str) -> re.Pattern[str]:
    # A phrase with capitals is meant exactly so.
    flags = 0 if phrase != phrase.lower() else re.IGNORECASE
    if phrase.startswith("/"):
        return re.compile(phrase.strip("/").replace(" ", _GAP), flags)
    words = (re.escape(word) for word in phrase.split())
    return re.compile(r"(?<!\w)" + _GAP.join(words) + r"(?!\w)", flags)


def find(words: list[Word], path: str, text: str) -> Iterator[str]:
    """Return a line for each refused word of a text, in the order of the list."""
    for word in words:
        if not word.applies_to(path):
            continue
        for match in word.pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found = " ".join(match.group().split())
            yield f"{path}:{line}: “{found}”: say {word.instead}"


def main(paths: list[str]) -> int:
    """Check files, and return the exit code."""
    words = read_list(LIST.read_text(encoding="utf-8"))
    hits = 0
    for path in paths or written():
        if path in EXEMPT:
            continue
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        for hit in find(words, path, text):
            print(hit)
            hits += 1
    if hits:
        print(f"{hits} refused words; tests/prose/refused_words.txt has the list", file=sys.stderr)
    return 1 if hits else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
