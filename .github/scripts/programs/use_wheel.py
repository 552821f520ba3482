"""Uses the installed Python package and its testing kit: a call, an error and a stream of the native core."""

from __future__ import annotations

import importlib.metadata
import sys
from uuid import UUID

import aod
from aod.testing import DevServer, Turn


def main(version: str) -> None:
    """Use the packages."""
    for package in ("aod-sdk", "aod-devserver"):
        installed = importlib.metadata.version(package)
        assert installed == version, f"{package} {installed}"
    with DevServer() as server, aod.Client(base_url=server.url, token=server.token) as client:
        assert client.health()["status"] == "ok"
        try:
            client.agents.get(UUID(int=2))
        except aod.NotFoundError:
            pass
        else:
            raise AssertionError("a 404 is an error")
        server.script(Turn().message("The package works."))
        agent = client.agents.create(name="agent", model="anthropic/claude-sonnet-4-6", runtime="claude")
        result = client.sessions.run(agent_id=agent.id, prompt="Does it?")
        assert result.text == "The package works.", result.text


if __name__ == "__main__":
    main(sys.argv[1])
