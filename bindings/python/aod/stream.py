"""Streams of a session's events, which survive dropped connections and deliver each event once."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, cast

from . import _greenlets
from ._core import NATIVE_ERRORS, SLICE_MS, error_from_native
from ._log import drain, logger
from ._process import generation, leak, register
from ._tasks import TaskScoped
from ._wake import next_id, waiter_of
from .errors import AodError, from_native, raise_for_status
from .events import StreamEvent, read_batch

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from ._core import Core
    from ._native import EventBatches, JsonClient, WakeQueue
    from .pretty import Formatter, FormatterOptions
    from .transcript import AsyncTranscriptStream, Transcript, TranscriptStream

__all__ = ["AsyncEventStream", "ConnectionState", "EventStream", "Subscription", "aiter_sse", "iter_sse"]


@dataclass(frozen=True)
class ConnectionState:
    """A change of a stream's connection, passed to `on_state` of `sessions.stream`.

    See [Connection states](https://ravi-hq.github.io/agent-on-demand/latest/stream-rules/#connection-states).

    Attributes:
        kind: `connecting` before the first connection, `live` when a connection is established, `resuming` when a
            connection dropped or could not be established, `waiting_for_network` while the network is reported as
            offline or the client is suspended, `history_reset` when the ids of the session start again at a lower
            number, and `closed` when the stream has ended.
        attempt: The number of the attempt that follows, from 1; `None` unless the kind is `resuming`.
        delay: The delay before that attempt, in seconds; `None` unless the kind is `resuming`.
        cause: The error of the dropped connection or of the failed attempt; `None` unless the kind is `resuming`.
    """

    kind: Literal["connecting", "live", "resuming", "waiting_for_network", "history_reset", "closed"]
    attempt: int | None = None
    delay: float | None = None
    cause: AodError | None = None

    def __str__(self) -> str:
        """Return the state as one line."""
        if self.kind == "waiting_for_network":
            return "waiting for the network"
        if self.kind == "history_reset":
            return "history reset: the next events are new, although their ids are lower"
        if self.kind != "resuming":
            return self.kind
        return f"resuming, attempt {self.attempt} in {self.delay:.3g} s, after: {self.cause}"


class _Base:
    """The events of a batch, and the position within them."""

    def __init__(
        self,
        core: Core,
        session_id: str,
        since: int | None,
        options: dict[str, Any],
        on_state: Callable[[ConnectionState], object] | None = None,
    ) -> None:
        self._core = core
        self._session_id = session_id
        self._since = since
        self._options = json.dumps(options)
        self._on_state = on_state
        self._batches: EventBatches | None = None
        self._native: JsonClient | None = None
        self._ready: deque[StreamEvent] = deque()
        self._cursors: Sequence[int | None] = []  # after each event of the batch, yielded or not
        self._last_cursor = since  # after the previous batch
        self._closed = False
        self._is_complete = False
        self._lock = threading.Lock()
        self._generation = register(self)

    @property
    def cursor(self) -> int | None:
        """The position after the last event that was yielded: pass it as `since` to resume there.

        A stream that resumes there, in this process or another, neither repeats nor misses a `stage` or `output` event.
        Some other events arrive again, as `Sessions.stream` describes.

        `None` if no event with a position was yielded and `since` was not given.
        """
        yielded = len(self._cursors) - len(self._ready)
        return self._cursors[yielded - 1] if yielded > 0 else self._last_cursor

    def cancel(self) -> None:
        """End the stream and close its connection immediately. Any thread may call this; iteration then stops."""
        self._closed = True
        self._last_cursor = self.cursor
        self._ready, self._cursors = deque(), []
        batches, self._batches = self._batches, None
        if batches is not None:
            batches.cancel()

    def detach(self) -> None:
        """Discard the connection without closing it, in the child of a fork; the package calls this."""
        self._closed = True
        self._lock = threading.Lock()  # a thread of the parent may have held it
        if self._batches is not None:
            leak(self._batches)
            self._batches = None
        if self._native is not None:
            leak(self._native)
            self._native = None

    def stop(self) -> None:
        """Cancel the stream, before the interpreter exits; the package calls this."""
        self.cancel()

    def _check_process(self) -> None:
        if self._generation != generation():
            raise AodError("the stream belongs to the parent process; open another one after the fork")

    def _open(self) -> EventBatches:
        """Return the source of the events, opened on the first call."""
        batches = self._batches
        if batches is None:
            self._native, batches = self._core.stream(self._session_id, self._since, self._options)
            self._batches = batches
            if self._closed:
                # Another thread cancelled the stream in the meantime.
                batches.cancel()
        return batches

    def _provide_token(self) -> None:
        """Provide a token if the library asks for one; for asyncio, the wait does it."""

    def _observe(self, state: ConnectionState) -> None:
        """Log a change of the connection, and pass it to the callback."""
        level = logging.WARNING if state.kind == "history_reset" else logging.DEBUG
        logger.log(level, "stream of %s %s", self._session_id, state)
        if self._on_state is not None:
            self._on_state(state)

    def _fail(self, failure: Exception) -> NoReturn:
        """Raise the failure of the stream; an error of the callback is its cause."""
        try:
            self._observe(ConnectionState("closed"))
        except Exception as error:
            raise failure from error
        raise failure

    def _keep(self, text: str) -> bool:
        """Store a batch to be yielded, or observe a change of the connection; return false if the stream has ended."""
        if text.startswith("{"):
            self._observe(_state(json.loads(text)))
            return True
        batch = read_batch(text)
        if batch is None:
            if not self._is_complete and not self._closed:
                logger.warning(
                    "the stream of %s ended without a terminal event: the session is not active", self._session_id
                )
            self._observe(ConnectionState("closed"))
            return False
        self._last_cursor = self.cursor
        events, self._cursors = batch
        self._ready.extend(events)
        self._is_complete = bool(events) and events[-1].is_terminal
        return True

    def _take(self, milliseconds: int) -> StreamEvent | None:
        """Return the next event, or `None` if none has arrived in time or the stream has ended; it is then closed."""
        failure: Exception | None = None
        try:
            while not self._closed:
                try:
                    return self._ready.popleft()
                except IndexError:
                    pass
                text = self._open().take(milliseconds)
                drain()
                if not text:
                    self._provide_token()
                    return None
                if not self._keep(text):
                    break
                if self._closed:  # another thread cancelled the stream in the meantime
                    self._ready, self._cursors = deque(), []
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        except AodError:
            self.cancel()
            raise
        self.cancel()
        text = ""  # crash reporters send the locals of each frame
        if failure is not None:
            self._fail(failure)
        return None


class EventStream(_Base):
    """A session's events: an iterator and a context manager.

    Iteration ends after the event that ends the turn, or after `stale`. Leaving the `with` block, breaking out of the
    loop and dropping the stream close the connection. If several threads iterate, each event is passed to one of them.

    See [Streaming](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/).

    Examples:
        >>> with client.sessions.stream(ack.id) as events:
        ...     for event in events:
        ...         print(event.type, event.id)
    """

    def __enter__(self) -> Self:
        """Open the stream and return it; see `open`."""
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.cancel()

    def open(self) -> Self:
        """Open the stream and wait for the server's response; entering the `with` block does the same.

        Iteration also opens a stream that is not open, and then raises these errors.

        Returns:
            The stream.

        Raises:
            NotFoundError: The session does not exist.
            AodConnectionError: The server cannot be reached, after the `max_retries` of the client.
            AodError: Any other failure; see `aod.errors`.
        """
        self._check_process()
        try:
            greenlets = _greenlets.are_patched_in()
            with self._lock:
                while not self._closed and not self._open().open(0 if greenlets else SLICE_MS):
                    if greenlets:
                        self._wait_in_greenlet(self._open().notify_open)
                    else:
                        self._provide_token()
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        except BaseException:
            self.cancel()
            raise
        else:
            return self
        self.cancel()
        raise failure

    def __iter__(self) -> Iterator[StreamEvent]:
        """Return the stream."""
        return self

    def __next__(self) -> StreamEvent:
        """Wait for the next event.

        Returns:
            The event.

        Raises:
            StopIteration: The stream has ended or was cancelled.
            NotFoundError: The session does not exist.
            AodConnectionError: The server could not be reached within `give_up_after` or `max_attempts`.
            AodTimeoutError: The deadline of the stream passed.
            AodError: Any other failure; see `aod.errors`.
        """
        try:
            return self._ready.popleft()
        except IndexError:
            pass
        return self._pull()

    def pretty(self, formatter: Formatter | None = None, **options: Unpack[FormatterOptions]) -> Iterator[str]:
        """Format the rest of the stream as human-readable lines.

        The formatter is flushed when another turn starts and when the stream ends; if the stream fails, before the
        error is raised.

        Args:
            formatter: The formatter. By default, the session's `start` event chooses it.
            **options: Options of the default formatter; see `aod.pretty.FormatterOptions`.

        Returns:
            The lines, as they arrive.

        Raises:
            ValueError: An option has an invalid value.
            TypeError: An option does not exist, or both a formatter and options are given.

        Examples:
            >>> with client.sessions.stream(ack.id) as events:
            ...     for line in events.pretty(plain=True):
            ...         print(line)
        """
        return _format_lines(self, _formatter(formatter, options))

    def transcript(self, transcript: Transcript | None = None) -> TranscriptStream:
        """Convert the rest of the stream into the changes of a transcript.

        Args:
            transcript: The transcript to continue, if this stream was opened with its `cursor` as `since`. By default a
                new one, whose runtime is selected by the session's `start` event.

        Returns:
            The changes, as they arrive, with the transcript as the attribute `transcript`.

        Examples:
            >>> with client.sessions.stream(ack.id) as events:
            ...     changes = events.transcript()
            ...     for change in changes:
            ...         print(change.type)
            ...     print(changes.transcript.final_text)
        """
        from .transcript import Transcript, TranscriptStream

        return TranscriptStream(self, transcript or Transcript())

    def _pull(self) -> StreamEvent:
        self._check_process()
        with self._lock:
            return self._pull_alone()

    def _pull_alone(self) -> StreamEvent:
        greenlets = _greenlets.are_patched_in()
        while not self._closed:
            event = self._take(0 if greenlets else SLICE_MS)
            if event is not None:
                return event
            batches = self._batches
            if greenlets and batches is not None:
                self._wait_in_greenlet(batches.notify)
        raise StopIteration

    def _provide_token(self) -> None:
        if self._native is not None:
            self._core.tokens.serve(self._native)

    def _wait_in_greenlet(self, notify: Callable[[WakeQueue, int], object]) -> None:
        if self._native is not None:
            self._core.tokens.wait_in_greenlet(self._native, notify)


class AsyncEventStream(_Base, TaskScoped):
    """A session's events, for asyncio: an asynchronous iterator and context manager.

    Iteration ends after the event that ends the turn, or after `stale`. Leaving the `async with` block, breaking out of
    the loop, dropping the stream and cancelling its task close the connection. One task at a time may iterate.

    See [Streaming](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/).

    Examples:
        >>> async with client.sessions.stream(ack.id) as events:
        ...     async for event in events:
        ...         print(event.type, event.id)
    """

    _yield_next = False
    _pulling = False

    async def __aenter__(self) -> Self:
        """Open the stream and return it; see `open`."""
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.cancel()

    async def open(self) -> Self:
        """Open the stream and wait for the server's response; entering the `async with` block does the same.

        Iteration also opens a stream that is not open, and then raises these errors.

        Returns:
            The stream.

        Raises:
            NotFoundError: The session does not exist.
            AodConnectionError: The server cannot be reached, after the `max_retries` of the client.
            AodError: Any other failure; see `aod.errors`.
        """
        from asyncio import get_running_loop

        self._check_process()
        loop = get_running_loop()
        try:
            while not self._closed:
                batches = self._open()
                if batches.open(0):
                    break
                await self._wait(batches.notify_open, loop)
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        except BaseException:
            self.cancel()
            raise
        else:
            return self
        self.cancel()
        raise failure

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        """Return the stream."""
        return self

    async def __anext__(self) -> StreamEvent:
        """Wait for the next event.

        Returns:
            The event.

        Raises:
            StopAsyncIteration: The stream has ended or was cancelled.
            NotFoundError: The session does not exist.
            AodConnectionError: The server could not be reached within `give_up_after` or `max_attempts`.
            AodTimeoutError: The deadline of the stream passed.
            AodError: Another task is waiting for this stream, or any other failure; see `aod.errors`.
        """
        try:
            return self._ready.popleft()
        except IndexError:
            pass
        return await self._pull()

    def pretty(self, formatter: Formatter | None = None, **options: Unpack[FormatterOptions]) -> AsyncIterator[str]:
        """Format the rest of the stream as human-readable lines.

        The formatter is flushed when another turn starts and when the stream ends; if the stream fails, before the
        error is raised.

        Args:
            formatter: The formatter. By default, the session's `start` event chooses it.
            **options: Options of the default formatter; see `aod.pretty.FormatterOptions`.

        Returns:
            The lines, as they arrive.

        Raises:
            ValueError: An option has an invalid value.
            TypeError: An option does not exist, or both a formatter and options are given.

        Examples:
            >>> async with client.sessions.stream(ack.id) as events:
            ...     async for line in events.pretty(plain=True):
            ...         print(line)
        """
        return _aformat_lines(self, _formatter(formatter, options))

    def transcript(self, transcript: Transcript | None = None) -> AsyncTranscriptStream:
        """Convert the rest of the stream into the changes of a transcript.

        Args:
            transcript: The transcript to continue, if this stream was opened with its `cursor` as `since`. By default a
                new one, whose runtime is selected by the session's `start` event.

        Returns:
            The changes, as they arrive, with the transcript as the attribute `transcript`.

        Examples:
            >>> async with client.sessions.stream(ack.id) as events:
            ...     changes = events.transcript()
            ...     async for change in changes:
            ...         print(change.type)
            ...     print(changes.transcript.final_text)
        """
        from .transcript import AsyncTranscriptStream, Transcript

        return AsyncTranscriptStream(self, transcript or Transcript())

    async def _pull(self) -> StreamEvent:
        from asyncio import CancelledError, get_running_loop, sleep

        self._check_process()
        if self._pulling:
            raise AodError("another task is waiting for this stream")
        loop = get_running_loop()
        self._pulling = True
        self._pulls += 1
        try:
            if self._yield_next:
                self._yield_next = False
                await sleep(0)
            # Let other tasks run even if events are always available.
            self._yield_next = True
            while not self._closed:
                event = self._take(0)
                if event is not None:
                    return event
                batches = self._batches
                if batches is not None:
                    self._yield_next = False
                    await self._wait(batches.notify, loop)
        except CancelledError:
            self._cancel_with_task()
            raise
        finally:
            self._pulling = False
        raise StopAsyncIteration

    async def _wait(self, notify: Callable[[WakeQueue, int], object], loop: AbstractEventLoop) -> None:
        waiter, id = waiter_of(loop), next_id()
        notify(waiter.queue, id)
        native = self._native
        if native is not None:
            await self._core.tokens.wait(native, waiter, id, loop)


def _state(fields: dict[str, Any]) -> ConnectionState:
    cause = fields.pop("cause", None)
    return ConnectionState(**fields, cause=None if cause is None else cast("AodError", from_native(cause)))


def _formatter(given: Formatter | None, options: FormatterOptions) -> Formatter:
    if given is None:
        from .pretty import SessionFormatter

        return SessionFormatter(**options)
    if options:
        raise TypeError("options apply to the default formatter; pass either a formatter or options")
    return given


class _Turns:
    """The turns of one stream, each of which has the output of another process."""

    def __init__(self) -> None:
        self._turn: int | None = None
        self._has_output = False

    def is_another(self, event: StreamEvent) -> bool:
        """Record an event, and return whether it starts another turn than that of the earlier output."""
        self._has_output = self._has_output or event.type == "output"
        if event.type != "turn_start":
            return False
        continues = event.turn is not None and event.turn == self._turn
        self._turn = event.turn
        return self._has_output and not continues


def _format_lines(events: EventStream, formatter: Formatter) -> Iterator[str]:
    turns = _Turns()
    event: StreamEvent | None = None
    try:
        for event in events:
            if turns.is_another(event):
                yield from formatter.flush()  # each turn is the output of a separate process
            yield from formatter.consume(event)
    except AodError:
        event = None  # a crash reporter sends the locals of this frame
        yield from formatter.flush()
        raise
    yield from formatter.flush()


async def _aformat_lines(events: AsyncEventStream, formatter: Formatter) -> AsyncIterator[str]:
    turns = _Turns()
    event: StreamEvent | None = None
    try:
        async for event in events:
            if turns.is_another(event):
                for line in formatter.flush():
                    yield line
            for line in formatter.consume(event):
                yield line
    except AodError:
        event = None  # a crash reporter sends the locals of this frame
        for line in formatter.flush():
            yield line
        raise
    for line in formatter.flush():
        yield line


class Subscription:
    """A stream whose events are passed to callbacks on a dedicated thread, from `client.sessions.listen(…)`.

    Each event is passed to `on_event`; then `on_closed` or `on_error` is called once.

    See [Listeners](https://ravi-hq.github.io/agent-on-demand/latest/stream-rules/#listeners).
    """

    def __init__(
        self,
        stream: EventStream,
        on_event: Callable[[StreamEvent], object],
        on_closed: Callable[[], object] | None,
        on_error: Callable[[AodError], object] | None,
    ) -> None:
        """Start the thread; `client.sessions.listen(…)` does this.

        Args:
            stream: The events.
            on_event: Called with each event.
            on_closed: Called when the stream has ended or was cancelled.
            on_error: Called with the error that ended the stream.
        """
        on_state = stream._on_state  # pyright: ignore[reportPrivateUsage]
        if on_state is not None:
            stream._on_state = _reporting(on_state, "on_state")  # pyright: ignore[reportPrivateUsage]
        self._stream = stream
        self._thread = threading.Thread(
            target=_run_callbacks,
            args=(stream, _reporting(on_event, "on_event"), on_closed, on_error),
            name="aod-subscription",
            daemon=True,
        )
        register(self)
        self._thread.start()

    def cancel(self) -> None:
        """End the stream. `on_closed` is still called."""
        self._stream.cancel()

    @property
    def is_finished(self) -> bool:
        """Whether the last callback has returned."""
        return not self._thread.is_alive()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the last callback has returned.

        Args:
            timeout: How long to wait, in seconds. By default there is no limit.

        Returns:
            Whether the last callback has returned.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        # In slices: a signal that arrives just before a blocking call is handled after it.
        while not self.is_finished:
            left = SLICE_MS / 1000
            if deadline is not None:
                left = min(left, deadline - time.monotonic())
                if left <= 0:
                    break
            self._thread.join(left)
        return self.is_finished

    def detach(self) -> None:
        """Leave the thread to the parent process, in the child of a fork; the package calls this."""

    def stop(self) -> None:
        """Cancel the stream and wait at most one second for the last callback; the package calls this at exit."""
        self._stream.cancel()
        if self._thread is not threading.current_thread():
            self._thread.join(1)


_T = TypeVar("_T")


def _reporting(callback: Callable[[_T], object], name: str) -> Callable[[_T], None]:
    """Return a callback that raises an `AodError`, whose cause is what the given callback raises."""

    def call(argument: _T) -> None:
        try:
            callback(argument)
        except BaseException as error:  # noqa: BLE001 - the caller's code may raise anything
            failure = _caused_by(error, f"{name} raised {type(error).__name__}")
        else:
            return
        del argument  # a crash reporter sends the locals of this frame
        raise failure

    return call


def _caused_by(error: BaseException, text: str) -> AodError:
    failure = AodError(text)
    failure.__cause__ = error
    return failure


def _run_callbacks(
    stream: EventStream,
    on_event: Callable[[StreamEvent], None],
    on_closed: Callable[[], object] | None,
    on_error: Callable[[AodError], object] | None,
) -> None:
    failure: AodError | None = None
    event: StreamEvent | None = None
    try:
        with stream:
            for event in stream:
                on_event(event)
    except AodError as error:
        failure = error.with_traceback(None)  # the locals of the frames have events
    except BaseException as error:  # noqa: BLE001 - one of the last callbacks is called in any case
        failure = _caused_by(error, f"the stream failed: {type(error).__name__}")
    event = None  # a crash reporter sends the locals of this frame
    if failure is None:
        if on_closed is not None:
            on_closed()
    elif on_error is not None:
        on_error(failure)
    else:
        # There is no `on_error`, so the error goes to `threading.excepthook`.
        raise failure


def _parse(line: str) -> StreamEvent | None:
    if not line.startswith("data:"):
        return None
    try:
        payload: Any = json.loads(line[5:])
    except ValueError:
        return None
    return StreamEvent.from_payload(cast("dict[str, Any]", payload)) if isinstance(payload, dict) else None


def _raise_for_response(response: Any, body: bytes) -> None:
    parsed: Any = None
    if body:
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = body.decode(errors="replace")
    raise_for_status(response.status_code, parsed, response.request.method, str(response.request.url))


def iter_sse(response: Any) -> Iterator[StreamEvent]:
    """Iterate over the events of an `httpx.Response` that was opened with `stream=True`.

    Use it for responses of your own httpx client; it behaves as in 0.1.0. `client.sessions.stream(…)` does not use it.

    Args:
        response: The response.

    Yields:
        The events.

    Raises:
        AodHTTPError: The status is 400 or above.
    """
    if response.status_code >= 400:
        _raise_for_response(response, response.read())
    for line in response.iter_lines():
        event = _parse(line)
        if event is not None:
            yield event


async def aiter_sse(response: Any) -> AsyncIterator[StreamEvent]:
    """Iterate over the events of an asynchronous `httpx.Response` that was opened with `stream=True`.

    Use it for responses of your own httpx client; it behaves as in 0.1.0. `client.sessions.stream(…)` does not use it.

    Args:
        response: The response.

    Yields:
        The events.

    Raises:
        AodHTTPError: The status is 400 or above.
    """
    if response.status_code >= 400:
        _raise_for_response(response, await response.aread())
    async for line in response.aiter_lines():
        event = _parse(line)
        if event is not None:
            yield event


def __dir__() -> list[str]:
    return sorted(__all__)
