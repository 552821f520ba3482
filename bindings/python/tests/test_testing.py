"""The testing kit of users: scripts, faults and the clock of the development server."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import aod
from aod.testing import DevServer, Fault, Turn
from aod.transcript import ToolCall

MODELS = {
    "claude": "anthropic/claude-sonnet-4-6",
    "codex": "openai/o3",
    "gemini": "google/gemini-2.5-pro",
    "opencode": "openai/gpt-4.1",
}


@pytest.fixture
def server() -> Iterator[DevServer]:
    with DevServer() as server:
        yield server


def run(client: aod.Client, runtime: str = "claude", prompt: str = "Fix the test") -> aod.RunResult:
    agent = client.agents.create(name="worker", model=MODELS[runtime], runtime=runtime)
    return client.sessions.run(agent_id=agent.id, prompt=prompt)


@pytest.mark.parametrize("runtime", MODELS)
def test_a_scripted_turn_is_read_from_each_runtime(server: DevServer, client: aod.Client, runtime: str) -> None:
    turn = (
        Turn()
        .thinking("The bound may be off.")
        .plan({"read": "completed", "fix": "in_progress"})
        .tool("Bash", {"command": "pytest -q"}, output="1 failed", exit_code=1)
        .message("One test fails.")
        .usage(input_tokens=100, cached_input_tokens=10, output_tokens=7, cost_usd=0.5, duration=2.5)
    )
    server.script(turn)
    result = run(client, runtime)
    assert result.text == "One test fails."
    (last,) = result.transcript().turns
    (call,) = [item for item in last.items if isinstance(item, ToolCall)]
    assert call.tool.type == "shell"
    assert call.result is not None
    assert call.result.is_error
    assert last.usage is not None
    assert (last.usage.input_tokens, last.usage.output_tokens) == (100, 7)


def test_the_last_turn_of_a_script_repeats(server: DevServer, client: aod.Client) -> None:
    server.script(Turn().message("first"), Turn().message("then"))
    result = run(client)
    texts = [result.text] + [client.sessions.ask(result.session.id, prompt="next").text for _ in range(2)]
    assert texts == ["first", "then", "then"]


def test_scripts_are_limited_to_a_prompt_or_a_session(server: DevServer, client: aod.Client) -> None:
    server.script(Turn().message("any"))
    server.script(Turn().message("special"), prompt="special")
    result = run(client)
    assert (result.text, run(client, prompt="a special one").text) == ("any", "special")
    server.script(Turn().message("own"), session=result.session.id)
    assert client.sessions.ask(result.session.id, prompt="special").text == "own"
    server.clear_scripts()
    assert (run(client, prompt="special").text or "").startswith("The workspace holds")


def test_turns_fail_and_crash(server: DevServer, client: aod.Client) -> None:
    server.script(Turn().message("I try.").fail("out of tokens"), Turn().exit_code(3))
    result = run(client)
    assert result.session.exit_code == 1
    outcome = result.transcript().turns[0].outcome
    assert outcome is not None
    assert "out of tokens" in repr(outcome)
    server.script(Turn().message("I try.").crash())
    assert run(client).session.exit_code is None


def test_faults_are_injected_until_they_are_cleared(server: DevServer, client: aod.Client) -> None:
    once = client.with_options(max_retries=0)
    server.faults(Fault.status(503).matching("GET", "/agents"), Fault.too_many_requests(7).matching("POST", "*"))
    with pytest.raises(aod.ServerError):
        once.agents.list()
    assert once.agents.list() == []
    with pytest.raises(aod.RateLimitError) as caught:
        run(once)
    assert caught.value.retry_after == 7
    server.faults(Fault.status(500).always(), Fault({"gzip": {}}).skip(1).times(2))
    server.clear_faults()
    assert once.agents.list() == []


def test_a_stream_survives_a_cut(server: DevServer, client: aod.Client) -> None:
    server.script(Turn().message("Done."))
    server.faults(Fault.cut(after_events=3))
    assert run(client).text == "Done."
    streams = [seen for seen in server.control("GET", "requests")["data"] if seen["path"].endswith("/stream")]
    assert len(streams) > 1


def test_slow_and_stalled_responses_follow_the_clock(server: DevServer, client: aod.Client) -> None:
    server.freeze_clock()
    server.faults(Fault.slow(3600).matching("GET", "/agents"))
    impatient = client.with_options(timeout=0.2, max_retries=0)
    with pytest.raises(aod.AodTimeoutError):
        impatient.agents.list()
    server.run_clock()
    assert client.agents.list() == []


def test_a_hold_shows_a_running_tool_in_an_async_test(server: DevServer) -> None:
    async def main() -> None:
        call = Turn().tool("Bash", {"command": "make"}, hold="built", output="ok").message("Built.")
        server.script(call)
        async with aod.AsyncClient(base_url=server.url, token=server.token) as client:
            agent = await client.agents.create(name="worker", model=MODELS["claude"], runtime="claude")
            running = asyncio.create_task(client.sessions.run(agent_id=agent.id, prompt="Build"))
            await asyncio.to_thread(server.hold_reached, "built")
            assert not running.done()
            server.release("built")
            assert (await running).text == "Built."

    asyncio.run(main())


def test_the_clock_ends_a_delay(server: DevServer, client: aod.Client) -> None:
    server.freeze_clock()
    server.script(Turn().hold("before").delay(3600).message("Done."))
    agent = client.agents.create(name="worker", model=MODELS["claude"], runtime="claude")
    ack = client.sessions.create(agent_id=agent.id, prompt="x")
    server.hold_reached("before")
    server.release("before")
    # The delay may begin after the clock has been advanced once.
    while client.sessions.get(ack.id).status != "completed":
        server.advance_clock(3600)
    assert client.sessions.wait_for_completion(ack.id).text == "Done."


def test_rejected_calls_are_errors(server: DevServer) -> None:
    with pytest.raises(aod.AodError, match="needs a turn"):
        server.script()
    with pytest.raises(aod.AodError, match="for a prompt or for a session"):
        server.script(Turn(), prompt="a", session="00000000-0000-4000-8000-000000000000")
    with pytest.raises(aod.AodError, match="status"):
        server.faults(Fault.status(42))
    server.stop()
    with pytest.raises(aod.AodError, match="does not respond"):
        server.reset()


def test_a_turn_does_not_change() -> None:
    turn = Turn().message("a")
    turn.message("b").fail("c")
    assert turn.to_json() == {"steps": [{"message": "a"}]}


def test_the_binary_of_the_installed_package_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = os.environ.get("AOD_DEVSERVER")
    assert binary is not None
    # The metadata of a wheel, whose scripts can be in any folder.
    info = tmp_path / "site" / "aod_devserver-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: aod-devserver\nVersion: 0.1.0\n")
    (info / "RECORD").write_text("../scripts/aod-devserver,,\n")
    script = tmp_path / "scripts" / "aod-devserver"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\necho started >"{tmp_path}/started"\nexec "{binary}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delenv("AOD_DEVSERVER")
    with DevServer() as server:
        assert server.url.startswith("http://127.0.0.1:")
    assert (tmp_path / "started").exists()


def test_without_a_binary_the_error_says_what_to_install() -> None:
    code = "import aod.testing; aod.testing.DevServer()"
    environment = {name: value for name, value in os.environ.items() if name != "AOD_DEVSERVER"} | {"PATH": ""}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert 'install "aod-sdk[testing]"' in result.stderr
