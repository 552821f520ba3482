#!/usr/bin/env python3
"""Checks that a change of the recorded public API comes with a change of CHANGELOG.md.

usage: check_changelog.py [--base origin/main]

The base, from which the change starts, is that of the environment variable BASE by default. Prints the records that
changed, and exits with 1 if the changelog did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from common import Failure, add_from_environment, add_root, parser, run, run_main

RECORDS = ("core/api/*", "core/*/api/*", "bindings/*/api/*")
"""Patterns of the files that record the public API."""


def changed(root: Path, base: str) -> list[str]:
    """Return the files that differ between the last common commit with the base and the current commit."""
    if not base or base.startswith("-"):
        raise Failure(f"no base to compare with: {base!r}")
    return run(["git", "diff", "--name-only", "-z", f"{base}...HEAD", "--"], cwd=root).strip("\0").split("\0")


def check(root: Path, base: str) -> list[str]:
    """Return the records that changed.

    Raises:
        Failure: The changelog did not change with them.
    """
    files = changed(root, base)
    records = [path for path in files if any(fnmatch(path, pattern) for pattern in RECORDS)]
    if records and "CHANGELOG.md" not in files:
        listed = "\n".join(f"  {path}" for path in records)
        raise Failure(f"the public API changes, and CHANGELOG.md does not:\n{listed}\nAdd an entry under [Unreleased].")
    return records


def main(arguments: Sequence[str]) -> None:
    """Check the current commit."""
    options = parser(__doc__)
    add_from_environment(options, "--base", "BASE")
    add_root(options)
    given = options.parse_args(arguments)
    for record in check(given.root, given.base):
        print(f"{record} changes, and CHANGELOG.md too")


if __name__ == "__main__":
    run_main(main)
