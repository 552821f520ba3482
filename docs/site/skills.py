"""Writes what agents read of the documentation site: llms.txt, the Markdown of the pages, and a skill per language."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Template
from typing import Any

import tomli

HERE = Path(__file__).resolve().parent

REFERENCES = {
    "Rust": "reference-rust",
    "Python": "reference-python",
    "Kotlin": "reference-kotlin",
    "Swift": "reference-swift",
}

PARTS = {
    "quickstart": ("quickstart", "program"),
    "stream": ("stream", "events"),
    "resume": ("resume", "program"),
    "errors": ("errors", "program"),
    "testing": ("testing", "program"),
}
"""The topic and the region of each piece of code in a skill."""


def write(site: Path, pages: Path, project: dict[str, Any], region: Callable[[str, str, str], str]) -> None:
    """Write the files to the folder of the site, given that of its pages."""
    for page in pages.rglob("*.md"):
        if page.is_relative_to(pages / "api"):
            continue
        copy = site / page.relative_to(pages)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(page, copy)
    url = project["site_url"].rstrip("/")
    template = Template((HERE / "skill.template").read_text(encoding="utf-8"))
    languages = tomli.loads((HERE / "skills.toml").read_text(encoding="utf-8"))
    for language, texts in languages.items():
        code = {
            name: f"```{language.lower()}\n{region(topic, language, part)}\n```"
            for name, (topic, part) in PARTS.items()
        }
        skill = site / f"skills/aod-sdk-{language.lower()}/SKILL.md"
        skill.parent.mkdir(parents=True)
        values = {key: value.strip("\n") for key, value in texts.items()}
        reference = f"{url}/{REFERENCES[language]}.md"
        text = template.substitute(
            code, language=language, id=language.lower(), site=url, reference=reference, **values
        )
        skill.write_text(text, encoding="utf-8")
    (site / "llms.txt").write_text("\n".join(overview(pages, project, url, list(languages))) + "\n", encoding="utf-8")


def overview(pages: Path, project: dict[str, Any], url: str, languages: list[str]) -> Iterator[str]:
    """Yield the lines of llms.txt: the navigation of the site, with the first sentence of each page."""
    yield f"# {project['site_name']}\n\n> {project['site_description']}\n"
    yield "## Skills\n"
    for language in languages:
        yield f"- [{language}]({url}/skills/aod-sdk-{language.lower()}/SKILL.md)"
    for section in project["nav"]:
        # The references of the languages link to their API.
        if "API" in section:
            continue
        for title, entries in section.items():
            yield f"\n## {title}\n"
            for entry in entries:
                for name, place in entry.items():
                    yield f"- [{name}]({url}/{place}){summary(pages / place)}"


def summary(page: Path) -> str:
    """Return the first sentence of a page, if it begins with one."""
    paragraphs = page.read_text(encoding="utf-8").split("\n\n")
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", " ".join(paragraphs[1].split()))
    return f": {text.split('. ')[0].rstrip('.')}" if re.match(r"[A-Z]", text) else ""
