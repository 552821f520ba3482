#!/usr/bin/env python3
"""Removes the Python packages that an index already has, so that only the others are uploaded.

usage: missing_wheels.py --folder <folder> [--index https://pypi.org]

The index is that of the environment variable INDEX by default. Fails if the index has a file of the same name with
another checksum: a file cannot be replaced, so the release needs another version. Sets the output `missing`, the number
of files to upload.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from common import Failure, get_json, parser, run_main, set_output, sha256


def uploaded(index: str, project: str, version: str) -> dict[str, str]:
    """Return the checksum of each file of a version that the index has."""
    answer = get_json(f"{index}/pypi/{project}/{version}/json")
    return {} if answer is None else {file["filename"]: file["digests"]["sha256"] for file in answer["urls"]}


def remove_uploaded(folder: Path, index: str) -> int:
    """Remove the files that the index has, and return how many are left.

    Raises:
        Failure: The index has another file of the same name.
    """
    files = sorted(path for path in folder.iterdir() if path.name.endswith((".whl", ".tar.gz")))
    if not files:
        raise Failure(f"{folder} has no packages")
    known: dict[str, str] = {}
    for project, version in sorted({_project(path) for path in files}):
        known |= uploaded(index, project, version)
    done = [path for path in files if path.name in known]
    if other := [path.name for path in done if known[path.name] != sha256(path)]:
        raise Failure(f"{index} has other files of these names: {', '.join(other)}")
    for path in done:
        print(f"{path.name} is uploaded already")
        path.unlink()
    return len(files) - len(done)


def _project(path: Path) -> tuple[str, str]:
    name, version = path.name.removesuffix(".tar.gz").split("-")[:2]
    return name.replace("_", "-"), version


def main(arguments: Sequence[str]) -> None:
    """Remove what is uploaded."""
    options = parser(__doc__)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--index", default=os.environ.get("INDEX") or "https://pypi.org")
    given = options.parse_args(arguments)
    set_output("missing", str(remove_uploaded(given.folder, given.index.rstrip("/"))))


if __name__ == "__main__":
    run_main(main)
