"""The sections of CHANGELOG.md, which has the format of Keep a Changelog."""

from __future__ import annotations

import datetime
import re

from common import VERSION, Failure

UNRELEASED = "Unreleased"

_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?P<rest>.*)$", re.MULTILINE)
_GROUPS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def _sections(text: str) -> list[tuple[re.Match[str], int]]:
    """Return the heading of each section and where the section ends."""
    headings = list(_HEADING.finditer(text))
    ends = [*(heading.start() for heading in headings[1:]), len(text)]
    return list(zip(headings, ends, strict=True))


def section(text: str, name: str) -> str:
    """Return the entries of a version, or of `Unreleased`.

    Raises:
        Failure: There is no such section, it has no entries, or it has no date.
    """
    for heading, end in _sections(text):
        if heading["name"] != name:
            continue
        if name != UNRELEASED and not re.fullmatch(r" - \d{4}-\d{2}-\d{2}", heading["rest"]):
            raise Failure(f"CHANGELOG.md: the heading of {name} is not '## [{name}] - <year>-<month>-<day>'")
        body = text[heading.end() : end].strip()
        if not re.search(r"^- \S", body, re.MULTILINE):
            raise Failure(f"CHANGELOG.md: the section of {name} is empty")
        return body
    raise Failure(f"CHANGELOG.md has no section of {name}")


def check(text: str) -> None:
    """Check the form of the file.

    Raises:
        Failure: A heading is unknown, or `Unreleased` is not the first section.
    """
    names = [heading["name"] for heading in _HEADING.finditer(text)]
    if names[:1] != [UNRELEASED]:
        raise Failure(f"CHANGELOG.md: the first section is not [{UNRELEASED}]")
    for name in names[1:]:
        if not VERSION.fullmatch(name):
            raise Failure(f"CHANGELOG.md: [{name}] is not a version")
        section(text, name)
    if len(set(names)) != len(names):
        raise Failure("CHANGELOG.md: a version has two sections")
    for group in re.findall(r"^### (.*)$", text, re.MULTILINE):
        if group not in _GROUPS:
            raise Failure(f"CHANGELOG.md: '### {group}' is not one of {', '.join(_GROUPS)}")


def release(text: str, version: str, date: datetime.date) -> str:
    """Return the text in which the unreleased entries are those of a version, under a new, empty `Unreleased`.

    The sections of the release candidates of the version become part of its section.
    """
    check(text)
    sections = _sections(text)
    if version in (heading["name"] for heading, _ in sections):
        raise Failure(f"CHANGELOG.md: {version} cannot replace [{UNRELEASED}]")
    candidate = re.compile(rf"{re.escape(version)}-rc\.\d+")
    parts = [part for part in sections if part[0]["name"] == UNRELEASED or candidate.fullmatch(part[0]["name"])]
    if len(parts) == 1:
        section(text, UNRELEASED)
    groups: dict[str, list[str]] = {group: [] for group in ("", *_GROUPS)}
    # The oldest section is the last one.
    for heading, end in reversed(parts):
        before, *rest = re.split(r"^### (.*)$", text[heading.end() : end], flags=re.MULTILINE)
        for group, entries in zip(["", *rest[::2]], [before, *rest[1::2]], strict=True):
            groups[group].extend(filter(None, [entries.strip()]))
        text = text[: heading.start()] + text[end:]
    released = f"## [{UNRELEASED}]\n\n## [{version}] - {date.isoformat()}\n\n"
    for group, found in groups.items():
        if found:
            released += f"### {group}\n\n" if group else ""
            released += "\n".join(found) + "\n\n"
    start = parts[0][0].start()
    return f"{text[:start]}{released}{text[start:]}".rstrip() + "\n"
