"""Opens the documentation sites of several versions in Chromium: check.py <folder of all> <folder for screenshots>.

Every page of the latest one loads without a message on the console, requests nothing from other hosts and is as wide as
a phone. So do two pages of each API reference that another tool has built. Tabs change together and stay as they are on
the next page, the search finds what it should, the menu of versions leads to the same page of another version, and the
files that agents read refer to files of the site.
"""

from __future__ import annotations

import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

TIME_LIMIT = 60_000
"""Milliseconds that the browser may take to show something, on a loaded machine too."""

WINDOW = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
LANGUAGES = ("Rust", "Python", "Kotlin", "Swift")

TERMS = {
    "resuming": "Resuming",
    "wait_for_quota": "Many sessions",
    "AppMonitor": "In an app",
    "development server": "2. Start a server",
    "raise_for_status": "raise_for_status",
    "exactly once": "0004: A stream delivers each event exactly once",
}
"""What a search for each term finds, among its results."""

REFERENCES = {
    "rust": {"": "aod", "aod/struct.Client.html": "Client"},
    "kotlin": {"": "aod-sdk", "aod-sdk/com.ravihq.aod/-sessions/index.html": "Sessions"},
    "kotlin/testing": {
        "": "aod-sdk-testing",
        "aod-sdk-testing/com.ravihq.aod.testing/-dev-server/index.html": "DevServer",
    },
    "kotlin/android": {
        "": "aod-sdk-android",
        "aod-sdk-android/com.ravihq.aod.android/-app-monitor/index.html": "AppMonitor",
    },
    "swift": {"": "AgentOnDemand", "documentation/agentondemand/sessions/": "Sessions"},
    "swift/testing": {
        "documentation/agentondemandtesting/": "AgentOnDemandTesting",
        "documentation/agentondemandtesting/devserver/": "DevServer",
    },
}
"""The first page of each API reference that another tool builds, and a page of a declaration, with their titles."""

SHOWN = (
    "",
    "guide/quickstart/",
    "guide/concepts/",
    "guide/streaming/",
    "guide/resuming/",
    "reference-rust/",
    "api/python/client/",
)
"""The pages whose screenshots are taken, in a light and a dark window and on a phone."""


class Handler(SimpleHTTPRequestHandler):
    """Serves the site without a log."""

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """Serve the site on loopback, and yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def opened(browser: Browser, url: str, faults: list[str], *, warnings: bool = True, **options: Any) -> Iterator[Page]:
    """Open a window that adds what goes wrong in it to a list, by default warnings too."""
    context = browser.new_context(**options)
    context.set_default_timeout(TIME_LIMIT)
    page = context.new_page()

    def printed(message: ConsoleMessage) -> None:
        if warnings or message.type == "error":
            faults.append(f"{page.url}: {message.type}: {message.text}")

    page.on("console", printed)
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))

    def requested(route: Any) -> None:
        if route.request.url.startswith((urljoin(url, "/"), "data:", "blob:")):
            route.continue_()
        else:
            faults.append(f"{page.url}: requests {route.request.url}")
            route.abort()

    page.route("**/*", requested)
    page.on("response", lambda answer: answer.ok or faults.append(f"{page.url}: {answer.status} for {answer.url}"))
    try:
        yield page
    finally:
        context.close()


def check_pages(browser: Browser, url: str, places: list[str], faults: list[str]) -> None:
    """Open every page on a phone."""
    with opened(browser, url, faults, viewport=PHONE) as page:
        for place in places:
            page.goto(url + place)
            if page.locator("h1").count() != 1:
                faults.append(f"{place}: has {page.locator('h1').count()} titles")
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                faults.append(f"{place}: is wider than a phone")


ALL_SELECTED = """language => {
    const sets = [...document.querySelectorAll('.tabbed-set')];
    return sets.length > 1 && sets.every(set => {
        const checked = [...set.querySelectorAll(':scope > input')].findIndex(input => input.checked);
        return set.querySelectorAll(':scope > .tabbed-labels > label')[checked].textContent.trim() === language;
    });
}"""
"""Whether a page has several sets of tabs, and each shows a language."""


def check_tabs(browser: Browser, url: str, faults: list[str]) -> None:
    """Select each language on one page, and look at all tabs of that page and of another one."""
    with opened(browser, url, faults, viewport=WINDOW) as page:
        for language in LANGUAGES:
            page.goto(f"{url}guide/quickstart/")
            page.locator(".tabbed-labels label", has_text=language).first.click()
            for place in ("guide/quickstart/", "guide/errors/"):
                if not page.url.endswith(place):
                    page.goto(url + place)
                page.wait_for_function(ALL_SELECTED, arg=language)


def check_search(browser: Browser, url: str, faults: list[str]) -> None:
    """Search for terms."""
    with opened(browser, url, faults, viewport=WINDOW) as page:
        for term, title in TERMS.items():
            page.goto(url)
            page.get_by_role("button", name="Search").first.click()
            page.keyboard.type(term)
            expect(page.get_by_role("option").filter(has_text=title).first).to_be_visible(timeout=TIME_LIMIT)


def check_texts(site: Path, faults: list[str]) -> None:
    """Look for the files that llms.txt and the skills refer to."""
    url = min(re.findall("<loc>(.*?)</loc>", (site / "sitemap.xml").read_text(encoding="utf-8")), key=len)
    texts = [site / "llms.txt", *(site / f"skills/aod-sdk-{language.lower()}/SKILL.md" for language in LANGUAGES)]
    for text in texts:
        places = re.findall(rf"\({re.escape(url)}([^)#]*)", text.read_text(encoding="utf-8"))
        missing = [place for place in places if not (site / place).is_file()]
        if missing or not places:
            faults.append(f"{text.relative_to(site)}: of {len(places)} links, these lead nowhere: {missing}")


def check_references(browser: Browser, url: str, site: Path, folder: Path, faults: list[str]) -> int:
    """Open pages of the API references that the site has, and return how many there are.

    Pages of rustdoc cause warnings about fonts.
    """
    count = 0
    with opened(browser, url, faults, warnings=False, viewport=WINDOW) as page:
        for name, titles in REFERENCES.items():
            if not (site / "api" / name).is_dir():
                continue
            for place, title in titles.items():
                page.goto(f"{url}api/{name}/{place}")
                expect(page.locator("h1").filter(has_text=title).first).to_be_visible(timeout=TIME_LIMIT)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=folder / f"api-{name.replace('/', '-')}-{title}.png")
                count += 1
    return count


def check_versions(browser: Browser, url: str, faults: list[str]) -> None:
    """Open the first page of all versions, and the same page of each version by the menu."""
    with opened(browser, url, faults, viewport=WINDOW) as page:
        page.goto(url)
        page.wait_for_url(f"{url}latest/")
        page.goto(f"{url}latest/guide/streaming/")
        for version in ("main", "1.0.0"):
            page.locator(".md-version__current").focus()
            page.locator(".md-version__link", has_text=version).click()
            page.wait_for_url(f"{url}{version}/guide/streaming/")


def take_screenshots(browser: Browser, url: str, folder: Path, faults: list[str]) -> None:
    """Take screenshots of some pages."""
    looks = {
        "light": {"viewport": WINDOW, "color_scheme": "light"},
        "dark": {"viewport": WINDOW, "color_scheme": "dark"},
        "phone": {"viewport": PHONE, "color_scheme": "light"},
    }
    for look, options in looks.items():
        with opened(browser, url, faults, **options) as page:
            for place in SHOWN:
                page.goto(url + place)
                page.screenshot(path=folder / f"{place.strip('/').replace('/', '-') or 'index'}-{look}.png")


def main(versions: Path, screenshots: Path) -> int:
    """Check the sites, and return the exit code."""
    site = versions / "latest"
    places = sorted(path.parent.relative_to(site).as_posix() for path in site.rglob("index.html"))
    places = [place for place in places if not place.startswith(tuple(f"api/{name}" for name in REFERENCES))]
    places = [f"{place}/" if place != "." else "" for place in places]
    program = shutil.which("chromium") or shutil.which("google-chrome")
    # As root in a container, where the browser cannot isolate itself; no part of it calls other hosts.
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    shutil.rmtree(screenshots, ignore_errors=True)
    screenshots.mkdir(parents=True)
    faults: list[str] = []
    with serving(versions) as root, sync_playwright() as playwright:
        url = f"{root}latest/"
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        check_pages(browser, url, places, faults)
        check_tabs(browser, url, faults)
        check_search(browser, url, faults)
        check_versions(browser, root, faults)
        references = check_references(browser, url, site, screenshots, faults)
        check_texts(site, faults)
        take_screenshots(browser, url, screenshots, faults)
        browser.close()
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(places)} pages, {references} of other tools, {len(TERMS)} searches, {len(faults)} faults")
    print(f"screenshots are in {screenshots}")
    return 1 if faults or not places else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
