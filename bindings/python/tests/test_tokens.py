"""Tokens that expire, with both clients, threads and gevent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from conftest import http_server, python, send

import aod

AGENTS = b'{"data": []}'
SESSION = "00000000-0000-4000-8000-000000000001"


class Server:
    """A server that accepts one token at a time. A new token is accepted after each response of a stream."""

    def __init__(self) -> None:
        self.valid = 2
        self.streams = 0
        self.requests = 0
        self._lock = threading.Lock()

    def respond(self, handler: BaseHTTPRequestHandler, request: str) -> None:
        token = handler.headers["Authorization"]
        with self._lock:
            self.requests += 1
            if token != f"Bearer hunter2-{self.valid}":
                send(handler, 401, "application/json", f'{{"detail": "{token} has expired"}}'.encode())
            elif "/stream" not in request.splitlines()[0]:
                send(handler, 200, "application/json", AGENTS)
            elif self.streams == 3:
                send(handler, 204, "text/plain", b"")
            else:
                self.streams += 1
                self.valid += 1
                send(handler, 200, "text/event-stream", self._events())

    def _events(self) -> bytes:
        id = self.streams
        output = f'id: {id}\ndata: {{"type": "output", "id": {id}, "stream": "stdout", "data": "{id}"}}\n\n'
        end = f'id: {id}\ndata: {{"type": "exit", "id": {id}, "code": 0}}\n\n'
        return (output if id < 3 else output + end).encode()


class Provider:
    """Returns tokens that are numbered from 1."""

    def __init__(self) -> None:
        self.rejected: list[str | None] = []

    def __call__(self, rejected: str | None) -> str:
        self.rejected.append(rejected)
        return f"hunter2-{len(self.rejected)}"

    async def asynchronous(self, rejected: str | None) -> str:
        await asyncio.sleep(0)
        return self(rejected)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    with http_server(server.respond) as url:
        yield url


@pytest.fixture
def provider() -> Provider:
    return Provider()


def test_the_provider_is_called_before_the_first_request_and_after_a_401(
    server: Server, url: str, provider: Provider
) -> None:
    with aod.Client(base_url=url, token="ignored", token_provider=provider) as client:
        assert provider.rejected == []
        assert client.agents.list() == []
        assert client.with_options(timeout=20).agents.list() == []
    assert provider.rejected == [None, "hunter2-1"]
    assert server.requests == 3


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_an_asynchronous_client_calls_functions_and_coroutine_functions(
    url: str, provider: Provider, is_coroutine: bool
) -> None:
    async def main() -> None:
        function: Any = provider.asynchronous if is_coroutine else provider
        async with aod.AsyncClient(base_url=url, token_provider=function) as client:
            for listed in await asyncio.gather(*(client.agents.list() for _ in range(10))):
                assert listed == []

    asyncio.run(main())
    assert provider.rejected == [None, "hunter2-1"]


def test_threads_that_need_a_token_at_the_same_time_wait_for_the_same_one(url: str, provider: Provider) -> None:
    with aod.Client(base_url=url, token_provider=provider) as client:
        failures: list[BaseException] = []

        def call() -> None:
            try:
                assert client.agents.list() == []
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=call) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        assert failures == []
    assert provider.rejected == [None, "hunter2-1"]


def test_a_stream_continues_with_each_new_token(url: str, provider: Provider) -> None:
    with aod.Client(base_url=url, token_provider=provider) as client:
        events = list(client.sessions.stream(SESSION, base_delay=0))
    assert [event.text for event in events if event.text] == ["1", "2", "3"]
    assert len(provider.rejected) >= 4


def test_an_asynchronous_stream_continues_with_each_new_token(url: str, provider: Provider) -> None:
    async def main() -> list[aod.StreamEvent]:
        async with aod.AsyncClient(base_url=url, token_provider=provider.asynchronous) as client:
            return [event async for event in client.sessions.stream(SESSION, base_delay=0)]

    events = asyncio.run(main())
    assert [event.text for event in events if event.text] == ["1", "2", "3"]


def test_watched_streams_get_their_tokens(url: str, provider: Provider) -> None:
    def texts(items: list[aod.SessionEvent]) -> list[str]:
        return [item.event.text for item in items if item.event and item.event.text]

    with aod.Client(base_url=url, token_provider=provider) as client:
        assert texts(list(client.sessions.watch([SESSION]))) == ["1", "2", "3"]


def test_asynchronously_watched_streams_get_their_tokens(url: str, provider: Provider) -> None:
    async def main() -> list[aod.SessionEvent]:
        async with aod.AsyncClient(base_url=url, token_provider=provider.asynchronous) as client:
            return [item async for item in client.sessions.watch([SESSION])]

    items = asyncio.run(main())
    assert [item.event.text for item in items if item.event and item.event.text] == ["1", "2", "3"]


def test_a_second_rejection_is_an_auth_error_without_the_tokens(server: Server, url: str, provider: Provider) -> None:
    server.valid = 9
    with aod.Client(base_url=url, token_provider=provider) as client, pytest.raises(aod.AuthError) as caught:
        client.agents.list()
    assert "hunter2" not in str(caught.value)
    assert server.requests == 2


class PlannedError(Exception):
    pass


failed: list[str | None] = []


def fails(rejected: str | None) -> str:
    failed.append(rejected)
    raise PlannedError("hunter2")


async def fails_asynchronously(rejected: str | None) -> str:
    raise PlannedError("hunter2")


def test_an_exception_of_the_provider_is_the_cause_of_the_error(server: Server, url: str) -> None:
    with aod.Client(base_url=url, token_provider=fails) as client:
        calls: list[Callable[[], object]] = [client.agents.list, lambda: list(client.sessions.stream(SESSION))]
        for call in calls:
            failed.clear()
            with pytest.raises(aod.TokenProviderError) as caught:
                call()
            assert failed == [None]
            assert isinstance(caught.value.__cause__, PlannedError)
            assert "PlannedError" in str(caught.value)
            assert "hunter2" not in str(caught.value)

    async def main() -> None:
        async with aod.AsyncClient(base_url=url, token_provider=fails_asynchronously) as other:
            with pytest.raises(aod.TokenProviderError) as caught:
                await other.agents.list()
            assert isinstance(caught.value.__cause__, PlannedError)

    asyncio.run(main())
    assert server.requests == 0


def test_what_is_not_a_token_is_an_error(url: str) -> None:
    with pytest.raises(TypeError, match="token_provider must be callable"):
        aod.Client(base_url=url, token_provider="hunter2")  # type: ignore[arg-type]
    not_a_string: Any = lambda _: 7  # noqa: E731
    with aod.Client(base_url=url, token_provider=not_a_string) as client:
        with pytest.raises(aod.TokenProviderError) as caught:
            client.agents.list()
        assert "must return a str, not int" in str(caught.value.__cause__)
    with aod.Client(base_url=url, token_provider=lambda _: "hunter2 hunter2") as client:
        with pytest.raises(ValueError, match="whitespace") as refused:
            client.agents.list()
        assert "hunter2" not in str(refused.value)


def test_ctrl_c_in_the_provider_ends_only_the_call(url: str, provider: Provider) -> None:
    interruptions = iter([KeyboardInterrupt()])

    def interrupted(rejected: str | None) -> str:
        for interruption in interruptions:
            raise interruption
        return provider(rejected)

    with aod.Client(base_url=url, token_provider=interrupted) as client:
        with pytest.raises(KeyboardInterrupt):
            client.agents.list()
        assert client.agents.list() == []


def test_a_run_that_is_interrupted_in_the_provider_does_not_call_it_again(
    server: Server, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str | None] = []

    def interrupted(rejected: str | None) -> str:
        asked.append(rejected)
        raise KeyboardInterrupt

    with aod.Client(base_url=url, token_provider=interrupted) as client, pytest.raises(KeyboardInterrupt):
        client.sessions.run(agent_id=SESSION, prompt="hi", on_abandon="terminate")
    assert asked == [None] and server.requests == 0
    assert any("may not have been stopped" in message for message in caplog.messages)


def test_a_run_that_is_cancelled_in_the_provider_does_not_call_it_again(server: Server, url: str) -> None:
    async def main() -> None:
        async def provide(rejected: str | None) -> str:
            asked.append(rejected)
            called.set()
            await asyncio.Event().wait()
            raise AssertionError

        asked: list[str | None] = []
        called = asyncio.Event()
        async with aod.AsyncClient(base_url=url, token_provider=provide) as client:
            run = asyncio.create_task(client.sessions.run(agent_id=SESSION, prompt="hi", on_abandon="terminate"))
            await called.wait()
            run.cancel()
            await asyncio.wait([run])
        assert run.cancelled() and asked == [None] and server.requests == 0

    asyncio.run(asyncio.wait_for(main(), 60))


def test_a_cancelled_call_leaves_its_request_for_a_token_to_the_others(url: str, provider: Provider) -> None:
    async def main() -> None:
        async def provide(rejected: str | None) -> str:
            if not first_called.is_set():
                first_called.set()
                await asyncio.Event().wait()
            return provider(rejected)

        first_called = asyncio.Event()
        async with aod.AsyncClient(base_url=url, token_provider=provide) as client:
            first = asyncio.create_task(client.agents.list())
            await first_called.wait()
            second = asyncio.create_task(client.agents.list())
            await asyncio.sleep(0)
            first.cancel()
            assert await second == []
            assert first.cancelled()
            # The same for a call that starts later.
            assert await client.agents.list() == []

    asyncio.run(asyncio.wait_for(main(), 60))


def test_the_time_limit_of_a_call_ends_its_wait_for_a_token(url: str, provider: Provider) -> None:
    async def main() -> None:
        ended: list[str] = []

        async def provide(rejected: str | None) -> str:
            if not ended:
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.append("cancelled")
            return provider(rejected)

        async with aod.AsyncClient(base_url=url, token_provider=provide, timeout=0.1) as client:
            with pytest.raises(aod.AodTimeoutError):
                await client.agents.list()
            assert await client.with_options(timeout=60).agents.list() == []
        assert ended == ["cancelled"]

    asyncio.run(asyncio.wait_for(main(), 60))


def test_a_token_that_cannot_be_sent_is_an_item_of_each_watched_session(url: str) -> None:
    with aod.Client(base_url=url, token_provider=lambda _: "hunter2\n") as client:
        items = list(client.sessions.watch([SESSION, SESSION.replace("1", "2")]))
    errors = [item.error for item in items if item.error is not None]
    assert {str(error.session_id) for error in errors} == {SESSION, SESSION.replace("1", "2")}
    for error in errors:
        assert isinstance(error.__cause__, ValueError) and "hunter2" not in str(error)


GEVENT = """
from gevent import monkey
monkey.patch_all()
import sys
import gevent
import aod

numbers = iter(range(1, 9))

def provide(rejected):
    gevent.sleep(0)
    return f"hunter2-{next(numbers)}"

client = aod.Client(base_url=sys.argv[1], token_provider=provide)
jobs = [gevent.spawn(client.agents.list) for _ in range(3)]
gevent.joinall(jobs, raise_error=True, timeout=60)
print([job.value for job in jobs])
print([event.text for event in client.sessions.stream(sys.argv[2], base_delay=0) if event.text])
"""


def test_greenlets_call_the_provider(server: Server, url: str) -> None:
    with python(GEVENT, url, SESSION) as process:
        printed, errors = process.communicate()
    assert printed.splitlines() == ["[[], [], []]", "['1', '2', '3']"], errors
