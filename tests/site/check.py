"""Opens the built documentation site in Chromium: check.py <folder of the site> <folder for screenshots>.

Every page loads without a message on the console, requests nothing from other hosts and is as wide as a phone. Tabs
change together and stay as they are on the next page, the search finds what it should, and the files that agents read
refer to files of the site.
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

from playwright.sync_api import Browser, Page, expect, sync_playwright

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
    "exactly once": "0004: A stream delivers each event exactly once",
}
"""What a search for each term finds, among its results."""

SHOWN = ("", "guide/quickstart/", "guide/concepts/", "guide/streaming/", "guide/resuming/", "reference-rust/")
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
def opened(browser: Browser, url: str, faults: list[str], **options: Any) -> Iterator[Page]:
    """Open a window that adds what goes wrong in it to a list."""
    context = browser.new_context(**options)
    context.set_default_timeout(TIME_LIMIT)
    page = context.new_page()
    page.on("console", lambda message: faults.append(f"{page.url}: {message.type}: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))

    def requested(route: Any) -> None:
        if route.request.url.startswith((url, "data:", "blob:")):
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


def take_screenshots(browser: Browser, url: str, folder: Path, faults: list[str]) -> None:
    """Take screenshots of some pages."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
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


def main(site: Path, screenshots: Path) -> int:
    """Check the site, and return the exit code."""
    places = sorted(path.parent.relative_to(site).as_posix() for path in site.rglob("index.html"))
    places = [f"{place}/" if place != "." else "" for place in places]
    program = shutil.which("chromium") or shutil.which("google-chrome")
    # As root in a container, where the browser cannot isolate itself; no part of it calls other hosts.
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    faults: list[str] = []
    with serving(site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        check_pages(browser, url, places, faults)
        check_tabs(browser, url, faults)
        check_search(browser, url, faults)
        check_texts(site, faults)
        take_screenshots(browser, url, screenshots, faults)
        browser.close()
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(places)} pages, {len(TERMS)} searches, {len(faults)} faults; screenshots are in {screenshots}")
    return 1 if faults or not places else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
