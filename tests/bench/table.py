#!/usr/bin/env python3
"""Writes the figures of tests/bench/results.json into docs/performance.md; with --check, fails if they are not there.

The benches append their figures to the file that AOD_BENCH_RESULTS names, one JSON object a line:

    {"bench": "agents.get", "figure": "cpu", "unit": "ms", "ours": 61.2, "peer": "aod-sdk 0.1.0", "theirs": 310.5}

Of a unit that ends in `/s`, more is better; of every other unit, less. Without a peer, both are null or absent.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests/bench/results.json"
PAGE = ROOT / "docs/performance.md"
LANGUAGES = ("rust", "python", "kotlin", "swift")

Figure = dict[str, Any]

_MARKED = re.compile(r"(<!-- results -->\n).*(<!-- end of the results -->\n)", re.DOTALL)


def committed() -> dict[str, dict[str, Any]]:
    """Return the committed results by language."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def write(results: dict[str, dict[str, Any]]) -> None:
    """Replace the committed results, and those on the page."""
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def ratio(figure: Figure) -> float | None:
    """Return how many times better than the peer's value ours is."""
    ours: float = figure["ours"]
    theirs: float | None = figure.get("theirs")
    if theirs is None:
        return None
    return ours / theirs if figure["unit"].endswith("/s") else theirs / ours


def value(number: float | None, unit: str) -> str:
    """Return a value with three digits and its unit."""
    if number is None:
        return "-"
    digits = next((digits for digits, limit in ((2, 10), (1, 100)) if number < limit), 0)
    return f"{number:,.{digits}f} {unit}"


def cells(figure: Figure) -> list[str]:
    """Return the cells of a row of the table."""
    ours, theirs = (value(figure.get(whose), figure["unit"]) for whose in ("ours", "theirs"))
    times = ratio(figure)
    return [
        figure["bench"],
        figure["figure"],
        ours,
        figure.get("peer") or "-",
        theirs,
        "-" if times is None else f"{times:.2f}",
    ]


def where(results: dict[str, Any]) -> str:
    """Return when, with what and on which machine figures were measured."""
    machine = results["machine"]
    return ", ".join(
        [
            results["date"],
            f"commit {results['commit']}",
            *results["versions"],
            machine["cpu"],
            f"{machine['cores']} cores",
            machine["memory"],
            machine["system"],
        ]
    )


def section(language: str, results: dict[str, Any]) -> str:
    """Return the section of a language, with its table."""
    rows = [["Work", "Figure", "This SDK", "Peer", "Peer's value", "Ratio"], ["---", "---", "--:", "---", "--:", "--:"]]
    rows += map(cells, results["figures"])
    return "\n".join(
        [
            f"### {language.capitalize()}",
            "",
            f"{where(results)}:",
            "",
            *("| " + " | ".join(row) + " |" for row in rows),
            "",
        ]
    )


def page() -> str:
    """Return the page with the committed results."""
    results = committed()
    sections = "\n".join(section(language, results[language]) for language in LANGUAGES if language in results)
    text, count = _MARKED.subn(lambda marks: f"{marks[1]}\n{sections}\n{marks[2]}", PAGE.read_text(encoding="utf-8"))
    if count != 1:
        sys.exit(f"{PAGE.relative_to(ROOT)} has no place for the results")
    return text


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/performance.md does not have the figures of tests/bench/results.json: run tests/bench/table.py")
