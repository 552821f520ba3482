"""Builds the documentation site: build.py <target folder> [<folder of API references>].

Zensical reads a copy of the pages, in which three things differ from the files that GitHub shows. Links to files that
are not pages lead to the repository on GitHub. A link to a folder of snippets is replaced by the code, with a tab for
each language. Sections of the third level with the names of the languages become tabs too.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import references
import skills
import tomli

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
CONFIGURATION = DOCS / "site/zensical.toml"

LANGUAGES = {"Rust": "rust.rs", "Python": "python.py", "Kotlin": "kotlin.kt", "Swift": "swift.swift"}
"""The files of a snippet, in the order of the tabs."""

_FENCE = re.compile(r"^(```|~~~)")
_HEADING = re.compile(r"#{1,6} ")
_LANGUAGE = re.compile(rf"### ({'|'.join(LANGUAGES)})")
_LINK = re.compile(r"\]\(([^)\s#:]+)(#[^)\s]*)?\)")
_MARK = re.compile(r"\s*(?://|#) (?:region ([\w-]+)|endregion)")
_SNIPPET = re.compile(r'^\[[^]]+\]\((?:\.\./)*snippets/([\w-]+) "([\w-]+)"\)$')


def files() -> dict[str, str]:
    """Return the path on the site of each page and image, by its path in the repository."""
    found = {f"{name}.md": f"{name.lower()}.md" for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY")}
    for path in (*DOCS.rglob("*.md"), *DOCS.rglob("*.svg")):
        place = path.relative_to(DOCS).as_posix()
        found[f"docs/{place}"] = re.sub(r"(^|/)README\.md$", r"\1index.md", place)
    return found


def region(topic: str, language: str, name: str) -> str:
    """Return the lines of a snippet between `region <name>` and `endregion`; all lines, if the name is `program`."""
    path = DOCS / "snippets" / topic / LANGUAGES[language]
    lines = path.read_text(encoding="utf-8").splitlines()
    if name == "program":
        return "\n".join(line for line in lines if not _MARK.fullmatch(line))
    begins = [number for number, line in enumerate(lines) if (mark := _MARK.fullmatch(line)) and mark[1] == name]
    if len(begins) != 1:
        sys.exit(f"{path.relative_to(ROOT)} has {len(begins)} regions named {name}")
    rest = lines[begins[0] + 1 :]
    code = rest[: next(number for number, line in enumerate(rest) if _MARK.fullmatch(line))]
    return textwrap.dedent("\n".join(code)).rstrip()


def tab(language: str) -> str:
    """Return the line that begins a tab: with `!`, the first of a set, which could follow another set."""
    return f'{"===!" if language == next(iter(LANGUAGES)) else "==="} "{language}"'


def tabs(topic: str, name: str, repository: str) -> str:
    """Return a tab for each language, with the code of a region."""
    parts = []
    for language, file in LANGUAGES.items():
        code = f"```{language.lower()}\n{region(topic, language, name)}\n```"
        if name != "program":
            code += f"\n\n[The whole program]({repository}/blob/main/docs/snippets/{topic}/{file})"
        parts.append(f"{tab(language)}\n\n{textwrap.indent(code, '    ')}")
    return "\n\n".join(parts)


def converted(text: str, path: str, places: dict[str, str], repository: str) -> str:
    """Return the text of a page of the site, given that of a page of the repository."""

    def link(match: re.Match[str]) -> str:
        there = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[1]))
        index = f"{there}/README.md"
        if place := places.get(there) or places.get(index):
            return f"]({posixpath.relpath(place, posixpath.dirname(places[path]) or '.')}{match[2] or ''})"
        return f"]({repository}/{'tree' if (ROOT / there).is_dir() else 'blob'}/main/{there}{match[2] or ''})"

    lines = []
    in_code = in_tab = False
    for line in text.splitlines():
        in_code ^= bool(_FENCE.match(line))
        if not in_code:
            if _HEADING.match(line):
                in_tab = bool(language := _LANGUAGE.fullmatch(line))
                if language:
                    lines.append(tab(language[1]))
                    continue
            snippet = _SNIPPET.match(line)
            line = tabs(snippet[1], snippet[2], repository) if snippet else _LINK.sub(link, line)
        lines.append(textwrap.indent(line, "    ") if in_tab else line)
    return "\n".join(lines) + "\n"


def main(target: Path, api: Path | None = None) -> None:
    """Build the site, with the references of a folder."""
    work = target / "site-build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    configuration = CONFIGURATION.read_text(encoding="utf-8")
    references.write_python(work)
    if not api:
        configuration = references.without_others(configuration)
    (work / CONFIGURATION.name).write_text(configuration, encoding="utf-8")
    project = tomli.loads(configuration)["project"]
    repository = project["extra"]["social"][0]["link"]
    places = files()
    for path, place in places.items():
        file = work / "pages" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / path).read_text(encoding="utf-8")
        file.write_text(converted(text, path, places, repository) if path.endswith(".md") else text, encoding="utf-8")
    pages = work / "pages"
    listed = (page.relative_to(pages).as_posix() for page in pages.rglob("*.md"))
    if unlisted := [page for page in listed if not page.startswith("decisions/0") and f'"{page}"' not in configuration]:
        sys.exit(f"not in {CONFIGURATION.relative_to(ROOT)}: {', '.join(unlisted)}")
    if subprocess.run(["zensical", "build", "--strict"], cwd=work, check=False).returncode:
        sys.exit("the site was not built without a warning")
    if api:
        references.copy(api, work / "site", configuration)
    references.link(work / "site", project["site_url"])
    skills.write(work / "site", pages, project, region)
    site = target / "site"
    shutil.rmtree(site, ignore_errors=True)
    (work / "site").rename(site)
    print(site / "index.html")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
