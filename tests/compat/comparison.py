"""Runs the program under both packages and compares what it tells, with what is meant to differ left out."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRAM = pathlib.Path(__file__).parent / "program"
ABSENT = "<absent>"
"""What a package tells of something that only the other one told."""

Told = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One thing that the packages do not agree on."""

    name: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.name}\n    theirs {gist(self.theirs)}\n    ours   {gist(self.ours)}"


@dataclass(frozen=True)
class Changed:
    """An outcome that is meant to differ. Outcomes are matched by their gist; `*` in a pattern is any text."""

    reason: str
    names: tuple[str, ...]
    theirs: str
    ours: str
    parts: frozenset[str] | None = None
    """What alone may differ when both raise; anything if it is not said."""

    def covers(self, difference: Difference) -> bool:
        return (
            any(matches(name, difference.name) for name in self.names)
            and matches(self.theirs, gist(difference.theirs))
            and matches(self.ours, gist(difference.ours))
            and (self.parts is None or self._rest(difference.theirs) == self._rest(difference.ours))
        )

    def _rest(self, outcome: Any) -> dict[str, Any]:
        return {key: value for key, value in outcome["raises"].items() if key not in (self.parts or ())}


@dataclass(frozen=True)
class Added:
    """Something that only ours has, and that is left out before outcomes are compared."""

    reason: str
    names: tuple[str, ...]
    pairs: frozenset[str] = field(default=frozenset())
    """Fields of models and dictionaries, by their name."""
    items: frozenset[str] = field(default=frozenset())
    """Elements of lists."""
    text: str | None = None
    """What is cut out of texts, as a regular expression."""

    def covers(self, name: str) -> bool:
        return any(matches(pattern, name) for pattern in self.names)

    def without(self, value: Any) -> Any:
        """The value, with what was added left out."""
        if isinstance(value, str):
            return re.sub(self.text, "", value) if self.text else value
        if isinstance(value, list):
            return [self.without(part) for part in value if not (isinstance(part, str) and part in self.items)]
        if isinstance(value, dict):
            pairs = value.get("pairs")
            if isinstance(pairs, list):
                kept = [pair for pair in pairs if not (isinstance(pair[0], str) and pair[0] in self.pairs)]
                return {"pairs": [self.without(pair) for pair in kept]}
            return {key: self.without(part) for key, part in value.items()}
        return value


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern, in which `*` is any text, is that of the whole text."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def gist(value: Any) -> str:
    """An outcome in short: what was raised, or the value."""
    if isinstance(value, dict) and "raises" in value:
        return f"raises {value['raises']['class']}"
    return json.dumps(value, ensure_ascii=False)


def told_under(python: str) -> Told:
    """Runs the program under an interpreter's package."""
    # A fresh environment: nothing that a developer has set may decide what is told.
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "AOD_DEVSERVER") if name in os.environ}
    lines = subprocess.run(
        [python, str(PROGRAM)], env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=1200
    ).stdout.splitlines()
    return {name: value for line in lines for name, value in json.loads(line).items()}


def judge(
    theirs: Told, ours: Told, added: Iterable[Added], changed: Iterable[Changed]
) -> tuple[list[Difference], list[Added | Changed]]:
    """Gives the differences that nothing allows, and the allowances that nothing needs."""
    added, changed = list(added), list(changed)
    used: set[int] = set()
    unlisted = []
    for name in dict.fromkeys([*theirs, *ours]):
        left, right = theirs.get(name, ABSENT), ours.get(name, ABSENT)
        if left == right:
            continue
        for allowance in added:
            if allowance.covers(name):
                rest = allowance.without(right)
                if rest != right:
                    used.add(id(allowance))
                    right = rest
        if left == right:
            continue
        difference = Difference(name, left, right)
        covering = [allowance for allowance in changed if allowance.covers(difference)]
        if covering:
            used.update(map(id, covering))
        else:
            unlisted.append(difference)
    return unlisted, [allowance for allowance in [*added, *changed] if id(allowance) not in used]
