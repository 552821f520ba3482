#!/usr/bin/env python3
"""Publishes the crates of the workspace to crates.io, each after those that it depends on.

usage: publish_crates.py --crates <folder> [--package <folder>] [--index https://index.crates.io]

The folder has the packaged crates of the release. A crate that the index has already is skipped if its checksum is
that of the packaged one, and is an error otherwise. Cargo packages the others again, but compiles nothing: before
anything is uploaded, the script checks that the result is the same as in the release. Cargo waits until the index has
the crate, and takes the token from CARGO_REGISTRY_TOKEN, which the build scripts of dependencies must not see.

With --package, packages and verifies the crates into a folder instead, and uploads nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import ROOT, Failure, parser, request, run, run_main, sha256


def crates() -> list[tuple[str, str]]:
    """Return the name and version of the crates to publish, each after those that it depends on."""
    metadata = json.loads(run(["cargo", "metadata", "--no-deps", "--locked", "--format-version", "1"], cwd=ROOT))
    published: dict[str, dict[str, Any]] = {
        package["name"]: package for package in metadata["packages"] if package["publish"] != []
    }
    ordered: list[tuple[str, str]] = []

    def add(name: str) -> None:
        package = published[name]
        if (name, package["version"]) in ordered:
            return
        for dependency in package["dependencies"]:
            # Cargo leaves out dependencies for tests that have no version.
            if dependency["name"] in published and (dependency["kind"] != "dev" or dependency["req"] != "*"):
                add(dependency["name"])
        ordered.append((name, package["version"]))

    for name in sorted(published):
        add(name)
    return ordered


def published_checksum(index: str, name: str, version: str) -> str | None:
    """Return the checksum of a crate in the index, or None if the index has no such version."""
    path = f"{name[:2]}/{name[2:4]}/{name}" if len(name) > 3 else f"{len(name)}/{name}"
    lines = (request(f"{index}/{path}") or b"").decode().splitlines()
    for entry in map(json.loads, lines):
        if entry["vers"] == version:
            return str(entry["cksum"])
    return None


def package(names: Sequence[str], *options: str) -> Path:
    """Package the crates, by default compile what is packaged, and return the folder of the results."""
    selected = [argument for name in names for argument in ("--package", name)]
    # A rehearsal packages with a version that is not committed.
    run(["cargo", "package", "--locked", "--allow-dirty", *options, *selected], cwd=ROOT)
    return ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "package"


def publish(folder: Path, index: str) -> None:
    """Publish what the index does not have.

    Raises:
        Failure: The index has something else, Cargo packages something else, or Cargo fails.
    """
    missing: list[tuple[str, str, Path]] = []
    for name, version in crates():
        path = folder / f"{name}-{version}.crate"
        if not path.is_file():
            raise Failure(f"{path} is missing")
        known = published_checksum(index, name, version)
        if known is None:
            missing.append((name, version, path))
        elif known == sha256(path):
            print(f"{name} {version} is published already")
        else:
            raise Failure(f"{name} {version} is published with other content; the release needs another version")
    if not missing:
        return
    packaged = package([name for name, _, _ in missing], "--no-verify")
    for _, _, path in missing:
        if sha256(packaged / path.name) != sha256(path):
            raise Failure(f"{path.name} is not what Cargo packages here; nothing was published")
    for name, version, _ in missing:
        run(["cargo", "publish", "--locked", "--no-verify", "--package", name], cwd=ROOT)
        print(f"{name} {version} is published")


def main(arguments: Sequence[str]) -> None:
    """Publish or package the crates."""
    options = parser(__doc__)
    options.add_argument("--crates", type=Path)
    options.add_argument("--package", type=Path)
    options.add_argument("--index", default=os.environ.get("INDEX") or "https://index.crates.io")
    given = options.parse_args(arguments)
    if given.package:
        packaged = package([name for name, _ in crates()])
        given.package.mkdir(parents=True, exist_ok=True)
        for name, version in crates():
            shutil.copy(packaged / f"{name}-{version}.crate", given.package)
    elif given.crates:
        publish(given.crates, given.index.rstrip("/"))
    else:
        raise Failure("either --crates or --package is needed")


if __name__ == "__main__":
    run_main(main)
