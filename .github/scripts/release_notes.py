#!/usr/bin/env python3
"""Prints the section of a version in CHANGELOG.md, which is the text of its release.

usage: release_notes.py [--version 1.2.3] [--check]

The version is that of the tag in the environment variable TAG by default. With --check, only checks the form of the
file, and that of the version's section if there is a version. Exits with 1 if the section is missing, empty or not
dated.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import changelog
from common import Failure, add_root, parser, run_main, version_of_tag


def main(arguments: Sequence[str]) -> None:
    """Print the section."""
    options = parser(__doc__)
    options.add_argument("--version", default="")
    options.add_argument("--check", action="store_true")
    add_root(options)
    given = options.parse_args(arguments)
    tag = os.environ.get("TAG", "")
    version = given.version or (version_of_tag(tag) if tag else "")
    text = (given.root / "CHANGELOG.md").read_text(encoding="utf-8")
    changelog.check(text)
    notes = changelog.section(text, version) if version else ""
    if not given.check:
        if not version:
            raise Failure("no version is given")
        print(notes)


if __name__ == "__main__":
    run_main(main)
