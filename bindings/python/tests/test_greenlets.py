"""Under gevent, a greenlet that waits lets the others run; eventlet is refused."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from conftest import http_server, send

from aod.testing import DevServer

# The order of the import and the patch must not matter: one program imports the package first, one last.
IMPORT_FIRST = "import aod, gevent.monkey; gevent.monkey.patch_all()"
IMPORT_LAST = "import gevent.monkey; gevent.monkey.patch_all(); import aod"

CALLS = """
import sys, gevent
client = aod.Client(base_url=sys.argv[1], token="t", timeout=60, max_retries=0)
greenlets = [gevent.spawn(client.health) for _ in range(4)]
gevent.joinall(greenlets, raise_error=True)
print([greenlet.value for greenlet in greenlets])
"""

TIMEOUTS = """
import sys, gevent
client = aod.Client(base_url=sys.argv[1], token="t", timeout=60, max_retries=0)
id = "00000000-0000-4000-8000-000000000000"
def next_event(): return next(client.sessions.stream(id))
def open_stream(): return client.sessions.stream(id).open()
for call in (client.health, next_event, open_stream):
    with gevent.Timeout(0.05, False):
        call()
        print("returned")
print("done", client.agents.list())
"""

STREAMS = """
import sys, gevent
client = aod.Client(base_url=sys.argv[1], token=sys.argv[2])
agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
def read(number):
    ack = client.sessions.create(agent_id=agent.id, prompt=f"prompt {number}")
    seen = []
    client.sessions.listen(ack.id, on_event=seen.append).join()
    events = client.sessions.stream(ack.id)
    again = []
    while not (again and again[-1].is_terminal):
        # Interrupted at any time, a stream continues without a gap.
        with gevent.Timeout(0.0005, False):
            again.append(next(events))
    assert list(events) == [] and again == seen, (again, seen)
    with client.sessions.stream(ack.id) as events:
        assert list(events) == seen
    return seen[-1].type
greenlets = [gevent.spawn(read, number) for number in range(20)]
gevent.joinall(greenlets, raise_error=True)
print({greenlet.value for greenlet in greenlets})
"""

EVENTLET = """
import warnings
warnings.simplefilter("ignore")
import eventlet
eventlet.monkey_patch()
import aod
client = aod.Client(base_url="http://127.0.0.1:1", token="t")
for call in (client.health, client.sessions.stream("x").open, lambda: next(client.sessions.stream("x"))):
    try:
        call()
    except aod.AodError as error:
        print(error)
"""


def run(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("prelude", [IMPORT_FIRST, IMPORT_LAST])
def test_calls_of_greenlets_wait_at_the_same_time(prelude: str) -> None:
    # Each request is answered only when all four have arrived.
    together = threading.Barrier(4)

    def respond(handler: BaseHTTPRequestHandler, _: str) -> None:
        together.wait(60)
        send(handler, 200, "application/json", b'{"status": "ok"}')

    with http_server(respond) as url:
        assert run(prelude + CALLS, url) == f"{[{'status': 'ok'}] * 4}\n"


@pytest.mark.parametrize("prelude", [IMPORT_FIRST, IMPORT_LAST])
def test_a_gevent_timeout_ends_a_call_and_a_stream(prelude: str) -> None:
    done = threading.Event()

    def respond(handler: BaseHTTPRequestHandler, request: str) -> None:
        if "/agents" not in request:
            done.wait(60)
        send(handler, 200, "application/json", b'{"data": []}')

    with http_server(respond) as url:
        try:
            assert run(prelude + TIMEOUTS, url) == "done []\n"
        finally:
            done.set()


@pytest.mark.parametrize("prelude", [IMPORT_FIRST, IMPORT_LAST])
def test_greenlets_read_streams(server: DevServer, prelude: str) -> None:
    assert run(prelude + STREAMS, server.url, server.token) == "{'exit'}\n"


def test_eventlet_is_refused() -> None:
    messages = run(EVENTLET).splitlines()
    assert len(messages) == 3
    assert all(message.startswith("eventlet is not supported") for message in messages)


MANY = """
import sys, threading, gevent
client = aod.Client(base_url=sys.argv[1], token=sys.argv[2])
agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
requests = [{"agent_id": agent.id, "prompt": f"prompt {number}"} for number in range(6)]
turns = []
ticking = gevent.spawn(lambda: [(turns.append(1), gevent.sleep(0)) for _ in range(10**9)])
results = client.sessions.run_all(requests, max_concurrent=3)
assert turns
ids = [result.session.id for result in results]
items = client.sessions.watch(ids)
seen = []
while True:
    # Interrupted at any time, a watch continues without a gap.
    with gevent.Timeout(0.0005, False):
        item = next(items, None)
        if item is None:
            break
        seen.append(item)
for id, result in zip(ids, results):
    assert [item.event for item in seen if item.session_id == id] == result.events
turns.clear()
held = [client.sessions.create(agent_id=agent.id, prompt="held").id for _ in range(2)]
with client.sessions.watch(held) as items, gevent.Timeout(0.2, False):
    for item in items:
        turns.clear()
assert turns
begun = []
def see(event):
    begun.append(event)
    if len(begun) == 2:
        raise KeyError("planned")
requests = [{"agent_id": agent.id, "prompt": "held", "on_created": see}] * 3
try:
    client.sessions.run_all(requests, max_concurrent=2, on_abandon="terminate")
except KeyError:
    print([client.sessions.get(ack.id).status for ack in begun])
main = gevent.getcurrent()
def interrupt(ack):
    begun.append(ack)
    gevent.kill(main, KeyboardInterrupt())
try:
    client.sessions.run_all([{**requests[0], "on_created": interrupt}], on_abandon="terminate")
except KeyboardInterrupt:
    pass
print(client.sessions.get(begun[-1].id).status, len(client.sessions.list()))
"""


@pytest.mark.parametrize("prelude", [IMPORT_FIRST, IMPORT_LAST])
def test_greenlets_run_and_watch_many_sessions(server: DevServer, prelude: str) -> None:
    script = {"steps": [{"stdout": "one"}, {"hold": "never"}]}
    server.control("POST", "script", {"prompt": "held", "script": script})
    printed = run(prelude + MANY, server.url, server.token).splitlines()
    assert printed == ["['terminated', 'terminated']", "terminated 11"]
