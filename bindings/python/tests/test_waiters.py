"""A waiter, which wakes the coroutines of an event loop, cannot be created, or is needed while it is created."""

from __future__ import annotations

import sys

import pytest
from conftest import python

from aod.testing import DevServer

EXHAUSTED = """
import asyncio, resource, sys
import aod
client = aod.AsyncClient(base_url=sys.argv[1], token=sys.argv[2])
asyncio.run(client.health())
async def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        await client.health()
    except Exception as error:
        failure = error
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    print(type(failure).__name__, failure)
    print(await client.health())
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit to set")
def test_a_process_with_too_many_open_files_is_an_error_of_the_call(server: DevServer) -> None:
    with python(EXHAUSTED, server.url, server.token) as process:
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    failed, succeeded = output.splitlines()
    assert failed.startswith("AodError cannot create a pipe: ")
    assert succeeded == "{'status': 'ok'}"


REENTRANT = """
import asyncio, sys, threading
import aod
from aod._wake import waiter_of
class Loop(asyncio.SelectorEventLoop):
    nested = None
    def add_reader(self, *arguments):
        super().add_reader(*arguments)
        if self.nested is None:
            self.nested = True
            self.nested = waiter_of(self)
def work():
    loop = Loop()
    client = aod.AsyncClient(base_url=sys.argv[1], token=sys.argv[2])
    print(loop.run_until_complete(client.health()), loop.nested is waiter_of(loop))
    loop.close()
thread = threading.Thread(target=work, daemon=True)
thread.start()
thread.join(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the loop cannot watch a pipe")
def test_a_waiter_can_be_needed_while_it_is_created(server: DevServer) -> None:
    with python(REENTRANT, server.url, server.token) as process:
        output, errors = process.communicate()
    assert (output, errors) == ("{'status': 'ok'} True\n", "")
