"""The sections of CHANGELOG.md, which has the format of Keep a Changelog."""

from __future__ import annotations

import datetime
import re

from common import VERSION, Failure

UNRELEASED = "Unreleased"

_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?P<rest>.*)$", re.MULTILINE)
_GROUPS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def section(text: str, name: str) -> str:
    """Return the entries of a version, or of `Unreleased`.

    Raises:
        Failure: There is no such section, it has no entries, or it has no date.
    """
    headings = list(_HEADING.finditer(text))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        if heading["name"] != name:
            continue
        if name != UNRELEASED and not re.fullmatch(r" - \d{4}-\d{2}-\d{2}", heading["rest"]):
            raise Failure(f"CHANGELOG.md: the heading of {name} is not '## [{name}] - <year>-<month>-<day>'")
        body = text[heading.end() : following.start() if following else len(text)].strip()
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
    """Return the text in which the unreleased entries are those of a version, under a new, empty `Unreleased`."""
    section(text, UNRELEASED)
    old = f"## [{UNRELEASED}]\n"
    if text.count(old) != 1 or f"## [{version}]" in text:
        raise Failure(f"CHANGELOG.md: {version} cannot replace [{UNRELEASED}]")
    return text.replace(old, f"{old}\n## [{version}] - {date.isoformat()}\n")
