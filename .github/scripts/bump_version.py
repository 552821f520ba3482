#!/usr/bin/env python3
"""Sets the version of all packages, in every place that holds it.

usage: bump_version.py 1.2.3 [--release]

With --release, the unreleased entries of CHANGELOG.md, and those of release candidates of the version, become its
section, dated today in UTC. Prints each place. Fails, and writes nothing, if a place is missing or the changelog has no
such entries; fails if a place still has another version afterwards.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import changelog
import check_version
import versions
from common import TAG_PREFIX, VERSION, Failure, add_root, parser, run_main


def bump(root: Path, version: str, released: datetime.date | None) -> list[versions.Found]:
    """Write the version into every place, and return the places."""
    if not VERSION.fullmatch(version):
        raise Failure(f"{version!r} is not a version such as 1.2.3 or 1.2.3-rc.1")
    if (before := versions.current(root)) == version and not released:
        raise Failure(f"the version is {version} already")
    places = list(versions.find(root))
    texts = {found.path: (root / found.path).read_text(encoding="utf-8") for found in places}
    # From the end of a file, so that the positions before stay.
    for found in sorted(places, key=lambda found: found.start, reverse=True):
        if found.version != before:
            raise Failure(f"{found.path}:{found.line}: {found.name} is {found.version} instead of {before}")
        text = texts[found.path]
        texts[found.path] = text[: found.start] + version + text[found.end :]
    if released:
        log = (root / "CHANGELOG.md").read_text(encoding="utf-8")
        texts["CHANGELOG.md"] = changelog.release(log, version, released)
    for path, text in texts.items():
        (root / path).write_text(text, encoding="utf-8", newline="\n")
    check_version.check(root, TAG_PREFIX + version)
    after = list(versions.find(root))
    if len(after) != len(places):
        raise Failure(f"{len(places)} places had the version, and {len(after)} have it now")
    return after


def main(arguments: Sequence[str]) -> None:
    """Bump the repository."""
    options = parser(__doc__)
    options.add_argument("version")
    options.add_argument("--release", action="store_true", help="date the changelog")
    add_root(options)
    given = options.parse_args(arguments)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    for found in bump(given.root, given.version, today if given.release else None):
        print(f"{found.path}:{found.line}: {found.name}")


if __name__ == "__main__":
    run_main(main)
