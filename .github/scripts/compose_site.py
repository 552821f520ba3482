#!/usr/bin/env python3
"""Adds the documentation site of a version to a folder that has those of other versions.

usage: compose_site.py --site <folder> --into <folder> --version <version or main>

Each version has a folder, which replaces one of the same name. `latest` is a copy of the newest release, or of `main`
until there is a release; a pre-release never becomes `latest`, and is removed when the release of its version is added.
`versions.json` is what the site's menu of versions reads. The first page of all leads to `latest`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from common import VERSION, Failure, parser, run_main

MAIN = "main"
LATEST = "latest"
REDIRECT = '<!doctype html>\n<meta http-equiv="refresh" content="0; url={0}/">\n<title>Documentation</title>\n'


def order(version: str) -> tuple[list[int], bool, int]:
    """Return the key by which versions are sorted: a pre-release is before its release."""
    numbers, _, stage = version.partition("-")
    return [int(number) for number in numbers.split(".")], not stage, int(stage.rpartition(".")[2] or 0)


def compose(site: Path, pages: Path, version: str) -> list[str]:
    """Add a site, and return all versions, the newest release first and `main` last."""
    if version != MAIN and not VERSION.fullmatch(version):
        raise Failure(f"{version!r} is not a version")
    if not (site / "index.html").is_file():
        raise Failure(f"{site} has no index.html")
    for earlier in (pages / version, pages / LATEST, *pages.glob(f"{version}-*")):
        shutil.rmtree(earlier, ignore_errors=True)
    shutil.copytree(site, pages / version)
    folders = [path.name for path in pages.iterdir() if path.is_dir()]
    versions = sorted(filter(VERSION.fullmatch, folders), key=order, reverse=True)
    versions += [MAIN] if MAIN in folders else []
    latest = next((name for name in versions if "-" not in name), None)
    if latest:
        shutil.copytree(pages / latest, pages / LATEST)
        shutil.copy(pages / LATEST / "404.html", pages)
    entries = [{"version": name, "title": name, "aliases": [LATEST] * (name == latest)} for name in versions]
    (pages / "versions.json").write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
    (pages / "index.html").write_text(REDIRECT.format(LATEST if latest else versions[0]), encoding="utf-8")
    return versions


def main(arguments: Sequence[str]) -> None:
    """Add a site to a folder."""
    options = parser(__doc__)
    options.add_argument("--site", type=Path, required=True)
    options.add_argument("--into", type=Path, required=True)
    options.add_argument("--version", required=True)
    given = options.parse_args(arguments)
    given.into.mkdir(parents=True, exist_ok=True)
    print(*compose(given.site, given.into, given.version))


if __name__ == "__main__":
    run_main(main)
