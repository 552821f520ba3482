"""Streams of a session's events, which survive dropped connections and give every event once."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, cast

from ._core import NATIVE_ERRORS, SLICE_MS, failed
from ._process import disarm, generation, track
from .errors import AodError, raise_for_status
from .events import StreamEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

    from typing_extensions import Self

    from ._core import Core
    from ._native import EventBatches

__all__ = ["AsyncEventStream", "EventStream", "Listener", "aiter_sse", "iter_sse"]

_BATCH = 512


class _Base:
    """What both kinds of streams share: the events of one batch, and the place in them."""

    def __init__(self, core: Core, session_id: str, since: int | None, options: dict[str, Any]) -> None:
        self._core = core
        self._session_id = session_id
        self._since = since
        self._options = json.dumps(options).encode()
        self._batches: EventBatches | None = None
        self._events: list[dict[str, Any]] = []
        self._read = 0
        self._behind = since  # the cursor behind the batch
        self._before = since  # and before it
        self._over = False
        self._generation = track(self)

    @property
    def cursor(self) -> int | None:
        """The position behind the last event that was given out: pass it as `since` to go on from there."""
        if self._read == len(self._events):
            return self._behind
        for payload in reversed(self._events[: self._read]):
            place = payload.get("id")
            # A `turn_start` has the id of an output that is still to come.
            if isinstance(place, int) and payload.get("type") != "turn_start":
                return place
        return self._before

    def cancel(self) -> None:
        """End the stream and close its connection at once; from any thread."""
        self._over = True
        self._events, self._read, self._behind = [], 0, self.cursor
        batches, self._batches = self._batches, None
        if batches is not None:
            batches.cancel()

    def abandon(self) -> None:
        self._over = True
        if self._batches is not None:
            disarm(self._batches)
            self._batches = None

    def stop(self) -> None:
        self.cancel()

    def _alive(self) -> None:
        if self._generation != generation():
            raise AodError("this stream belongs to the process that was forked; open one here")

    def _take(self, events: bytes, cursor: int | None) -> None:
        self._before = self._behind
        self._behind = self._behind if cursor is None else cursor
        self._events = cast("list[dict[str, Any]]", json.loads(events))
        self._read = 0


def _event(payload: dict[str, Any]) -> StreamEvent:
    extra = payload.copy()
    event = StreamEvent.__new__(StreamEvent)
    event.type = extra.pop("type", "output")
    event.id = extra.pop("id", None)
    event.extra = extra
    return event


class EventStream(_Base):
    """A session's events: iterate it, in a `with` block or without."""

    def __enter__(self) -> Self:
        """Give the stream."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.cancel()

    def __iter__(self) -> Iterator[StreamEvent]:
        """Give the events from here on."""
        return self

    def __next__(self) -> StreamEvent:
        """Wait for an event."""
        if self._read == len(self._events):
            self._pull()
        payload = self._events[self._read]
        self._read += 1
        return _event(payload)

    def _pull(self) -> None:
        self._alive()
        if self._over:
            raise StopIteration
        try:
            if self._batches is None:
                self._batches = self._core.open(self._session_id, self._since, self._options)
            batches = self._batches
            while not self._over:
                batch = batches.next_within(_BATCH, SLICE_MS)
                if batch.events is None:
                    break
                if batch.events:
                    self._take(batch.events, batch.cursor)
                    return
        except AodError:
            self._over = True
            raise
        except NATIVE_ERRORS as error:
            self.cancel()
            failed(error)
        self.cancel()
        raise StopIteration


class AsyncEventStream(_Base):
    """A session's events: iterate it with `async for`, in an `async with` block or without."""

    async def __aenter__(self) -> Self:
        """Give the stream."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.cancel()

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        """Give the events from here on."""
        return self

    async def __anext__(self) -> StreamEvent:
        """Await an event."""
        if self._read == len(self._events):
            await self._pull()
        payload = self._events[self._read]
        self._read += 1
        return _event(payload)

    async def _pull(self) -> None:
        self._alive()
        if self._over:
            raise StopAsyncIteration
        try:
            if self._batches is None:
                self._batches = await self._core.open_async(self._session_id, self._since, self._options)
            batch = await self._batches.next(_BATCH)
        except AodError:
            self._over = True
            raise
        except NATIVE_ERRORS as error:
            self.cancel()
            failed(error)
        if batch.events is None or self._over:
            self.cancel()
            raise StopAsyncIteration
        self._take(batch.events, batch.cursor)


class Listener:
    """A stream that calls back, on a thread of its own: each event, then once `on_closed` or `on_error`."""

    def __init__(
        self,
        stream: EventStream,
        on_event: Callable[[StreamEvent], object],
        on_closed: Callable[[], object] | None,
        on_error: Callable[[AodError], object] | None,
    ) -> None:
        """Start to listen."""
        self._stream = stream
        self._thread = threading.Thread(
            target=_listen, args=(stream, on_event, on_closed, on_error), name="aod-listener", daemon=True
        )
        track(self)
        self._thread.start()

    def cancel(self) -> None:
        """End the stream; `on_closed` is still called."""
        self._stream.cancel()

    @property
    def is_finished(self) -> bool:
        """Whether the last call back has returned."""
        return not self._thread.is_alive()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the last call back; false when the time, in seconds, passed first."""
        self._thread.join(timeout)
        return self.is_finished

    def abandon(self) -> None:
        """Leave the thread to the parent of a fork."""

    def stop(self) -> None:
        """End the stream and wait for the last call back, a second at most."""
        self._stream.cancel()
        if self._thread is not threading.current_thread():
            self._thread.join(1)


def _listen(
    stream: EventStream,
    on_event: Callable[[StreamEvent], object],
    on_closed: Callable[[], object] | None,
    on_error: Callable[[AodError], object] | None,
) -> None:
    failure: AodError | None = None
    with stream:
        try:
            for event in stream:
                try:
                    on_event(event)
                except Exception as error:  # noqa: BLE001 - the caller's code may raise anything
                    failure = AodError(f"on_event raised {type(error).__name__}")
                    failure.__cause__ = error
                    break
        except AodError as error:
            failure = error
    if failure is None:
        if on_closed is not None:
            on_closed()
    elif on_error is not None:
        on_error(failure)
    else:
        # Nobody asked to be told, so let `threading.excepthook` tell.
        raise failure


def _parse(line: str) -> StreamEvent | None:
    if not line.startswith("data:"):
        return None
    try:
        payload: Any = json.loads(line[5:])
    except ValueError:
        return None
    return StreamEvent.from_payload(cast("dict[str, Any]", payload)) if isinstance(payload, dict) else None


def _check(response: Any, body: bytes) -> None:
    parsed: Any = None
    if body:
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = body.decode(errors="replace")
    raise_for_status(response.status_code, parsed, response.request.method, str(response.request.url))


def iter_sse(response: Any) -> Iterator[StreamEvent]:
    """Give the events of an httpx response that the caller opened."""
    if response.status_code >= 400:
        _check(response, response.read())
    for line in response.iter_lines():
        event = _parse(line)
        if event is not None:
            yield event


async def aiter_sse(response: Any) -> AsyncIterator[StreamEvent]:
    """Give the events of an asynchronous httpx response that the caller opened."""
    if response.status_code >= 400:
        _check(response, await response.aread())
    async for line in response.aiter_lines():
        event = _parse(line)
        if event is not None:
            yield event
