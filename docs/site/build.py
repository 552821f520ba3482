"""Builds the documentation site: build.py <target folder>.

Zensical reads a copy of the pages, in which two things differ from the files that GitHub shows: links to files that are
not pages lead to the repository on GitHub, and a link to a folder of snippets is replaced by the code, with a tab for
each language.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path

import tomli

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
CONFIGURATION = DOCS / "site/zensical.toml"

LANGUAGES = {"Rust": "rust.rs", "Python": "python.py", "Kotlin": "kotlin.kt", "Swift": "swift.swift"}
"""The files of a snippet, in the order of the tabs."""

_FENCE = re.compile(r"^(```|~~~)")
_LINK = re.compile(r"\]\(([^)\s#:]+)(#[^)\s]*)?\)")
_SNIPPET = re.compile(r'^\[[^]]+\]\((?:\.\./)*snippets/([\w-]+) "([\w-]+)"\)$')


def pages() -> dict[str, str]:
    """Return the path of each page on the site, by its path in the repository."""
    found = {f"{name}.md": f"{name.lower()}.md" for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY")}
    for path in DOCS.rglob("*.md"):
        place = path.relative_to(DOCS).as_posix()
        found[f"docs/{place}"] = re.sub(r"(^|/)README\.md$", r"\1index.md", place)
    return found


def region(topic: str, language: str, name: str) -> str:
    """Return the lines between `region <name>` and `endregion` of a snippet, without their common indentation."""
    path = DOCS / "snippets" / topic / LANGUAGES[language]
    lines = path.read_text(encoding="utf-8").splitlines()
    begins = [number for number, line in enumerate(lines) if re.fullmatch(rf"\s*(//|#) region {name}", line)]
    if len(begins) != 1:
        sys.exit(f"{path.relative_to(ROOT)} has {len(begins)} regions named {name}")
    code = []
    for line in lines[begins[0] + 1 :]:
        if re.fullmatch(r"\s*(//|#) endregion", line):
            break
        code.append(line)
    else:
        sys.exit(f"{path.relative_to(ROOT)}: the region {name} has no end")
    while code and not code[-1].strip():
        code.pop()
    indentation = min((len(line) - len(line.lstrip()) for line in code if line.strip()), default=0)
    return "\n".join(line[indentation:] for line in code)


def tabs(topic: str, name: str) -> str:
    """Return a tab for each language, with the code of a region."""
    parts = []
    for language in LANGUAGES:
        code = f"```{language.lower()}\n{region(topic, language, name)}\n```"
        parts.append(f'=== "{language}"\n\n' + re.sub(r"^(?=.)", "    ", code, flags=re.MULTILINE))
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
    in_code = False
    for line in text.splitlines():
        in_code ^= bool(_FENCE.match(line))
        if not in_code:
            snippet = _SNIPPET.match(line)
            line = tabs(snippet[1], snippet[2]) if snippet else _LINK.sub(link, line)
        lines.append(line)
    return "\n".join(lines) + "\n"


def main(target: Path) -> None:
    """Build the site."""
    work = target / "site-build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    shutil.copy(CONFIGURATION, work)
    configuration = CONFIGURATION.read_text(encoding="utf-8")
    repository = tomli.loads(configuration)["project"]["repo_url"]
    places = pages()
    unlisted = [place for place in places.values() if f'"{place}"' not in configuration and "decisions/0" not in place]
    if unlisted:
        sys.exit(f"not in {CONFIGURATION.relative_to(ROOT)}: {', '.join(unlisted)}")
    for path, place in places.items():
        page = work / "pages" / place
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(converted((ROOT / path).read_text(encoding="utf-8"), path, places, repository), "utf-8")
    for image in DOCS.rglob("*.svg"):
        shutil.copy(image, work / "pages" / image.relative_to(DOCS).parent)
    if subprocess.run(["zensical", "build", "--strict"], cwd=work, check=False).returncode:
        sys.exit("the site was not built without a warning")
    site = target / "site"
    shutil.rmtree(site, ignore_errors=True)
    (work / "site").rename(site)
    print(f"{len(places)} pages: {site / 'index.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
