"""Uses the installed Python package: a call, an error and a stream of its native core."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from uuid import UUID

import aod


def main(version: str) -> None:
    """Use the package."""
    installed = importlib.metadata.version("aod-sdk")
    assert installed == version, installed
    with aod.Client() as client:
        assert client.health() == {"status": "ok"}
        try:
            client.agents.get(UUID(int=2))
        except aod.NotFoundError as error:
            assert "not here" in str(error), error
        else:
            raise AssertionError("a 404 is an error")
        with client.sessions.stream(UUID(os.environ["AOD_SESSION"])) as events:
            received = [event.type for event in events]
        assert received == ["output", "exit"], received


if __name__ == "__main__":
    main(sys.argv[1])
