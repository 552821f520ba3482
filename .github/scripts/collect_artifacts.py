#!/usr/bin/env python3
"""Collects the files of a release from the builds, and checks that they are complete and belong together.

usage: collect_artifacts.py --builds <folder> --into <folder> [--version 1.2.3] [--commit <sha>]

The folder of builds has a folder `dist-<build>` for each build that .github/artifacts.txt names, as the builds
uploaded it: with SHA256SUMS and manifest.json, as `cargo bindgen release` writes them. The version and the commit are
those of the environment variables VERSION and GITHUB_SHA by default.

Fails, with a list, if a file is missing or there is more than one; if a file is not the one of SHA256SUMS; and if the
manifests differ in version, commit, compiler or lock file. Writes the files into folders for each registry, with
SHA256SUMS and manifest.json for all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from common import ROOT, Failure, add_from_environment, parser, python_version, run_main, sha256, variable

SAME = ("version", "commit", "rustc", "lock")
"""What the manifests of all builds have in common."""


@dataclass(frozen=True)
class Line:
    """A line of artifacts.txt."""

    build: str
    registry: str
    name: str
    any_number: bool


def read_list(text: str, version: str) -> list[Line]:
    """Read artifacts.txt for a version."""
    lines = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words:
            build, registry, *rest = words
            name = rest[-1].replace("{version}", version).replace("{python}", python_version(version))
            lines.append(Line(build, registry, name, rest[:-1] == ["any"]))
    return lines


def check_sums(folder: Path) -> Iterator[str]:
    """Yield what is wrong with SHA256SUMS in a folder."""
    sums = folder / "SHA256SUMS"
    if not sums.is_file():
        yield f"{folder.name}: no SHA256SUMS"
        return
    for line in sums.read_text(encoding="utf-8").splitlines():
        expected, _, name = line.partition(" ")
        path = folder / name.strip().removeprefix("*")
        if not path.is_file():
            yield f"{folder.name}: no {name.strip()}, which SHA256SUMS lists"
        elif sha256(path) != expected:
            yield f"{folder.name}: {name.strip()} has another checksum than in SHA256SUMS"


def check_manifests(manifests: dict[str, dict[str, Any]], version: str, commit: str) -> Iterator[str]:
    """Yield what differs between the manifests, or from the release."""
    expected = dict(next(iter(manifests.values()), {}), version=version, commit=commit)
    for build, manifest in manifests.items():
        for key in SAME:
            if manifest.get(key) != expected.get(key) or key not in manifest:
                yield f"{build}: {key} is {manifest.get(key)!r} instead of {expected.get(key)!r}"


def collect(builds: Path, into: Path, version: str, commit: str, artifacts: str) -> list[Path]:
    """Copy the files of the release, and return their paths.

    Raises:
        Failure: The builds are not complete, or do not belong together.
    """
    faults: list[str] = []
    manifests: dict[str, dict[str, Any]] = {}
    chosen: dict[Path, Path] = {}
    lines = read_list(artifacts, version)
    for build in dict.fromkeys(line.build for line in lines):
        folder = builds / f"dist-{build}"
        if not (folder / "manifest.json").is_file():
            faults.append(f"{build}: no {folder.name}/manifest.json")
            continue
        manifests[build] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        faults += check_sums(folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        summed = {line.split()[-1].removeprefix("*") for line in _lines(folder / "SHA256SUMS")}
        for line in lines:
            if line.build != build:
                continue
            found = [path for path in files if fnmatchcase(path.name, line.name)]
            if len(found) != 1 and not line.any_number:
                faults.append(f"{build}: {len(found)} files {line.name} instead of one")
            for path in found:
                if path.relative_to(folder).as_posix() not in summed:
                    faults.append(f"{build}: {path.name} is not in SHA256SUMS")
                target = into / line.registry / path.name
                if target in chosen.values():
                    faults.append(f"{build}: {path.name} comes from two builds")
                chosen[path] = target
    faults += check_manifests(manifests, version, commit)
    if faults:
        raise Failure("\n".join(["the release is not complete:", *(f"  {fault}" for fault in faults)]))

    for source, target in chosen.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    targets = sorted(chosen.values())
    sums = "".join(f"{sha256(path)}  {path.name}\n" for path in targets)
    manifest = {"version": version, "commit": commit, "builds": manifests}
    (into / "assets").mkdir(parents=True, exist_ok=True)
    (into / "assets/SHA256SUMS").write_text(sums, encoding="utf-8")
    (into / "assets/manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return targets


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def main(arguments: Sequence[str]) -> None:
    """Collect the files."""
    options = parser(__doc__)
    options.add_argument("--builds", type=Path, required=True)
    options.add_argument("--into", type=Path, required=True)
    add_from_environment(options, "--version", "VERSION")
    add_from_environment(options, "--commit", "GITHUB_SHA")
    options.add_argument("--list", type=Path, default=ROOT / ".github/artifacts.txt", help="what a release consists of")
    given = options.parse_args(arguments)
    version, commit = given.version or variable("VERSION"), given.commit or variable("GITHUB_SHA")
    text = given.list.read_text(encoding="utf-8")
    for path in collect(given.builds, given.into, version, commit, text):
        print(path.relative_to(given.into))


if __name__ == "__main__":
    run_main(main)
