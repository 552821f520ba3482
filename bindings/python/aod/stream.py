"""Streams of a session's events, which survive dropped connections and deliver each event once."""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar, cast

from . import _greenlets
from ._core import NATIVE_ERRORS, SLICE_MS, error_from_native
from ._log import drain, logger
from ._options import check_result
from ._process import generation, join_at_exit, leak, register
from ._tasks import TaskScoped, check_alone
from ._unread import Unread
from ._wake import next_id, running_loop, waiter_of
from .errors import AodError, from_native, raise_for_status
from .events import StreamEvent, ends_turn, read_batch

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
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


class _Batch(NamedTuple):
    """What a stream has taken from the library, replaced as a whole.

    An exception of a signal handler can be raised between any two calls. It neither loses nor repeats an event, because
    the library returns a batch again until its number is stored, and an event is yielded by a `for` loop: it calls no
    function that is written in Python after it has advanced the iterator.
    """

    number: int
    """The number of the latest batch or state, from 1."""
    unread: Unread
    """The events that are not yielded yet."""
    cursors: Sequence[int | None]
    """The position after each event, yielded or not."""
    before: int | None
    """The position before the first event."""
    is_complete: bool = False
    """Whether the last event ends the stream."""
    failure: Exception | None = None
    """The error that ended the stream, until it is raised."""


class _Base:
    """The events of a batch, and the position within them."""

    _was_live = False
    """Whether a connection has been established."""

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
        self._turn: int | None = options.get("turn")
        self._options = json.dumps(options)
        self._on_state = on_state
        self._batches: EventBatches | None = None
        self._native: JsonClient | None = None
        self._batch = _Batch(0, Unread(), (), since)
        self._closed = False
        # Empty once `closed` is observed. An iterator, of which two threads cannot take the same item.
        self._last_state: Iterator[ConnectionState] = iter((ConnectionState("closed"),))
        self._lock = threading.Lock()
        self._generation = register(self)

    @property
    def cursor(self) -> int | None:
        """The position after the last event that was yielded: pass it as `since` to resume there.

        A stream that resumes there, in this process or another, neither repeats nor misses a `stage` or `output` event.
        Some other events arrive again, as `Sessions.stream` describes.

        `None` if no event with a position was yielded and `since` was not given.
        """
        batch = self._batch
        yielded = len(batch.cursors) - len(batch.unread)
        return batch.cursors[yielded - 1] if yielded > 0 else batch.before

    def cancel(self) -> None:
        """End the stream and close its connection immediately. Any thread may call this; iteration then stops."""
        self._fail(None)

    def detach(self) -> None:
        """Discard the connection without closing it, in the child of a fork; the package calls this."""
        self._closed = True
        self._last_state = iter(())
        self._discard()
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
            check_result(self._on_state(state), "on_state")

    def _observe_closed(self) -> None:
        """Observe that the stream is closed, once; not if it was never opened."""
        if self._batch.number > 0:
            for state in self._last_state:
                self._observe(state)

    def _leave(self, error: BaseException | None) -> None:
        """Close the stream at the end of its block; an exception of `on_state` does not replace that of the block."""
        self.cancel()
        # A thread that has the lock iterates, and observes this state itself after the one that it is observing.
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._observe_closed()
        except Exception as raised:
            if error is None:
                raise
            logger.warning("on_state raised %s when the stream was closed", type(raised).__name__)
        finally:
            self._lock.release()

    def _discard(self) -> None:
        """Discard the events that are not yielded; the cursor stays."""
        self._batch = self._batch._replace(unread=Unread(), cursors=(), before=self.cursor)

    def _fail(self, failure: Exception | None) -> None:
        """Close the connection, and have the iteration raise a failure or, without one, stop."""
        self._batch = self._batch._replace(failure=failure)
        self._closed = True
        self._discard()
        batches, self._batches = self._batches, None
        if batches is not None:
            batches.cancel()

    def _finish(self) -> None:
        """Observe that a stream is closed, and raise its failure, each once."""
        self._check_process()
        self._observe_closed()
        failure = self._batch.failure
        if failure is None:
            return
        self._batch = self._batch._replace(failure=None)
        try:
            raise failure
        finally:
            del failure  # the traceback has this frame: a cycle would keep the streams of the caller open

    def _items(self, events: list[StreamEvent]) -> Iterable[Any]:
        """Return what the iteration yields."""
        return events

    def _store(self, text: str, failure: Exception | None) -> ConnectionState | None:
        """Store a batch, or close the stream at its end; return a change of the connection, which is to be observed."""
        batch = self._batch
        if text.startswith("{"):
            state = _state(json.loads(text))
            self._was_live = self._was_live or state.kind == "live"
            self._batch = batch._replace(number=batch.number + 1)
            return state
        taken = read_batch(text)
        if taken is None:
            if failure is None and not batch.is_complete and not self._closed:
                logger.warning(
                    "the stream of %s ended without a terminal event: the session is not active", self._session_id
                )
            self._fail(failure)
            return next(self._last_state, None)
        events, cursors = taken
        is_complete = bool(events) and ends_turn(events[-1], self._turn)
        self._batch = _Batch(batch.number + 1, Unread(self._items(events)), cursors, self.cursor, is_complete)
        if self._closed:  # another thread cancelled the stream in the meantime
            self._discard()
        return None

    def _take(self, milliseconds: int) -> bool:
        """Store a batch, observe a change of the connection or close the stream; return false if nothing arrived."""
        failure: Exception | None = None
        text = "null"
        try:
            text = self._open().take(milliseconds, self._batch.number)
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        has_arrived = text != ""
        state = self._store(text, failure) if has_arrived else None
        text = ""  # crash reporters send the locals of each frame
        drain()
        if not has_arrived:
            self._provide_token()
        elif state is not None:
            try:
                self._observe(state)
            except Exception as error:
                if failure is None:
                    raise
                failure.__cause__ = error
        return has_arrived

    def _connect(self, milliseconds: int) -> bool:
        """Wait until the stream is open or closed, and observe its states; return false if neither happens in time."""
        return self._advance(lambda: self._was_live, milliseconds)

    def _fetch(self, milliseconds: int) -> bool:
        """Wait until there are events to yield or the stream is closed; return false if neither happens in time."""
        return self._advance(lambda: len(self._batch.unread) > 0, milliseconds)

    def _advance(self, is_ready: Callable[[], bool], milliseconds: int) -> bool:
        try:
            while not self._closed and not is_ready():
                if not self._take(milliseconds):
                    return False
        except AodError:
            self.cancel()
            raise
        return True


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
        try:
            return self.open()
        except BaseException as error:
            self._leave(error)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._leave(error)

    def open(self) -> Self:
        """Open the stream and wait for the server's response; entering the `with` block does the same.

        Iteration also opens a stream that is not open, and then raises these errors. Both raise an exception of
        `on_state`. Any other exception, such as `KeyboardInterrupt`, does not close the stream.

        Returns:
            The stream.

        Raises:
            NotFoundError: The session does not exist.
            AodConnectionError: The server cannot be reached, after the `max_retries` of the client.
            AodError: Any other failure; see `aod.errors`.
        """
        self._check_process()
        self._wait_for(self._connect)
        if self._closed:
            self._finish()
        return self

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
        event: StreamEvent
        while True:
            try:
                for event in self._batch.unread.items:
                    return event
            except IndexError:  # without the GIL, another thread took the last one
                pass
            if self._closed:
                self._finish()
                raise StopIteration
            self._pull()

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
        return _Lines(self, _formatter(formatter, options))

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

        return TranscriptStream(self, transcript or Transcript(), self._turn)

    def _pull(self) -> None:
        """Wait until there are events to yield or the stream is closed."""
        self._check_process()
        self._wait_for(self._fetch)

    def _wait_for(self, advance: Callable[[int], bool]) -> None:
        """Call a function, which waits for a number of milliseconds, until it returns true."""
        with self._lock:
            greenlets = _greenlets.are_patched_in()
            while not advance(0 if greenlets else SLICE_MS):
                batches = self._batches
                if greenlets and batches is not None:
                    self._wait_in_greenlet(batches.notify)

    def _provide_token(self) -> None:
        if self._native is not None:
            self._core.tokens.serve(self._native)

    def _wait_in_greenlet(self, notify: Callable[[WakeQueue, int], object]) -> None:
        if self._native is not None:
            self._core.tokens.wait_in_greenlet(self._native, notify)


class AsyncEventStream(_Base, TaskScoped):
    """A session's events, for asyncio: an asynchronous iterator and context manager.

    Iteration ends after the event that ends the turn, or after `stale`. Leaving the `async with` block, breaking out of
    the loop and dropping the stream close the connection. Without `async with`, the stream is also closed when a task
    ends that was cancelled while it waited for an event, unless the stream has been iterated again. A later
    iteration raises `AodError`. One task at a time may iterate.

    See [Streaming](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/).

    Examples:
        >>> async with client.sessions.stream(ack.id) as events:
        ...     async for event in events:
        ...         print(event.type, event.id)
    """

    _yield_next = False
    _is_opening = False

    async def __aenter__(self) -> Self:
        """Open the stream and return it; see `open`."""
        self._is_entered = True
        try:
            return await self.open()
        except BaseException as error:
            self._leave(error)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._leave(error)

    async def open(self) -> Self:
        """Open the stream and wait for the server's response; entering the `async with` block does the same.

        Iteration also opens a stream that is not open, and then raises these errors. Both raise an exception of
        `on_state`. A call that times out does not close the stream.

        Returns:
            The stream.

        Raises:
            NotFoundError: The session does not exist.
            AodConnectionError: The server cannot be reached, after the `max_retries` of the client.
            AodError: Another task opens this stream, or any other failure; see `aod.errors`.
        """
        from asyncio import CancelledError

        self._check_process()
        loop = running_loop()
        check_alone(self._is_opening)
        self._is_opening = True
        self._interrupted = None
        try:
            while not self._connect(0):
                batches = self._batches
                if batches is not None:
                    await self._wait(partial(self._notify_open, batches), loop)
        except CancelledError:
            self._cancel_with_task()
            raise
        finally:
            self._is_opening = False
        if self._closed:
            self._finish()
        return self

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
        event: StreamEvent
        while True:
            for event in self._batch.unread.items:
                return event
            if self._closed:
                self._finish()
                raise StopAsyncIteration
            await self._pull()

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
        return _AsyncLines(self, _formatter(formatter, options))

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

        return AsyncTranscriptStream(self, transcript or Transcript(), self._turn)

    async def _pull(self) -> None:
        """Wait until there are events to yield or the stream is closed."""
        from asyncio import CancelledError, sleep

        self._check_process()
        loop = running_loop()
        check_alone(self._is_waiting)
        self._is_waiting = True
        self._interrupted = None
        try:
            if self._yield_next:
                self._yield_next = False
                await sleep(0)
            # Let other tasks run even if events are always available.
            self._yield_next = True
            while not self._fetch(0):
                batches = self._batches
                if batches is not None:
                    self._yield_next = False
                    await self._wait(batches.notify, loop)
        except CancelledError:
            self._cancel_with_task()
            raise
        finally:
            self._is_waiting = False

    def _notify_open(self, batches: EventBatches, queue: WakeQueue, id: int) -> None:
        """Queue an id when the stream is open or has ended, or when a state has arrived."""
        batches.notify_open(queue, id)
        # A task that iterates takes the states: the library notifies only one of both.
        if not self._is_waiting:
            batches.notify(queue, id)

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


_CALL: Final = cast("Callable[[partial[Iterator[str]]], Iterator[str]]", partial.__call__)  # pyright: ignore[reportUnknownMemberType]


class _FormattedLines:
    """The state of the iteration over formatted lines."""

    def __init__(self, formatter: Formatter) -> None:
        self._formatter = formatter
        self._lines: Iterator[str] = iter(())
        self._event: StreamEvent | None = None
        """The event that is formatted next."""
        self._turn: int | None = None
        self._has_output = False
        self._has_ended = False
        self._failure: AodError | None = None

    def _format(self, event: StreamEvent) -> None:
        turn, has_output = self._turn, self._has_output or event.type == "output"
        steps = [partial(self._formatter.consume, event)]
        if event.type == "turn_start":
            if has_output and (event.turn is None or event.turn != turn):
                # Each turn is the output of a separate process.
                steps.insert(0, partial(self._formatter.flush))
            turn = event.turn
        lines = chain.from_iterable(map(_CALL, steps))
        # Together, so that an exception of a signal handler does not come between.
        self._lines, self._event, self._turn, self._has_output = lines, None, turn, has_output

    def _end(self, failure: AodError | None) -> None:
        self._lines, self._failure, self._has_ended = iter(self._formatter.flush()), failure, True

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        try:
            if failure is not None:
                raise failure
        finally:
            del failure  # the traceback has this frame

    def _stop(self) -> None:
        self._lines, self._event, self._failure, self._has_ended = iter(()), None, None, True


class _Lines(_FormattedLines):
    """The lines of a stream. An exception that interrupts the wait, such as `KeyboardInterrupt`, does not end them."""

    def __init__(self, events: EventStream, formatter: Formatter) -> None:
        super().__init__(formatter)
        self._events = events

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        while True:
            for line in self._lines:
                return line
            if self._has_ended:
                self._raise_failure()
                raise StopIteration
            try:
                if self._event is None:
                    for self._event in self._events:  # noqa: B020 - an event that is stored cannot be lost
                        break
                if self._event is None:
                    self._end(None)
                else:
                    self._format(self._event)
            except AodError as error:
                self._end(error)

    def close(self) -> None:
        """End the iteration, like `close` of a generator."""
        self._stop()


class _AsyncLines(_FormattedLines):
    """The lines of a stream, for asyncio. A cancellation of the wait, such as that of a timeout, does not end them."""

    def __init__(self, events: AsyncEventStream, formatter: Formatter) -> None:
        super().__init__(formatter)
        self._events = events

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while True:
            for line in self._lines:
                return line
            if self._has_ended:
                self._raise_failure()
                raise StopAsyncIteration
            try:
                if self._event is None:
                    self._event = await anext(self._events)
                self._format(self._event)
            except StopAsyncIteration:
                self._end(None)
            except AodError as error:
                if not self._events._closed:  # another task waits  # pyright: ignore[reportPrivateUsage]
                    raise
                self._end(error)

    async def aclose(self) -> None:
        """End the iteration, like `aclose` of an asynchronous generator."""
        self._stop()


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
        # In the context of the caller, which may have the trace that the requests belong to.
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(_run_callbacks, stream, _reporting(on_event, "on_event"), on_closed, on_error),
            name="aod-subscription",
            daemon=True,
        )
        join_at_exit(self._thread)
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


_T = TypeVar("_T")


def _reporting(callback: Callable[[_T], object], name: str) -> Callable[[_T], None]:
    """Return a callback that raises an `AodError`, whose cause is what the given callback raises."""

    def call(argument: _T) -> None:
        try:
            check_result(callback(argument), name)
        except BaseException as error:  # noqa: BLE001 - the caller's code may raise anything
            failure = _caused_by(error, f"{name} raised {type(error).__name__}")
        else:
            return
        del argument  # a crash reporter sends the locals of this frame
        try:
            raise failure
        finally:
            del failure

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
    try:
        if failure is None:
            if on_closed is not None:
                check_result(on_closed(), "on_closed")
        elif on_error is not None:
            check_result(on_error(failure), "on_error")
        else:
            # There is no `on_error`, so the error goes to `threading.excepthook`.
            raise failure
    finally:
        del failure


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
