#!/usr/bin/env python3
"""Checks what the pages in docs/ and CONTRIBUTING.md name in backticks: files and folders, and tests (`path::name`).

Prints the place of each that is not there, and exits with 1 if there is one.
"""

from __future__ import annotations

import re
import sys

from files import ROOT, written

PAGES = ("docs/", "CONTRIBUTING.md", "SECURITY.md", "tests/README.md")
FOLDERS = ("core", "bindings", "bindgen", "tests", "docs", ".github", ".cargo", ".config")
GENERATED = ("bindings/kotlin/generated", "bindings/kotlin/natives", "bindings/python/aod/_native")
"""Folders that `cargo bindgen` fills, which are not in the repository."""

_CODE = re.compile(r"`([^`\s]+)`")
_PLACE = re.compile(rf"(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*")


def fault(reference: str) -> str | None:
    """Return what is wrong with a reference, if anything is."""
    path, separator, test = reference.partition("::")
    if not _PLACE.fullmatch(path) or path.startswith(GENERATED):
        return None
    if not (ROOT / path).exists():
        return "no such file"
    if separator:
        source = (ROOT / path).read_text(encoding="utf-8")
        if not re.search(rf"\b(?:fn|def|fun|func) `?{re.escape(test)}`?\s*[(<]", source):
            return "no such test"
    return None


def main() -> int:
    """Check the pages, and return the exit code."""
    faults = seen = 0
    for page in written():
        if not page.endswith(".md") or not page.startswith(PAGES):
            continue
        for number, line in enumerate((ROOT / page).read_text(encoding="utf-8").splitlines(), 1):
            for reference in _CODE.findall(line):
                seen += "/" in reference
                if wrong := fault(reference):
                    print(f"{page}:{number}: {reference}: {wrong}")
                    faults += 1
    if not seen:
        print("no references found: are they still read right?", file=sys.stderr)
    return 1 if faults or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
