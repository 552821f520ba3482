"""The examples run against the development server and print the expected text."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import aod
from aod.testing import DevServer, Turn

EXAMPLES = Path(__file__).parents[1] / "examples"
TIME_LIMIT = 120
"""Seconds that an example may take, on a loaded machine too."""

EXPECTED = {
    "async_concurrent": [
        "Count the tests: completed, ",
        "Update the changelog: completed, ",
        "Find dead code: completed",
    ],
    "chat_bot": [
        "ann: the agent uses Bash\n",
        "ann: The workspace holds",
        "bob: The workspace holds",
        "ann: The workspace holds",
        "turns of a session: 1\n",
        "turns of a session: 2\n",
    ],
    "command": ["Session init · model=", "✨ Done"],
    "errors": [
        "404: Agent not found\n",
        "version 1 is outdated, the current one is 2\n",
        "renamed to reviewer\n",
        "timeout: Input should be greater than or equal to 10\n",
        "no connection; a retry may succeed: True\n",
    ],
    "listen": ["event start\n", "event exit\n", "closed\n"],
    "pretty": ["# Session init - model=", "= Done", "> All tests pass.\n"],
    "pull_request_bot": ["session ", "The workspace holds"],
    "quickstart": ["Session init · model=", "✨ Done", ": completed, exit code 0\n"],
    "resume": ["first part: start None\n", "first part: output ", "second part: output ", "second part: exit "],
    "stream": ["stage create_sprite: done\n", "turn 1 starts\n", "stdout: ", "ended with exit, exit code 0\n"],
}
"""What each example prints, in this order."""


def environment(server: DevServer) -> dict[str, str]:
    return os.environ | {
        "AOD_API_URL": server.url,
        "AOD_API_TOKEN": server.token,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "error",
    }


def run_example(name: str, server: DevServer, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        env=environment(server),
        capture_output=True,
        encoding="utf-8",
        timeout=TIME_LIMIT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


def assert_in_order(parts: list[str], text: str) -> None:
    position = 0
    for part in parts:
        found = text.find(part, position)
        assert found >= 0, f"{part!r} is missing in, or out of order in:\n{text}"
        position = found + len(part)


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str, server: DevServer) -> None:
    assert_in_order(EXPECTED[name], run_example(name, server))


def test_a_second_quickstart_reuses_the_environment_and_the_agent(server: DevServer, client: aod.Client) -> None:
    for _ in range(2):
        assert_in_order(EXPECTED["quickstart"], run_example("quickstart", server))
    assert (len(client.environments.list()), len(client.agents.list()), len(client.sessions.list())) == (1, 1, 2)


def signalled(name: str, server: DevServer, number: int, after: str) -> tuple[int, str]:
    """Start an example, send it a signal after a text of its output, and return its exit code and all of its output."""
    server.script(Turn().message("I begin.").hold("middle").message("I continue."))
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    with subprocess.Popen(command, env=environment(server), stdout=subprocess.PIPE, encoding="utf-8") as process:
        limit = threading.Timer(TIME_LIMIT, process.kill)
        limit.start()
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if after in line:
                    process.send_signal(number)
            return process.wait(), "".join(lines)
        finally:
            limit.cancel()
            process.kill()


def test_the_command_stops_the_agent_at_ctrl_c(server: DevServer, client: aod.Client) -> None:
    code, output = signalled("command", server, signal.SIGINT, after="I begin.")
    assert code == 1
    assert "I continue." not in output
    assert [session.status for session in client.sessions.list()] == ["terminated"]


def test_a_cancelled_job_terminates_the_session_of_the_bot(server: DevServer, client: aod.Client) -> None:
    code, output = signalled("pull_request_bot", server, signal.SIGTERM, after="session ")
    assert (code, output.count("\n")) == (128 + signal.SIGTERM, 1)
    assert [session.status for session in client.sessions.list()] == ["terminated"]


def test_the_bot_fails_the_job_if_the_agent_fails(server: DevServer, client: aod.Client) -> None:
    server.script(Turn().message("I cannot read the branch.").exit_code(2))
    assert_in_order(["session ", "I cannot read the branch.\n"], run_example("pull_request_bot", server, code=1))
    assert client.sessions.list() == []


def test_the_chat_bot_replaces_a_session_that_has_failed(server: DevServer, client: aod.Client) -> None:
    server.script(Turn().message("I fail.").exit_code(1))
    output = run_example("chat_bot", server)
    assert_in_order(["ann: I fail.\n", "bob: I fail.\n", "ann: I fail.\n"], output)
    assert output.count("turns of a session: 1\n") == len(client.sessions.list()) == 3
