"""Adds the API references to the pages of the site, in api/."""

from __future__ import annotations

import re
import shutil
import sys
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "bindings/python/api/aod.txt"
"""The public API of Python, which the tests of the package compare with the package."""

HOSTED = "HOSTED"
"""The path in the pages of DocC, which docs/site/api sets."""


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
    return re.sub(r' *\{ "[^"]*" = \[\n(?: *\{ "[^"]*" = "api/[^"]*(?:html|/)" \},\n)+ *\] \},\n', "", configuration)


def copy(references: Path, site: Path, configuration: str) -> None:
    """Copy the references of the other languages to the site."""
    shutil.copytree(references, site / "api", dirs_exist_ok=True)
    without_other_hosts(site / "api/kotlin")
    with_relative_paths(site / "api/swift/testing")
    with_relative_paths(site / "api/swift")
    places = re.findall(r'"(api/[^"]*(?:html|/))"', configuration)
    missing = [place for place in places if not (site / place).exists()]
    if missing:
        sys.exit(f"the navigation has references that were not built: {', '.join(missing)}")


def without_other_hosts(kotlin: Path) -> None:
    """Remove what pages of Dokka load from other hosts: fonts, and a script that runs samples."""
    loads = {
        "*.css": r"@import url\('https:[^;]*;|@font-face \{[^}]*https:[^}]*\}",
        "*.html": r'<script[^>]* src="https:[^>]*></script>',
    }
    for names, pattern in loads.items():
        for file in kotlin.rglob(names):
            file.write_text(re.sub(pattern, "", file.read_text(encoding="utf-8")), encoding="utf-8")


def with_relative_paths(swift: Path) -> None:
    """Replace the absolute paths in pages of DocC, because a site is published in more than one folder."""
    for page in swift.rglob("*.html"):
        up = "../" * (len(page.relative_to(swift).parts) - 1) or "./"
        text = page.read_text(encoding="utf-8")
        text = text.replace(f'var baseUrl = "/{HOSTED}/"', f'var baseUrl = new URL("{up}", location).pathname')
        page.write_text(text.replace(f'"/{HOSTED}/', f'"{up}'), encoding="utf-8")


def link(site: Path, url: str) -> None:
    """Let the pages about the languages link to the references of this site instead of the published ones."""
    for page in site.glob("reference-*/index.html"):
        text = page.read_text(encoding="utf-8")
        for folder in (site / "api").iterdir():
            text = text.replace(f'"{url}api/{folder.name}/', f'"../api/{folder.name}/')
        page.write_text(text, encoding="utf-8")
