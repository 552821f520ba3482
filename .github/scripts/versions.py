"""The places with the version of the packages. `check_version.py` compares them, `bump_version.py` changes them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from common import VERSION, Failure

_ANY = r"(?P<version>[^\"<\s]*)"
"""What stands where only a version can stand, so that a malformed one is found too."""
_VERSION = f"(?P<version>{VERSION.pattern})"
"""A version in running text."""


@dataclass(frozen=True)
class Place:
    """A kind of place: the files that can have it, and what it looks like."""

    name: str
    files: str
    """A pattern of paths, in which `*` matches slashes too."""
    pattern: re.Pattern[str]
    required: tuple[str, ...]
    """The files that must have it. Others that match `files` may."""
    prefix: str
    """What stands before the version."""


def _place(name: str, files: str, pattern: str, required: tuple[str, ...] | None = None, *, prefix: str = "") -> Place:
    return Place(name, files, re.compile(pattern, re.MULTILINE), (files,) if required is None else required, prefix)


PLACES = (
    _place("the version of the workspace", "Cargo.toml", rf'^\[workspace\.package\]\nversion = "{_ANY}"$'),
    _place("a sibling crate", "Cargo.toml", rf'^aod-[\w-]+ = \{{ path = "[^"]+", version = "{_ANY}"', prefix="="),
    # Packages without a source are those of the repository; aod-fuzz is not published and has no version.
    _place(
        "a locked crate",
        "*Cargo.lock",
        rf'^name = "(?!aod-fuzz")[^"]+"\nversion = "{_ANY}"\n(?!source = )',
        ("Cargo.lock", "tests/fuzz/Cargo.lock"),
    ),
    _place("the development server of the extra", "bindings/python/pyproject.toml", rf'"aod-devserver=={_ANY}"'),
    _place("__version__", "bindings/python/aod/_version.py", rf'^__version__ = "{_ANY}"$'),
    _place(
        "the version in a POM",
        "*pom.xml",
        rf"<groupId>io\.github\.ravi-hq</groupId>\s*<artifactId>aod-sdk[\w-]*</artifactId>\s*"
        rf"<version>(?!\$){_ANY}</version>",
        (
            "bindings/kotlin/pom.xml",
            "bindings/kotlin/android/pom.xml",
            "bindings/kotlin/testing/pom.xml",
            "bindings/kotlin/tests/consumer/pom.xml",
            "tests/bench/kotlin/pom.xml",
        ),
    ),
    _place(
        "a Maven dependency in the docs",
        "*.md",
        rf"<artifactId>aod-sdk[\w-]*</artifactId>\s*<version>{_ANY}</version>",
        ("docs/guide/install.md",),
    ),
    _place("a Gradle dependency in the docs", "*.md", rf"io\.github\.ravi-hq:aod-sdk[\w-]*:{_VERSION}", ("README.md",)),
    _place(
        "the name of a Maven file",
        "*.md",
        rf"aod-sdk(?:-android)?-{_VERSION}(?:-[a-z]+)?\.(?:jar|pom|aar|module)",
        ("docs/guide/install.md",),
    ),
    _place("the files of the testing kit", "docs/testing.md", rf"aod-sdk-testing-{_VERSION}$"),
    _place("a SwiftPM dependency in the docs", "*.md", rf'", from: "{_ANY}"', ("docs/reference-swift.md",)),
    _place("a Gradle dependency of a skill", "docs/site/skills.toml", rf"io\.github\.ravi-hq:aod-sdk[\w-]*:{_VERSION}"),
    _place("a SwiftPM dependency of a skill", "docs/site/skills.toml", rf'", from: "{_VERSION}"'),
)
"""Every kind of place. A file without a place that is required of it is an error, so that no place is lost."""

HISTORY = ("CHANGELOG.md",)
"""Files that name earlier versions."""


@dataclass(frozen=True)
class Found:
    """A version in a file."""

    path: str
    line: int
    name: str
    version: str
    """Without the prefix, unless the prefix is missing, which makes the version wrong."""
    start: int
    end: int


def files(root: Path) -> list[str]:
    """Return the paths of the repository's files, or of all files of a copy that is no repository."""
    if (root / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listing = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
        return sorted({path for path in listing.split("\0") if path and (root / path).is_file()})
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def find(root: Path) -> Iterator[Found]:
    """Yield each version, in the order of the places and files.

    Raises:
        Failure: A file lacks a place that is required of it.
    """
    paths = files(root)
    for place in PLACES:
        seen: set[str] = set()
        for path in paths:
            if not fnmatch(path, place.files) or path in HISTORY:
                continue
            text = (root / path).read_text(encoding="utf-8")
            for match in place.pattern.finditer(text):
                seen.add(path)
                start, end = match.span("version")
                version = match["version"]
                if place.prefix and version.startswith(place.prefix):
                    start, version = start + len(place.prefix), version.removeprefix(place.prefix)
                elif place.prefix:
                    version = f"{version!r} without {place.prefix!r}"
                yield Found(path, text.count("\n", 0, start) + 1, place.name, version, start, end)
        if missing := sorted(set(place.required) - seen):
            raise Failure(f"{', '.join(missing)}: {place.name} is not found; update .github/scripts/versions.py")


def current(root: Path) -> str:
    """Return the version of the workspace, with which all others are compared."""
    for found in find(root):
        if VERSION.fullmatch(found.version):
            return found.version
        raise Failure(f"{found.path}:{found.line}: {found.version!r} is not a version such as 1.2.3 or 1.2.3-rc.1")
    raise AssertionError("there is a place")
