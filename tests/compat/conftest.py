"""A development server per test, and a client of the published SDK."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aod
import httpx
import pytest

TOKEN = "aod_published_sdk"


@dataclass(frozen=True)
class Server:
    """A running `aod-devserver`."""

    url: str
    generation: str

    @property
    def model(self) -> str:
        return "claude-sonnet-4-6" if self.generation == "s0" else "anthropic/claude-sonnet-4-6"

    def control(self, call: str, **body: Any) -> None:
        """Calls the control interface."""
        httpx.post(f"{self.url}/__dev/{call}", json=body).raise_for_status()

    def client(self, token: str = TOKEN) -> aod.Client:
        return aod.Client(base_url=self.url, token=token)


@pytest.fixture(params=["s0", "s1"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that ends with the test, or earlier if this process ends."""
    command = [os.environ["AOD_DEVSERVER"], "--generation", request.param, "--token", TOKEN, "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip(), request.param)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=120) == 0


@pytest.fixture
def client(server: Server) -> Iterator[aod.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def agent(server: Server, client: aod.Client) -> aod.Agent:
    return client.agents.create(name="Helper", model=server.model, runtime="claude")
