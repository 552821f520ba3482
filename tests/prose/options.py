#!/usr/bin/env python3
"""Checks that the tables of docs/options.md list the options of every language, no more and no fewer.

Prints each difference, and exits with 1 if there is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from files import ROOT

RUST_METHOD = r"pub fn (\w+)\(mut self"
PYTHON_ARGUMENT = r"^        (\w+): "
KOTLIN_ARGUMENT = r"^        (\w+): "
KOTLIN_PROPERTY = r"^    val (\w+): "
SWIFT_PROPERTY = r"public var (\w+)[: ]"

PYTHON_CLIENT = "bindings/python/aod/client.py"
PYTHON_SESSIONS = "bindings/python/aod/resources/sessions.py"
KOTLIN = "bindings/kotlin/src/main/kotlin/com/ravihq/aod"
SWIFT = "bindings/swift/Sources/AgentOnDemand"

# Per table and language: files, the text before the options, the text after them, and what an option looks like.
SOURCES: dict[str, dict[str, list[tuple[str, str, str, str]]]] = {
    "Client": {
        "Rust": [("core/src/client/builder.rs", "impl ClientBuilder", "pub fn build(", RUST_METHOD)],
        "Python": [(PYTHON_CLIENT, "def __init__(", ") -> None:", PYTHON_ARGUMENT)],
        "Kotlin": [
            (f"{KOTLIN}/AodClient.kt", "public constructor(", ") : this(", KOTLIN_ARGUMENT),
            (f"{KOTLIN}/AodClient.kt", "whose tokens expire", ") : this(", KOTLIN_ARGUMENT),
        ],
        "Swift": [
            (f"{SWIFT}/Configuration.swift", "struct Configuration", "init()", SWIFT_PROPERTY),
            (f"{SWIFT}/AodClient.swift", "public convenience init(", ")", r"(\w+): "),
            (f"{SWIFT}/AodClient.swift", "whose tokens expire", ") throws", r"^        (\w+): "),
        ],
    },
    "Some calls": {
        "Rust": [("core/src/client/options.rs", "impl Options", "\n}\n", RUST_METHOD)],
        "Python": [(PYTHON_CLIENT, "def with_options(", ") -> Self:", PYTHON_ARGUMENT)],
        "Kotlin": [(f"{KOTLIN}/AodClient.kt", "fun withOptions(", "): AodClient", KOTLIN_ARGUMENT)],
        "Swift": [(f"{SWIFT}/Configuration.swift", "struct CallOptions", "public init(", SWIFT_PROPERTY)],
    },
    "Running a turn": {
        "Rust": [("core/src/resources/follow.rs", "struct RunResult", "struct Abandoned", RUST_METHOD)],
        "Python": [
            (PYTHON_SESSIONS, "    def run(", ") -> RunResult:", r"^        (on_\w+|collect_events|wait_for_quota): "),
            (PYTHON_SESSIONS, "    def ask(", ") -> RunResult:", r"^        (wait): "),
        ],
        "Kotlin": [
            (f"{KOTLIN}/Sessions.kt", "public suspend fun run(", "): RunResult", r"^        (on\w+|waitForQuota): "),
            (f"{KOTLIN}/Sessions.kt", "public suspend fun ask(", "): RunResult", r"^        (wait): "),
        ],
        "Swift": [
            (f"{SWIFT}/Sessions.swift", "public func run(", ") async throws", r"^        (on\w+|waitForQuota): "),
            (f"{SWIFT}/Sessions.swift", "public func ask(", ") async throws", r"(wait): "),
        ],
    },
    "Streams": {
        "Rust": [
            ("core/src/stream/request.rs", "impl<'a> StreamRequest<'a>", "async fn open(", RUST_METHOD),
            ("core/sse/src/reconnect.rs", "impl Reconnect", "fn delay(", RUST_METHOD),
            ("core/src/stream/mod.rs", "impl EventStream", "pub fn pretty(", RUST_METHOD),
        ],
        "Python": [(PYTHON_SESSIONS, "    def stream(", ") -> EventStream:", r"^        (?!session_id)(\w+): ")],
        "Kotlin": [(f"{KOTLIN}/StreamOptions.kt", "class StreamOptions", "init {", KOTLIN_PROPERTY)],
        "Swift": [
            (f"{SWIFT}/StreamOptions.swift", "struct StreamOptions", "public init(", SWIFT_PROPERTY),
            (f"{SWIFT}/StreamOptions.swift", "case withBackoff(", ")", r"(\w+): "),
        ],
    },
}
# `transport` exists for compatibility with 0.1.0, and must be `None`; `configuration` holds the other options.
NO_OPTIONS = {"transport", "configuration", "self"}


def options_in_code(sources: list[tuple[str, str, str, str]]) -> set[str]:
    """Return the names of the options that the sources of a language declare."""
    names: set[str] = set()
    for path, before, after, pattern in sources:
        _, start, rest = (ROOT / path).read_text(encoding="utf-8").partition(before)
        region, end, _ = rest.partition(after)
        found = set(re.findall(pattern, region, re.MULTILINE))
        if not (start and end and found):
            sys.exit(f"{path}: no options between {before!r} and {after!r}")
        names |= found
    return names - NO_OPTIONS


def options_in_page(page: str) -> Iterator[tuple[str, str, set[str]]]:
    """Yield the table, the language and the options of each column."""
    for section in page.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
        for column, heading in enumerate(rows[0]):
            if heading in ("Rust", "Python", "Kotlin", "Swift"):
                yield title, heading, {name for row in rows[2:] for name in re.findall(r"`(\w+)`", row[column])}


def main() -> int:
    """Compare the page with the code, and return the exit code."""
    seen = faults = 0
    for title, language, listed in options_in_page((ROOT / "docs/options.md").read_text(encoding="utf-8")):
        seen += 1
        declared = options_in_code(SOURCES[title][language])
        for name in sorted(listed ^ declared):
            place = "is not in the code" if name in listed else "is not in the table"
            print(f"docs/options.md: {title}, {language}: {name} {place}")
            faults += 1
    if seen != sum(map(len, SOURCES.values())):
        sys.exit("docs/options.md: a table or a column is missing")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
