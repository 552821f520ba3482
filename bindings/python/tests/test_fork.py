"""Forks, also nested ones and those while the runtime starts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from aod.testing import DevServer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is not available")

PRELUDE = """
import os, sys, threading
import aod
client = aod.Client(base_url=sys.argv[1], token=sys.argv[2])
def wait_for(pid):
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""

NESTED = """
def generation(number):
    assert client.health() == {"status": "ok"}
    if number == 100:
        os._exit(0)
    pid = os.fork()
    if pid == 0:
        generation(number + 1)
    wait_for(pid)
    # The parent's runtime still works.
    assert client.health() == {"status": "ok"}
    if number > 0:
        os._exit(0)
generation(0)
"""

# Each child is forked while other threads start the runtime, or have just started it.
WHILE_STARTING = """
def call(ready):
    ready.wait()
    assert client.health() == {"status": "ok"}
def child():
    ready = threading.Barrier(4)
    threads = [threading.Thread(target=call, args=(ready,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    ready.wait()
    pid = os.fork()
    if pid == 0:
        assert client.health() == {"status": "ok"}
        os._exit(0)
    wait_for(pid)
    for thread in threads:
        thread.join()
for _ in range(30):
    # In a process whose runtime has not been started.
    pid = os.fork()
    if pid == 0:
        child()
        os._exit(0)
    wait_for(pid)
"""


@pytest.mark.parametrize("code", [NESTED, WHILE_STARTING], ids=["nested", "while starting"])
def test_every_child_can_make_calls(server: DevServer, code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code, server.url, server.token], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
