"""Subinterpreters do not affect the main one, and the strictest interpreter finds nothing to warn about."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aod.testing import DevServer

# Those that share the lock of the main interpreter, as embedding programs use them: others refuse to import `ctypes`.
# The extension module of pydantic refuses to be imported in all of them.
SUBINTERPRETERS = """
import sys
import aod
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
    create = lambda: interpreters.create("legacy")
else:
    import _xxsubinterpreters as interpreters
    create = lambda: interpreters.create(isolated=False)
client = aod.Client(base_url=sys.argv[1], token=sys.argv[2])
print(client.health())
for code in ("import aod._process", "import aod\\ntry: aod.Client\\nexcept ImportError: pass"):
    interpreter = create()
    interpreters.run_string(interpreter, code)
    interpreters.destroy(interpreter)
    print(client.health())
"""

EVERYTHING = """
import asyncio, sys
import aod, aod.errors, aod.models, aod.pretty, aod.testing
for name in aod.__all__:
    getattr(aod, name)
async def main(id):
    # Steps can take long on a loaded machine.
    asyncio.get_running_loop().slow_callback_duration = 60
    async with aod.AsyncClient(base_url=sys.argv[1], token=sys.argv[2]) as client:
        await client.health()
        async with client.sessions.stream(id) as events:
            return [event.type async for event in events]
with aod.Client(base_url=sys.argv[1], token=sys.argv[2]) as client:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    ack = client.sessions.create(agent_id=agent.id, prompt="hi")
    with client.sessions.stream(ack.id) as events:
        types = [event.type for event in events]
assert asyncio.run(main(ack.id)) == types
print(types[0], types[-1])
"""


def run(server: DevServer, *arguments: str) -> str:
    command = [sys.executable, *arguments, server.url, server.token]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="only CPython has subinterpreters")
def test_the_end_of_a_subinterpreter_does_not_affect_the_main_one(server: DevServer) -> None:
    assert run(server, "-c", SUBINTERPRETERS) == "{'status': 'ok'}\n" * 3


def test_there_are_no_warnings_in_development_mode(server: DevServer) -> None:
    assert run(server, "-X", "dev", "-W", "error", "-c", EVERYTHING) == "start exit\n"
