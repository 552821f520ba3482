"""The web example: what the page shows in Chromium, what its buttons do, and that dropped connections lose nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

import aod
from aod.testing import DevServer

PROGRAM = Path(__file__).parents[1] / "examples/web/app.py"
TRANSCRIPTS = Path(__file__).parents[3] / "tests/data/transcripts"
TIME_LIMIT = 60
"""Seconds that the page may take to show something, on a loaded machine too."""

MODELS = {
    "claude": "anthropic/claude-sonnet-4-6",
    "codex": "openai/o3",
    "gemini": "google/gemini-2.5-pro",
    "opencode": "openai/o3",
}
SCRIPT = "<script>document.title = 'changed'</script>"
HTML = f"Look: {SCRIPT} <img src=x onerror=\"document.title = 'changed'\">"


def assistant(*content: dict[str, Any], **usage: int) -> str:
    message = {"role": "assistant", "content": content} | ({"usage": usage} if usage else {})
    return json.dumps({"type": "assistant", "message": message}) + "\n"


def say(text: str) -> str:
    return assistant({"type": "text", "text": text})


def call(id: str, name: str, **input: Any) -> str:
    return assistant({"type": "tool_use", "id": id, "name": name, "input": input})


def result_of(id: str, text: str) -> str:
    content = [{"type": "tool_result", "tool_use_id": id, "content": text}]
    return json.dumps({"type": "user", "message": {"role": "user", "content": content}}) + "\n"


def done(cost: float) -> str:
    usage = {"input_tokens": 1200, "output_tokens": 34}
    fields = {"subtype": "success", "duration_ms": 2500, "total_cost_usd": cost, "usage": usage}
    return json.dumps({"type": "result", **fields}) + "\n"


INIT = json.dumps({"type": "system", "subtype": "init", "model": "claude-sonnet-4-6", "tools": ["Bash"]}) + "\n"
STEPS: list[dict[str, Any]] = [
    {"stdout": INIT},
    {"stdout": assistant({"type": "thinking", "thinking": "Which files are there?"})},
    {"stdout": say(HTML)},
    {"stdout": call("t1", "Bash", command="ls -a") + call("t2", "Read", file_path="/README.md")},
    {"stdout": result_of("t2", "# Project")},
    {"hold": "tool"},
    {"stdout": result_of("t1", "a.txt\nb.txt")},
    {"stdout": call("t3", "TodoWrite", todos=[{"content": "Look around", "status": "completed"}])},
    {"stderr": "warning: unused\n"},
    {"stdout": say("Two files.") + done(0.25)},
    {"exit": 0},
]


class App:
    """The example as a process, which can be killed and started again on its port."""

    def __init__(self, server: DevServer | None) -> None:
        self._server = server
        self.url = ""
        self.start()

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AOD_API_")}
        if self._server is not None:
            environment |= {"AOD_API_URL": self._server.url, "AOD_API_TOKEN": self._server.token}
        environment["PORT"] = self.url.rpartition(":")[2] or "0"
        self._process = subprocess.Popen(
            [sys.executable, PROGRAM], env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        assert self._process.stderr is not None
        log: list[str] = []
        for line in self._process.stderr:
            log.append(line)
            if "running on" in line:
                self.url = line.partition("running on ")[2].split()[0]
                break
        else:
            self._process.stderr.close()
            self._process.wait()
            pytest.fail("the app did not start:\n" + "".join(log))
        self._reader = threading.Thread(target=self._process.stderr.read)
        self._reader.start()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stderr is not None
        self._process.stderr.close()


@contextmanager
def running(generation: str) -> Iterator[tuple[DevServer, App]]:
    with DevServer(generation=generation) as server:
        app = App(server)
        try:
            yield server, app
        finally:
            app.kill()


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[DevServer, App]]:
    """Start the app once, because its imports take longer than most tests."""
    with running("2026-06-25") as site:
        yield site


@pytest.fixture
def server(site: tuple[DevServer, App]) -> DevServer:
    server, _ = site
    server.control("POST", "reset")
    return server


@pytest.fixture
def app(site: tuple[DevServer, App], server: DevServer) -> App:
    return site[1]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program is not None, "Chromium is not installed"
    expect.set_options(timeout=TIME_LIMIT * 1000)
    # Chromium does not run as root in its sandbox. Without the other arguments, it looks for updates.
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    problems: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # The browser also logs failed requests, which some tests cause.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            problems.append(message.text)

    page = browser.new_page()
    page.set_default_timeout(TIME_LIMIT * 1000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", on_console)
    yield page
    page.close()
    assert problems == []


def set_script(server: DevServer, steps: list[dict[str, Any]], prompt: str | None = None) -> None:
    server.control("POST", "script", {"script": {"steps": steps}, "prompt": prompt})


def release(server: DevServer, name: str) -> None:
    server.control("POST", "release", {"name": name})


def send(page: Page, prompt: str) -> None:
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Send").click()


def expect_idle(page: Page) -> None:
    expect(page.get_by_role("status")).to_have_text("idle")
    expect(page.get_by_role("button", name="Interrupt")).to_be_hidden()
    expect(page.get_by_role("button", name="Send")).to_be_enabled()


def session_of(page: Page) -> str:
    return page.url.rpartition("/")[2]


def test_the_page_shows_a_session_while_the_agent_works(server: DevServer, app: App, page: Page) -> None:
    set_script(server, STEPS)
    page.goto(app.url)
    send(page, "List the files")
    page.wait_for_url("**/sessions/*")

    expect(page.locator(".prompt")).to_have_text("List the files")
    expect(page.get_by_role("status")).to_have_text("live")
    expect(page.locator("#agent")).to_have_text("claude-sonnet-4-6")
    tools = page.locator(".tool_call")
    expect(tools.locator(".status")).to_have_text(["in progress", "completed"])
    expect(tools.locator("summary code")).to_have_text(["ls -a", "/README.md"])
    expect(page.get_by_role("button", name="Interrupt")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_hidden()
    tools.first.locator("summary").click()

    release(server, "tool")
    expect_idle(page)
    # A reader opened the call before it had a result; it stays open.
    expect(tools.first.locator(".result")).to_be_visible()
    expect(tools.first.locator(".result")).to_have_text("a.txt\nb.txt")
    expect(tools.nth(1).locator(".result")).to_be_hidden()
    page.get_by_text("Thinking").click()
    expect(page.get_by_text("Which files are there?")).to_be_visible()
    expect(page.locator(".plan li")).to_have_text(["Look around"])
    expect(page.locator(".stderr")).to_have_text("warning: unused")
    expect(page.locator(".ending .status")).to_have_text("success")
    expect(page.locator(".ending .usage")).to_have_text("1,200 tokens in · 34 out · $0.2500")
    expect(page.locator("#total")).to_have_text("Total: 1,200 tokens in · 34 out · $0.2500")

    expect(page.locator(".message")).to_have_text([HTML, "Two files."])
    assert page.locator("main :is(script, img)").count() == 0
    assert page.title() == "Agent session"


def test_a_follow_up_prompt_continues_the_session_and_a_reload_shows_all_of_it(
    server: DevServer, app: App, page: Page
) -> None:
    release(server, "tool")
    set_script(server, STEPS, prompt="first")
    set_script(server, [{"stdout": INIT + say("Two. " + SCRIPT) + done(0.5)}, {"exit": 0}], prompt="count")
    page.goto(app.url)
    send(page, "first")
    expect_idle(page)
    page.get_by_label("Prompt").fill("count <b>them</b>")
    page.get_by_label("Prompt").press("Enter")
    expect(page.locator(".ending .status")).to_have_text(["success", "success"])
    expect_idle(page)

    expect(page.locator(".prompt")).to_have_text(["first", "count <b>them</b>"])
    expect(page.locator(".message")).to_have_text([HTML, "Two files.", "Two. " + SCRIPT])
    expect(page.locator("#total")).to_contain_text("$0.7500")
    expect(page.get_by_label("Prompt")).to_have_value("")

    shown = page.locator("body > :not(script)").all_text_contents()
    page.reload()
    expect_idle(page)
    assert page.locator("body > :not(script)").all_text_contents() == shown


def test_the_interrupt_button_stops_the_turn(server: DevServer, app: App, page: Page, client: aod.Client) -> None:
    set_script(
        server, [{"stdout": INIT + say("Working.") + call("t1", "Bash", command="sleep 900")}, {"hold": "never"}]
    )
    page.goto(app.url)
    send(page, "sleep")
    expect(page.locator(".message")).to_have_text("Working.")
    page.get_by_role("button", name="Interrupt").click()
    expect(page.locator(".ending .status")).to_have_text("interrupted")
    expect(page.locator(".tool_call .status")).to_have_text("interrupted")
    expect_idle(page)
    assert [turn.status for turn in client.sessions.turns(session_of(page))] == ["interrupted"]

    set_script(server, [{"stdout": INIT + say("Awake.") + done(0.1)}, {"exit": 0}])
    send(page, "wake up")
    expect(page.locator(".message")).to_have_text(["Working.", "Awake."])
    expect(page.locator(".ending .status")).to_have_text(["interrupted", "success"])
    page.reload()
    expect(page.locator(".ending .status")).to_have_text(["interrupted", "success"])


def test_a_dropped_connection_continues_without_a_gap_or_a_repeat(server: DevServer, app: App, page: Page) -> None:
    half, rest = say("second")[:40], say("second")[40:]
    steps: list[dict[str, Any]] = [
        {"stdout": INIT + say("first") + call("t1", "Bash", command="make")},
        # The half of a line, which the page has not received when the connection drops.
        {"stdout": half},
        {"hold": "half"},
        {"stdout": rest + result_of("t1", "made")},
        {"hold": "rest"},
        {"stdout": say("third") + done(0.1)},
        {"exit": 0},
    ]
    set_script(server, steps)
    page.goto(app.url)
    send(page, "build")
    expect(page.locator(".tool_call .status")).to_have_text("in progress")
    page.locator(".message").evaluate("message => message.dataset.seen = 'before'")

    for hold in ("half", "rest"):
        app.kill()
        expect(page.get_by_role("status")).to_have_text("reconnecting")
        release(server, hold)
        app.start()
        expect(page.locator(".message").last).to_have_text("second" if hold == "half" else "third")
    expect_idle(page)

    expect(page.locator(".item")).to_have_count(6)  # with the first and the last event of the runtime
    expect(page.locator(".message")).to_have_text(["first", "second", "third"])
    expect(page.locator(".tool_call .status")).to_have_text("completed")
    # What was shown before is the same element.
    assert page.locator(".message[data-seen=before]").all_text_contents() == ["first"]


def test_leaving_the_page_closes_the_stream(server: DevServer, app: App, page: Page) -> None:
    set_script(server, [{"stdout": INIT + say("Working.")}, {"hold": "never"}])
    page.goto(app.url)
    send(page, "wait")
    expect(page.locator(".message")).to_have_text("Working.")
    server.control("POST", "wait", {"streams": 1})
    page.goto("about:blank")
    server.control("POST", "wait", {"streams": 0})


def test_every_item_of_every_runtime_is_shown(page: Page) -> None:
    with running("2026-04-30") as (server, app), aod.Client(base_url=server.url, token=server.token) as client:
        for runtime, model in MODELS.items():
            for agent in client.agents.list():  # the app has created it for the first runtime
                change = {"runtime": runtime, "model": model}
                server.control("POST", "agent", {"agent": str(agent.id), "change": change})
            recordings = sorted((TRANSCRIPTS / runtime).glob("*.jsonl"))
            page.goto(app.url)
            for number, path in enumerate(recordings, 1):
                set_script(server, [{"stdout": path.read_bytes().decode()}, {"exit": 0}], f"{runtime} {number} of")
                send(page, f"{runtime} {number} of {len(recordings)}")
                expect(page.locator(".ending .status")).to_have_count(number)
                expect_idle(page)
            with client.sessions.stream(session_of(page)) as events:
                changes = events.transcript()
                list(changes)
            shown = [
                turn.locator(".item").evaluate_all("items => items.map((item) => item.classList[1])")
                for turn in page.locator(".turn").all()
            ]
            expected = [[item.kind for item in turn.items] for turn in changes.transcript.turns]
            assert [[kind.replace("text_lines", "text") for kind in kinds] for kinds in shown] == expected
            assert len(expected) == len(recordings)


def test_the_page_says_why_something_failed(page: Page) -> None:
    with running("2026-04-21") as (server, app):  # cannot interrupt
        set_script(server, [{"stdout": INIT + say("Working.")}, {"hold": "go"}, {"exit": 1}])
        page.goto(f"{app.url}/sessions/123e4567-e89b-12d3-a456-426614174000")
        expect(page.get_by_role("alert")).to_have_text("This session does not exist.")
        expect(page.get_by_role("status")).to_have_text("lost")
        page.get_by_role("link", name="New session").click()
        send(page, "work")
        page.get_by_role("button", name="Interrupt").click()
        expect(page.get_by_role("alert")).to_have_text("This server cannot interrupt a turn.")
        release(server, "go")
        expect(page.locator(".ending .status")).to_have_text("failed: exit code 1")
        expect(page.get_by_role("alert")).to_contain_text("The session is failed")


# Without a browser


def read_events(app: App, session: str, after: str | None = None, *, header: bool = True) -> list[tuple[str, str, Any]]:
    """Return the messages with an id, and the last message, as (id, type, data)."""
    messages: list[tuple[str, str, Any]] = []
    given: Any = {"headers": {"Last-Event-ID": after}} if header else {"params": {"after": after}}
    url = f"{app.url}/api/sessions/{session}/events"
    with httpx.stream("GET", url, timeout=TIME_LIMIT, **(given if after else {})) as response:
        assert response.status_code == 200
        fields: dict[str, str] = {}
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
                continue
            messages.append((fields.get("id", ""), fields.get("event", ""), json.loads(fields.get("data", "null"))))
            fields = {}
    assert messages[-1][1] == "end"
    return [message for message in messages if message[0]]


def test_every_position_continues_with_the_next_change(server: DevServer, app: App, client: aod.Client) -> None:
    release(server, "tool")
    set_script(server, STEPS, prompt="first")
    set_script(server, [{"stdout": INIT + say("x" * 40)}, {"stdout": done(0.5)}, {"exit": 0}], prompt="second")
    started = httpx.post(f"{app.url}/api/sessions", json={"prompt": "first"}, timeout=TIME_LIMIT)
    session = started.json()["id"]
    first = read_events(app, session)
    answer = httpx.post(f"{app.url}/api/sessions/{session}/prompt", json={"prompt": "second"}, timeout=TIME_LIMIT)
    assert answer.status_code == 202
    second = read_events(app, session, first[-1][0], header=False)
    whole = read_events(app, session)
    assert first + second == whole
    ids = [id for id, _, _ in whole]
    assert len(set(ids)) == len(ids)
    for number, id in enumerate(ids, 1):
        assert read_events(app, session, id) == whole[number:]


def test_what_the_server_responds_is_not_passed_on(server: DevServer, app: App, client: aod.Client) -> None:
    session = httpx.post(f"{app.url}/api/sessions", json={"prompt": "hi"}, timeout=TIME_LIMIT).json()["id"]
    read_events(app, session)
    for status in (401, 404, 409, 422, 429, 500):
        # The response repeats the whole request, with the token.
        server.control("POST", "fault", {"path": "*", "times": None, "effect": {"echo": {"status": status}}})
        for method, path in (("POST", ""), ("POST", f"/{session}/prompt"), ("POST", f"/{session}/interrupt")):
            answer = httpx.request(method, f"{app.url}/api/sessions{path}", json={"prompt": "hi"}, timeout=TIME_LIMIT)
            assert answer.status_code in (404, 409, 429, 501, 502)
            assert server.token not in answer.text and server.url not in answer.text
        answer = httpx.get(f"{app.url}/api/sessions/{session}/events", timeout=TIME_LIMIT)
        assert "event: failed" in answer.text
        assert server.token not in answer.text and server.url not in answer.text
        server.control("DELETE", "fault")


def test_only_this_machine_is_served(app: App) -> None:
    assert httpx.get(app.url, headers={"Host": "example.org"}).status_code == 400
    policy = httpx.get(app.url).headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'" in policy


def test_without_a_server_the_app_starts_a_development_server() -> None:
    app = App(None)
    try:
        started = httpx.post(f"{app.url}/api/sessions", json={"prompt": "hi"}, timeout=TIME_LIMIT)
        messages = read_events(app, started.json()["id"])
        assert messages[-1][2]["outcome"]["type"] == "success"
    finally:
        app.kill()
