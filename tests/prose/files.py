#!/usr/bin/env python3
"""Lists the text files of the repository that people write: not data, generated or vendored ones.

With arguments, only the files whose names end so: files.py .md
"""

from __future__ import annotations

import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NOT_WRITTEN = (
    "*.lock",
    "*LICENSE",
    "bindgen/licences/*",
    "bindings/kotlin/api/*",
    "tests/data/*",
    "tests/fuzz/corpus/*",
)
"""Patterns of paths; a `*` matches slashes too."""


BUILT = {".build", "__pycache__", "dist", "target"}
"""Folders to leave out where git does not say which files are the repository's."""


def written(root: Path = ROOT) -> list[str]:
    """Return the paths of the files, relative to the root, in order."""
    paths = _tracked(root) if (root / ".git").exists() else _found(root)
    return [
        path for path in paths if not any(fnmatch(path, pattern) for pattern in NOT_WRITTEN) and _is_text(root / path)
    ]


def _tracked(root: Path) -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted(path for path in set(listing.split("\0")) if path)


def _found(root: Path) -> list[str]:
    paths = (path.relative_to(root) for path in root.rglob("*"))
    return sorted(path.as_posix() for path in paths if BUILT.isdisjoint(path.parts))


def _is_text(path: Path) -> bool:
    # A file that was deleted is listed until that is committed.
    return path.is_file() and b"\0" not in path.read_bytes()[:8192]


if __name__ == "__main__":
    suffixes = tuple(sys.argv[1:])
    for path in written():
        if not suffixes or path.endswith(suffixes):
            print(path)
