"""Copies of events."""

from __future__ import annotations

from conftest import start

import aod


def test_a_copy_of_an_event_keeps_its_position(client: aod.Client) -> None:
    id = start(client).id
    cursor = list(client.sessions.stream(id))[-1].cursor
    assert cursor is not None
    first = next(client.sessions.stream(id, since=cursor))
    assert (first.type, first.id, first.cursor) == ("start", None, cursor)
    masked = first.model_copy(update={"extra": {"masked": True}})
    assert masked.to_sse() == f'id: {cursor}\ndata: {{"type":"start","masked":true}}\n\n'
    assert first.model_copy(deep=True).cursor == cursor
    assert first.model_copy(update={"id": 3}).cursor == 3
    assert first.model_copy(update={"id": None}).cursor is None


def test_a_copy_of_an_event_that_comes_from_no_stream_has_the_position_of_its_fields() -> None:
    event = aod.StreamEvent(type="turn_start", id=4)
    assert event.model_copy().cursor is None
    assert event.model_copy(update={"type": "output"}).cursor == 4
    assert event.model_copy(update={"type": "output", "id": 5}).cursor == 5
