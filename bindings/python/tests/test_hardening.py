"""Malformed and hostile responses: messages are one short line, and other records are still read."""

from __future__ import annotations

import asyncio
import gc
import queue
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from conftest import http_server, python, send, start

import aod
from aod.testing import DevServer

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
TOKEN = "aod_hunter2token"


@contextmanager
def client_of_server(status: int, content_type: str, body: bytes) -> Iterator[aod.Client]:
    """Return a client of a server that sends this response to each request."""
    with (
        http_server(lambda handler, _: send(handler, status, content_type, body)) as url,
        aod.Client(base_url=url, token=TOKEN, max_retries=0) as client,
    ):
        yield client


def test_a_body_of_64_mib_is_cut_and_the_message_says_so() -> None:
    body = b'{"detail": "' + b"x" * (64 << 20)

    with client_of_server(500, "application/json", body) as client, pytest.raises(aod.ServerError) as caught:
        client.agents.list()
    error = caught.value
    assert len(str(error)) < 3000 and "the response body is incomplete" in str(error)
    assert sys.getsizeof(error.detail) < 2 << 20


def test_control_and_format_characters_in_a_message_are_escaped() -> None:
    body = b'{"detail": [{"type": "x", "loc": ["a\\u202e"], "msg": "b\\u001b[2J\\nc"}]}'
    with client_of_server(422, "application/json", body) as client, pytest.raises(aod.ValidationError) as caught:
        client.agents.list()
    assert str(caught.value).isprintable(), repr(str(caught.value))


def test_an_html_page_with_status_200_is_described() -> None:
    with (
        client_of_server(200, "text/html", b"<html>Please log in</html>") as client,
        pytest.raises(aod.DecodeError) as caught,
    ):
        client.agents.list()
    error = caught.value
    assert str(error).endswith("/agents -> 200: the response is not JSON but text/html")
    assert str(error).startswith("GET http://127.0.0.1:")
    assert error.attempts == 1


@pytest.mark.parametrize("body", [b'{"data": [', b'{"data": [],}', b'{"data": []} hunter2', b"{hunter2}"])
def test_a_malformed_object_is_described(body: bytes) -> None:
    with client_of_server(200, "application/json", body) as client:
        agents, terminate = client.agents, client.sessions.terminate
        for call in (agents.list, lambda: agents.get(UNKNOWN_ID), lambda: terminate(UNKNOWN_ID), client.health):
            with pytest.raises(aod.DecodeError, match="the response is not JSON") as caught:
                call()
            assert "hunter2" not in str(caught.value) and "http://127.0.0.1:" in str(caught.value)


AGENT = (
    '{"id": "%s", "name": "a", "model": "m", "runtime": "claude", "version": 1, "metadata": {}, "skills": [],'
    ' "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "mcp_servers": %s, "x": %s}'
)


@pytest.mark.parametrize(
    ("servers", "extra"),
    [
        ('[{"type": "stdio", "args": "no"}]', "1"),
        ('[{"name": "a", "type": "url", "headers": 5}, 7, null]', "1"),
        ('"no list"', "1"),
        ("[]", '"\\ud800"'),
        ("[]", "1e400"),
        ("[]", "[" * 500 + "]" * 500),
    ],
)
def test_malformed_optional_fields_are_kept_as_sent(servers: str, extra: str) -> None:
    good = AGENT % (UNKNOWN_ID, "[]", "1")
    odd = AGENT % (UNKNOWN_ID.replace("4000", "4001"), servers, extra)
    body = ("\ufeff" + f'{{"data": [{good}, {odd}]}}').encode()
    with client_of_server(200, "application/json", body) as client:
        agents = client.agents.list()
    assert [agent.name for agent in agents] == ["a", "a"]
    assert agents[1].version == 1 and agents[1].created_at.year == 2026


def test_a_record_that_cannot_be_read_is_left_out_of_a_list_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    body = f'{{"data": [{AGENT % (UNKNOWN_ID, "[]", "1")}, {{"id": 5}}, 7]}}'.encode()
    with client_of_server(200, "application/json", body) as client:
        assert len(client.agents.list()) == 1
    assert "left out 2 of 3 records of a list that could not be read" in caplog.text


@pytest.mark.parametrize("failure", [SystemExit(3), KeyboardInterrupt(), ValueError("no")])
def test_any_exception_of_a_callback_is_the_cause_of_the_error(client: aod.Client, failure: BaseException) -> None:
    def fail(_: aod.StreamEvent) -> None:
        raise failure

    errors: list[aod.AodError] = []
    subscription = client.sessions.listen(start(client).id, on_event=fail, on_error=errors.append)
    assert subscription.join(60)
    assert [error.__cause__ for error in errors] == [failure]


def test_plain_http_to_another_machine_is_logged_and_can_be_rejected(caplog: pytest.LogCaptureFixture) -> None:
    aod.Client(base_url="http://192.0.2.1", token=TOKEN)
    assert "clear text" in caplog.text and TOKEN not in caplog.text
    with pytest.raises(ValueError, match="https_only"):
        aod.Client(base_url="http://192.0.2.1", token=TOKEN, https_only=True)


def test_plain_http_to_this_machine_is_not_logged(server: DevServer, caplog: pytest.LogCaptureFixture) -> None:
    aod.Client(base_url=server.url, token=server.token)
    assert caplog.text == ""


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("excluded", ["*", "127.0.0.1", "127.0.0.0/8"])
def test_no_proxy_excludes_a_server_from_the_proxy(
    server: DevServer, monkeypatch: pytest.MonkeyPatch, variable: str, excluded: str
) -> None:
    requests: list[str] = []

    def record(handler: BaseHTTPRequestHandler, request: str) -> None:
        requests.append(request)
        send(handler, 502, "text/plain", b"")

    with http_server(record) as proxy:
        monkeypatch.setenv(variable, proxy)
        with aod.Client(base_url=server.url, token=server.token, max_retries=0) as client:
            with pytest.raises(aod.ServerError):
                client.health()
            assert len(requests) == 1
        monkeypatch.setenv("NO_PROXY", excluded)
        with aod.Client(base_url=server.url, token=server.token, max_retries=0) as client:
            client.health()
    assert len(requests) == 1


@pytest.mark.parametrize("proxy", ["::hunter2", "ftp://hunter2", "http://"])
def test_the_error_for_a_malformed_proxy_omits_its_url(proxy: str) -> None:
    with pytest.raises(ValueError, match="proxy") as caught:
        aod.Client(base_url="http://127.0.0.1:1", token=TOKEN, proxy=proxy)
    assert "hunter2" not in str(caught.value)


def test_cancelled_tasks_close_streams_that_they_iterate_without_async_with(
    server: DevServer, client: aod.Client, control: Callable[..., Any]
) -> None:
    control("POST", "script", {"prompt": "held", "script": {"steps": [{"stdout": "one"}, {"hold": "never"}]}})
    ack = start(client, "held")

    async def iterate(aclient: aod.AsyncClient, reached: asyncio.Event) -> None:
        async for event in aclient.sessions.stream(ack.id):
            if event.type == "output":
                reached.set()

    async def cancel_ten() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            reached = [asyncio.Event() for _ in range(10)]
            tasks = [asyncio.create_task(iterate(aclient, event)) for event in reached]
            await asyncio.gather(*(event.wait() for event in reached))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(control, "POST", "wait", {"streams": 0})

    gc.disable()
    try:
        asyncio.run(cancel_ten())
    finally:
        gc.enable()


def raises(call: Callable[[], object]) -> bool:
    """Return whether a call raises an exception, which is then dropped."""
    try:
        call()
    except Exception:
        return True
    return False


def hold(client: aod.Client, control: Callable[..., Any]) -> aod.SessionAck:
    control("POST", "script", {"script": {"steps": [{"stdout": "one"}, {"hold": "never"}]}})
    return start(client)


@pytest.mark.parametrize("place", ["call", "callback", "iteration", "open", "lines"])
def test_an_exception_keeps_no_stream_of_its_caller_open(
    client: aod.Client, control: Callable[..., Any], place: str
) -> None:
    def fail(_: aod.ResponseInfo) -> None:
        raise KeyError("planned")

    calls: dict[str, Callable[[], object]] = {
        "call": lambda: client.agents.get("missing"),
        "callback": client.with_options(on_response=fail).agents.list,
        "iteration": lambda: next(client.sessions.stream("missing")),
        "open": lambda: client.sessions.stream("missing").open(),
        "lines": lambda: next(client.sessions.stream("missing").pretty(plain=True)),
    }
    ack = hold(client, control)

    def fail_with_a_stream() -> None:
        events = client.sessions.stream(ack.id)
        next(events)
        calls[place]()

    gc.disable()
    try:
        assert raises(fail_with_a_stream)
        control("POST", "wait", {"streams": 0})
    finally:
        gc.enable()


@pytest.mark.parametrize("place", ["call", "iteration", "open", "lines", "cancelled call"])
def test_an_exception_of_a_task_keeps_none_of_its_streams_open(
    server: DevServer, client: aod.Client, control: Callable[..., Any], place: str
) -> None:
    control("POST", "fault", {"path": "/health", "times": None, "effect": {"stall": {}}})
    ack = hold(client, control)

    async def fail_with_a_stream(aclient: aod.AsyncClient) -> None:
        events = aclient.sessions.stream(ack.id)
        await anext(events)
        missing = aclient.sessions.stream("missing")
        if place == "call":
            await aclient.agents.get("missing")
        elif place == "iteration":
            await anext(missing)
        elif place == "open":
            await missing.open()
        elif place == "lines":
            await anext(missing.pretty(plain=True))
        else:
            await aclient.health()

    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token, timeout=60) as aclient:
            before = control("GET", "stats")["requests"]
            task = asyncio.create_task(fail_with_a_stream(aclient))
            if place == "cancelled call":
                await asyncio.to_thread(control, "POST", "wait", {"requests": before + 2})
                task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() or isinstance(task.exception(), aod.NotFoundError)
            del task
            await asyncio.to_thread(control, "POST", "wait", {"streams": 0})

    gc.disable()
    try:
        asyncio.run(asyncio.wait_for(main(), 60))
    finally:
        gc.enable()


# A set that is interrupted by a signal when a client is added, and again when it is read at exit.
INTERRUPTED_REGISTRATION = """
import signal, weakref
import aod
from aod import _process
clients = []
def interrupt():
    if len(clients) < 3:
        signal.raise_signal(signal.SIGINT)
class Interrupted(weakref.WeakSet):
    def add(self, item):
        super().add(item)
        if len(self) == 1: interrupt()
    def __iter__(self):
        for item in super().__iter__():
            interrupt()
            yield item
def create(*_): clients.append(aod.Client(base_url="http://127.0.0.1:1", token="t"))
signal.signal(signal.SIGINT, create)
_process._owners = Interrupted()
create()
assert len(clients) == 2, clients
_process._at_exit()
print(len(clients))
"""


def test_a_signal_handler_may_create_a_client_while_another_one_is_registered() -> None:
    with python(INTERRUPTED_REGISTRATION) as process:
        output, errors = process.communicate()
    assert (output, errors) == ("3\n", "")


@contextmanager
def endless_informational_responses() -> Iterator[str]:
    """Run a server that answers each request with the heads of informational responses until the client closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def attack(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(4096)
            while True:
                connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=attack, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_hostile_server_delays_neither_its_own_timeout_nor_other_servers(client: aod.Client) -> None:
    ack = start(client)
    ends: queue.Queue[str] = queue.Queue()

    def endure(url: str) -> None:
        with aod.Client(base_url=url, token=TOKEN, max_retries=0, timeout=10) as hostile:
            try:
                hostile.health()
            except aod.AodError as error:
                ends.put(type(error).__name__)

    def call() -> None:
        for _ in range(5):
            client.health()
        ends.put("calls")

    def follow() -> None:
        assert list(client.sessions.stream(ack.id))[-1].exit_code == 0
        ends.put("stream")

    with endless_informational_responses() as url, ThreadPoolExecutor(3) as pool:
        tasks = [pool.submit(endure, url), pool.submit(call), pool.submit(follow)]
        # The limit is generous: the machine may be busy.
        order = [ends.get(timeout=120) for _ in tasks]
        for task in tasks:
            task.result()
    assert sorted(order[:2]) == ["calls", "stream"]
    assert order[2] == "AodTimeoutError"
