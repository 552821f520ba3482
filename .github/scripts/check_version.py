#!/usr/bin/env python3
"""Checks that every place has the version of the workspace, and that a release tag names it.

usage: check_version.py [--tag aod-sdk-v1.2.3]

The tag is that of the environment variable TAG by default; without one, only the places are compared. Prints each place
that differs, and exits with 1 if there is one. Sets the outputs `version` and, in a repository, `commit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import versions
from common import Failure, add_from_environment, add_root, parser, run, run_main, set_output, version_of_tag


def check(root: Path, tag: str) -> str:
    """Return the version that all places have.

    Raises:
        Failure: A place differs from the others, or from the tag.
    """
    expected = version_of_tag(tag) if tag else versions.current(root)
    differing = [found for found in versions.find(root) if found.version != expected]
    if differing:
        lines = (f"  {found.path}:{found.line}: {found.name} is {found.version}" for found in differing)
        source = f"the tag {tag}" if tag else "Cargo.toml"
        raise Failure("\n".join([f"{len(differing)} places differ from {expected}, the version of {source}:", *lines]))
    return expected


def main(arguments: Sequence[str]) -> None:
    """Check the repository."""
    options = parser(__doc__)
    add_from_environment(options, "--tag", "TAG")
    add_root(options)
    given = options.parse_args(arguments)
    set_output("version", check(given.root, given.tag))
    if (given.root / ".git").exists():
        set_output("commit", run(["git", "rev-parse", "HEAD"], cwd=given.root).strip())


if __name__ == "__main__":
    run_main(main)
