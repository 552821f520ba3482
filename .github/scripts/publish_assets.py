#!/usr/bin/env python3
"""Adds the files of a release to its page on GitHub, and sets the text of the page to the section of the changelog.

usage: publish_assets.py --files <folder>

Uses `gh` with the token in GH_TOKEN; the release is that of the tag in TAG, of the repository GITHUB_REPOSITORY. A file
that the release has already is skipped if its checksum is the same, and is an error otherwise. One whose upload did not
end is deleted and uploaded again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import changelog
from common import Failure, add_root, parser, run, run_main, sha256, variable, version_of_tag


def main(arguments: Sequence[str]) -> None:
    """Upload what is missing."""
    options = parser(__doc__)
    options.add_argument("--files", type=Path, required=True)
    add_root(options)
    given = options.parse_args(arguments)
    tag, repository = variable("TAG"), ["--repo", variable("GITHUB_REPOSITORY")]
    notes = changelog.section((given.root / "CHANGELOG.md").read_text(encoding="utf-8"), version_of_tag(tag))
    release = json.loads(run(["gh", "release", "view", tag, *repository, "--json", "assets"]))
    incomplete = {asset["name"] for asset in release["assets"] if asset["state"] != "uploaded"}
    digests = {asset["name"]: asset.get("digest") for asset in release["assets"] if asset["name"] not in incomplete}
    files = sorted(path for path in given.files.iterdir() if path.is_file())
    if not files:
        raise Failure(f"{given.files} is empty")
    uploaded = [path for path in files if path.name in digests]
    if other := [path.name for path in uploaded if digests[path.name] != f"sha256:{sha256(path)}"]:
        raise Failure(f"the release {tag} has other files of these names: {', '.join(other)}")
    for path in uploaded:
        print(f"{path.name} is uploaded already")
    for name in sorted(incomplete & {path.name for path in files}):
        run(["gh", "release", "delete-asset", tag, *repository, "--yes", name])
    if missing := [str(path) for path in files if path.name not in digests]:
        run(["gh", "release", "upload", tag, *repository, *missing])
    run(["gh", "release", "edit", tag, *repository, "--notes-file", "-"], stdin=notes)


if __name__ == "__main__":
    run_main(main)
