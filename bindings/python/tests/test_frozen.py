"""Programs that PyInstaller builds contain the native library. Each build takes about half a minute."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import sysconfig

import pytest

from aod.testing import DevServer

PROGRAM = """
import asyncio, sys
import aod
from aod.pretty import ClaudeFormatter

async def main(id):
    async with aod.AsyncClient(base_url=sys.argv[1], token=sys.argv[2]) as client:
        async with client.sessions.stream(id) as events:
            return [event.type async for event in events]

with aod.Client(base_url=sys.argv[1], token=sys.argv[2]) as client:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    ack = client.sessions.create(agent_id=agent.id, prompt="hi")
    with client.sessions.stream(ack.id) as events:
        types = [event.type for event in events]
    with client.sessions.stream(ack.id) as events:
        assert list(events.pretty(ClaudeFormatter()))
assert asyncio.run(main(ack.id)) == types
print(types[0], types[-1])
"""


@pytest.mark.skipif(
    sys.platform == "linux" and not sysconfig.get_config_var("Py_ENABLE_SHARED"),
    reason="PyInstaller needs an interpreter with a shared library",
)
@pytest.mark.parametrize("form", ["onedir", "onefile"])
def test_a_frozen_program_reads_a_stream(server: DevServer, tmp_path: pathlib.Path, form: str) -> None:
    (tmp_path / "app.py").write_text(PROGRAM)
    # A plugin of pydantic for mypy imports it, which would take most of the time.
    options = [f"--{form}", "--exclude-module", "mypy", "--log-level", "WARN"]
    build = [sys.executable, "-m", "PyInstaller", *options, "app.py"]
    built = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert built.returncode == 0, built.stderr
    folder = tmp_path / "dist"
    program = folder / "app" / "app" if form == "onedir" else folder / "app"
    ran = subprocess.run([program, server.url, server.token], capture_output=True, text=True, timeout=120)
    assert (ran.stdout, ran.returncode) == ("start exit\n", 0), ran.stderr
