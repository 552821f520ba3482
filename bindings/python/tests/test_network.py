"""`client.network`, `client.suspend` and `client.resume`, with both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from conftest import start

import aod
from aod.testing import DevServer

Control = Callable[..., Any]


def hold(client: aod.Client, control: Control) -> aod.SessionAck:
    """Start a session that prints a line, and another one when `more` is released."""
    steps = [{"stdout": "one\n"}, {"hold": "more"}, {"stdout": "two\n"}, {"exit": 0}]
    control("POST", "script", {"script": {"steps": steps}})
    return start(client)


def test_a_stream_waits_for_the_network_and_resumes(client: aod.Client, control: Control) -> None:
    ack = hold(client, control)
    states: list[aod.ConnectionState] = []
    with client.sessions.stream(ack.id, on_state=states.append) as events:
        assert next(event.text for event in events if event.text) == "one\n"
        assert client.network.is_available
        client.network.offline()
        control("POST", "wait", {"streams": 0})
        assert not client.network.is_available
        control("POST", "release", {"name": "more"})
        # Derived clients have the same network.
        client.with_options(timeout=5).network.online()
        assert [event.text for event in events if event.text] == ["two\n"]
    kinds = [state.kind for state in states]
    assert kinds[:5] == ["connecting", "live", "waiting_for_network", "resuming", "live"]
    assert str(states[2]) == "waiting for the network"


def test_a_suspended_client_has_no_open_streams(client: aod.Client, control: Control) -> None:
    ack = hold(client, control)
    with client.sessions.stream(ack.id) as events:
        assert next(event.text for event in events if event.text) == "one\n"
        client.suspend()
        control("POST", "wait", {"streams": 0})
        assert client.health()["status"] == "ok"
        client.resume()
        control("POST", "wait", {"streams": 1})
        client.network.changed()
        control("POST", "release", {"name": "more"})
        assert [event.text for event in events if event.text] == ["two\n"]


def test_connections_of_another_network_are_not_used(server: DevServer, control: Control) -> None:
    with aod.Client(base_url=server.url, token=server.token) as client:
        client.health()
        before = control("GET", "stats")["accepted_connections"]
        client.network.changed()
        client.health()
        # The control interface uses a connection for each request.
        assert control("GET", "stats")["accepted_connections"] == before + 2


def test_an_asynchronous_stream_waits_for_the_network(server: DevServer, client: aod.Client, control: Control) -> None:
    ack = hold(client, control)

    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as other:
            waiting = asyncio.Event()

            def observe(state: aod.ConnectionState) -> None:
                if state.kind == "waiting_for_network":
                    waiting.set()

            async with other.sessions.stream(ack.id, on_state=observe) as events:
                async for event in events:
                    if event.text:
                        break
                other.network.offline()
                rest = asyncio.ensure_future(anext(events))
                await waiting.wait()
                other.suspend()
                other.network.online()
                control("POST", "release", {"name": "more"})
                other.resume()
                assert (await rest).text == "two\n"

    asyncio.run(asyncio.wait_for(main(), 60))


def test_a_closed_client_takes_no_reports(server: DevServer) -> None:
    client = aod.Client(base_url=server.url, token=server.token)
    client.close()
    for report in (
        client.suspend,
        client.resume,
        client.network.offline,
        client.network.online,
        client.network.changed,
    ):
        with pytest.raises(aod.ClosedError):
            report()
