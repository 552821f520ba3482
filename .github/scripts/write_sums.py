#!/usr/bin/env python3
"""Writes SHA256SUMS and manifest.json of a folder, in the form of `cargo bindgen release`, for what it does not build.

usage: write_sums.py <folder>

The manifest has the version, the commit, the version of rustc, and the checksum of Cargo.lock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import versions
from common import ROOT, Failure, parser, run, run_main, sha256


def main(arguments: Sequence[str]) -> None:
    """Write the two files."""
    options = parser(__doc__)
    options.add_argument("folder", type=Path)
    folder = options.parse_args(arguments).folder
    manifest = {
        "version": versions.current(ROOT),
        "commit": run(["git", "rev-parse", "HEAD"], cwd=ROOT).strip(),
        "rustc": run(["rustc", "--version"], cwd=ROOT).strip(),
        "lock": sha256(ROOT / "Cargo.lock"),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    if len(files) < 2:
        raise Failure(f"{folder} is empty")
    lines = (f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
