"""Runs the program under both packages and compares the outcomes, apart from intended differences."""

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
"""Stands for an outcome that only the other package has."""

Outcomes = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """An outcome that differs between the packages."""

    name: str
    published: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.name}\n    published {summary(self.published)}\n    ours   {summary(self.ours)}"


@dataclass(frozen=True)
class Changed:
    """An intended difference. Patterns match summaries of outcomes; `*` stands for any text."""

    reason: str
    names: tuple[str, ...]
    published: str
    ours: str
    parts: frozenset[str] | None = None
    """The only parts that may differ if both raise; by default all may."""

    def covers(self, difference: Difference) -> bool:
        return (
            any(matches(name, difference.name) for name in self.names)
            and matches(self.published, summary(difference.published))
            and matches(self.ours, summary(difference.ours))
            and (self.parts is None or self._rest(difference.published) == self._rest(difference.ours))
        )

    def _rest(self, outcome: Any) -> dict[str, Any]:
        return {key: value for key, value in outcome["raises"].items() if key not in (self.parts or ())}


@dataclass(frozen=True)
class Added:
    """An intended addition, which is removed before outcomes are compared."""

    reason: str
    names: tuple[str, ...]
    pairs: frozenset[str] = field(default=frozenset())
    """Names of fields of models and dictionaries."""
    items: frozenset[str] = field(default=frozenset())
    """Elements of lists."""
    text: str | None = None
    """A regular expression for the parts of texts to remove."""

    def covers(self, name: str) -> bool:
        return any(matches(pattern, name) for pattern in self.names)

    def without(self, value: Any) -> Any:
        """Returns the value without the addition."""
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
    """Returns whether a pattern, in which `*` stands for any text, matches the whole text."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def summary(value: Any) -> str:
    """Returns the exception's class or the value, as text."""
    if isinstance(value, dict) and "raises" in value:
        return f"raises {value['raises']['class']}"
    return json.dumps(value, ensure_ascii=False)


def outcomes_under(python: str) -> Outcomes:
    """Runs the program under an interpreter's package and returns its outcomes by name."""
    # A minimal environment, so that a developer's variables do not affect the outcomes.
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "AOD_DEVSERVER") if name in os.environ}
    lines = subprocess.run(
        [python, str(PROGRAM)], env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=1200
    ).stdout.splitlines()
    return {name: value for line in lines for name, value in json.loads(line).items()}


def compare(
    published: Outcomes, ours: Outcomes, added: Iterable[Added], changed: Iterable[Changed]
) -> tuple[list[Difference], list[Added | Changed]]:
    """Returns the unlisted differences, and the listed ones that do not occur."""
    added, changed = list(added), list(changed)
    used: set[int] = set()
    unlisted = []
    for name in dict.fromkeys([*published, *ours]):
        left, right = published.get(name, ABSENT), ours.get(name, ABSENT)
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
