from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import aod
from aod.testing import DevServer


@pytest.fixture
def server() -> Iterator[DevServer]:
    with DevServer() as server:
        yield server


@pytest.fixture
def client(server: DevServer) -> Iterator[aod.Client]:
    with aod.Client(base_url=server.url, token=server.token) as client:
        yield client


@pytest.fixture
def control(server: DevServer) -> Callable[[str, str, Any], Any]:
    """Return a function that calls the control interface of the development server."""

    def call(method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{server.url}/__dev/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    return call


def start(client: aod.Client, prompt: str = "hi") -> aod.SessionAck:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    return client.sessions.create(agent_id=agent.id, prompt=prompt)
