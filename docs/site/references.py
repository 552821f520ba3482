"""Adds the API references to the pages of the site, in api/."""

from __future__ import annotations

import re
import shutil
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "bindings/python/api/aod.txt"
"""The public API of Python, which the tests of the package compare with the package."""


def write_python(work: Path) -> None:
    """Write a page for each public module of Python, given the folder that has the pages.

    The package itself only exports names of its modules, so its page has links to them.
    """
    shutil.copytree(ROOT / "bindings/python/aod", work / "python/aod")
    folder = work / "pages/api/python"
    folder.mkdir(parents=True)
    record = RECORD.read_text(encoding="utf-8")
    for module in re.findall(r"^module aod\.(\w+)$", record, re.MULTILINE):
        (folder / f"{module}.md").write_text(f"# aod.{module}\n\n::: aod.{module}\n", encoding="utf-8")
    own = re.findall(r"^aod\.([A-Za-z]\w*) = aod\._", record, re.MULTILINE)
    lines = [
        "# aod",
        "",
        "::: aod",
        "    options:",
        f"      members: [{', '.join(own)}]",
        "",
        "## Names of the modules",
    ]
    exported = re.findall(r"^aod\.\w+ = (aod\.([a-z]\w*)\.(\w+))$", record, re.MULTILINE)
    for module, names in groupby(sorted(exported, key=lambda name: name[1]), key=lambda name: name[1]):
        links = ", ".join(f"[`{name}`][{path}]" for path, _, name in names)
        lines += ["", f"[`aod.{module}`]({module}.md): {links}"]
    (folder / "index.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def without_others(configuration: str) -> str:
    """Return the configuration of the site without the references of other languages in its navigation."""
    return re.sub(r' *\{ "[^"]*" = \[\n(?: *\{ "[^"]*" = "api/[^"]*\.html" \},\n)+ *\] \},\n', "", configuration)


def copy(references: Path, folder: Path) -> None:
    """Copy the references of the other languages to a folder of the site."""
    shutil.copytree(references, folder, dirs_exist_ok=True)
