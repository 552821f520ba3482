"""The lines of the native library in `logging`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from conftest import start

import aod
from aod.testing import DevServer

Control = Callable[..., Any]


def fail_once(control: Control) -> None:
    control("POST", "fault", {"path": "/agents", "effect": {"status": {"status": 503}}})


def core_records(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name.startswith("aod.core")]


def test_retries_and_connections_are_logged_at_the_level_debug(
    server: DevServer, control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="aod")
    fail_once(control)
    with aod.Client(base_url=server.url, token=server.token) as client:
        client.agents.list()
        ack = start(client)
        client.network.changed()
        list(client.sessions.stream(ack.id))
    records = core_records(caplog)
    assert {record.levelno for record in records} == {logging.DEBUG}
    failed = next(record for record in records if "failed" in record.getMessage())
    assert failed.name == "aod.core.transport"
    assert "status=503" in failed.getMessage()
    assert any(record.name == "aod.core.sse.network" for record in records)
    assert server.token not in caplog.text


def test_nothing_is_collected_at_other_levels(
    server: DevServer, control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="aod")
    fail_once(control)
    with aod.Client(base_url=server.url, token=server.token) as client:
        client.agents.list()
    assert core_records(caplog) == []
