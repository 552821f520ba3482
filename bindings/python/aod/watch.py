"""The events of several sessions in one stream."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _greenlets
from ._core import SLICE_MS
from ._options import stream_options
from ._process import generation
from ._tasks import TaskScoped, check_alone
from ._unread import Unread
from ._wake import ids_of, new_queue, next_id, running_loop, waiter_of
from .errors import AodError
from .stream import EventStream

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import AsyncIterator, Iterator, Mapping
    from types import TracebackType
    from uuid import UUID

    from typing_extensions import Self

    from ._core import Core
    from ._native import JsonClient, WakeQueue
    from ._wake import Waiter
    from .events import StreamEvent

__all__ = ["AsyncWatchStream", "SessionEvent", "WatchStream"]


@dataclass(frozen=True)
class SessionEvent:
    """An event of one of several sessions, or the error that ended the stream of that session.

    Either `event` or `error` is `None`.

    Attributes:
        session_id: The id of the session.
        event: The event, or `None`.
        error: The error that ended the stream of the session, or `None`. Its `session_id` is the id of the session.
    """

    session_id: UUID
    event: StreamEvent | None = None
    error: AodError | None = None


class _SessionStream(EventStream):
    """The stream of one session, which is polled for items."""

    def __init__(self, core: Core, session_id: UUID, since: int | None) -> None:
        super().__init__(core, str(session_id), since, *stream_options(resume_stale=True))
        self._id = session_id

    def _items(self, events: list[StreamEvent]) -> Iterator[SessionEvent]:
        return (SessionEvent(self._id, event) for event in events)

    def poll(self, queue: WakeQueue, number: int) -> bool:
        """Return whether there are items, or queue the number once there may be one or the stream has ended."""
        try:
            self._fetch(0)
            failure = self._batch.failure
        except (AodError, ValueError) as error:
            failure = error
        if failure is not None:
            # Replaces the failure by an item that has it.
            shown = failure if isinstance(failure, AodError) else _as_aod_error(failure)
            shown.session_id = self._id
            item = SessionEvent(self._id, error=shown.with_traceback(None))
            self._closed = True
            self._batch = self._batch._replace(unread=Unread([item]), failure=None)
        if self.has_items:
            return True
        self.notify(queue, number)
        return False

    def notify(self, queue: WakeQueue, number: int) -> None:
        """Queue the number once there is something to poll."""
        batches = self._batches
        if batches is not None:
            batches.notify(queue, number)

    def _provide_token(self) -> None:
        """Do nothing: `_wait` of the stream of all sessions does it."""

    @property
    def native(self) -> JsonClient | None:
        """The native client, once the stream is open."""
        return self._native

    @property
    def items(self) -> Iterator[SessionEvent]:
        """The items of the last batch that are not yielded."""
        return self._batch.unread.items

    @property
    def has_items(self) -> bool:
        """Whether there are more items of the last batch."""
        return len(self._batch.unread) > 0

    @property
    def has_ended(self) -> bool:
        """Whether there are no more batches."""
        return self._closed


class _Due:
    """The numbers of the streams to poll. It does not refer to the streams, so that dropping those closes them."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = deque(numbers)
        self.waiting: Future[None] | None = None

    def add(self, number: int) -> None:
        """Add a stream, and wake the task that waits for one."""
        self.numbers.append(number)
        self.wake()

    def wake(self) -> None:
        """Wake the task that waits."""
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)


class _Watch:
    """The streams of several sessions. Those that may have an event are due to be polled."""

    def __init__(self, core: Core, cursors: Mapping[UUID, int | None]) -> None:
        """Create the stream; `client.sessions.watch(…)` does this.

        Args:
            core: The client's connection to the native library.
            cursors: The sessions, each with the cursor to resume from.
        """
        self._tokens = core.tokens
        self._token_id = next_id()
        self._streams = {next_id(): _SessionStream(core, id, since) for id, since in cursors.items()}
        self._current: _SessionStream | None = None
        """The stream whose items are yielded."""
        self._due = _Due(self._streams)
        self._is_batch_read = False
        self._closed = False
        self._failure: AodError | None = None
        self._generation = generation()

    def cancel(self) -> None:
        """End the stream and close all connections immediately. Any thread may call this; iteration then stops."""
        self._fail(None)

    def _fail(self, failure: AodError | None) -> None:
        """Close all connections, and have the iteration raise a failure or, without one, stop."""
        self._failure = failure
        self._closed = True
        for stream in list(self._streams.values()):
            stream.cancel()

    def _raise_failure(self) -> None:
        """Raise the failure of the stream, once."""
        self._check_process()
        failure, self._failure = self._failure, None
        try:
            if failure is not None:
                raise failure
        finally:
            del failure  # the traceback has this frame

    def _check_process(self) -> None:
        if self._generation != generation():
            raise AodError("the stream belongs to the parent process; open another one after the fork")

    def _is_over(self) -> bool:
        return self._closed or not self._streams

    def _poll(self, queue: WakeQueue) -> bool:
        """Return whether there are items of the current stream, which is replaced if it has none."""
        if self._current is not None and self._current.has_items:
            return True
        due = self._due.numbers
        while due and not self._closed:
            number = due[0]
            stream = self._streams.get(number)
            if stream is None:
                due.popleft()
            elif stream.poll(queue, number):
                # Then it is the turn of the other streams, which may have become due in the meantime.
                due.rotate(-1)
                self._is_batch_read = True
                self._current = stream
                return True
            else:
                due.popleft()
                if stream.has_ended:
                    self._remove(number)
        return False

    def _remove(self, number: int) -> None:
        del self._streams[number]

    def _native(self) -> JsonClient | None:
        """Return the client that may ask for a token: all streams have the same one."""
        return next((stream.native for stream in self._streams.values() if stream.native is not None), None)

    def _poll_all(self) -> None:
        """Make all streams due, after a wait that was interrupted or did not report which ones are."""
        self._due.numbers = deque(self._streams)


def _as_aod_error(failure: Exception) -> AodError:
    """Convert the error of a setting, such as a token that cannot be sent, which a call raises as a `ValueError`."""
    error = AodError(str(failure))
    error.__cause__ = failure.with_traceback(None)
    return error


class WatchStream(_Watch):
    """The events of several sessions in the order in which they arrive: an iterator and a context manager.

    The stream of each session has a connection of its own, which is opened when the iteration starts. It delivers each
    event once and in order, reconnects, and resumes after `stale`. A session that fails, for example because it does
    not exist, has one last item with the error, and does not affect the others. Iteration ends when the streams of all
    sessions have ended. Leaving the `with` block and dropping the stream close all connections. A bounded number of
    events of each session is read ahead.

    See [Several sessions](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/#several-sessions).

    Examples:
        >>> with client.sessions.watch([first.id, second.id]) as items:
        ...     for item in items:
        ...         print(item.session_id, item.event or item.error)
    """

    def __init__(self, core: Core, cursors: Mapping[UUID, int | None]) -> None:
        """Create the stream; `client.sessions.watch(…)` does this.

        Args:
            core: The client's connection to the native library.
            cursors: The sessions, each with the cursor to resume from.
        """
        super().__init__(core, cursors)
        self._lock = threading.Lock()
        self._queue = new_queue()

    def __enter__(self) -> Self:
        """Return the stream."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self.cancel()

    def __iter__(self) -> Iterator[SessionEvent]:
        """Return the stream."""
        return self

    def __next__(self) -> SessionEvent:
        """Wait for the next item.

        Returns:
            The event of a session, or the error that ended its stream.

        Raises:
            StopIteration: The streams of all sessions have ended, or the stream was cancelled.
            AodError: The stream belongs to the parent process of a fork.
        """
        while True:
            self._check_process()
            if self._current is not None:
                try:
                    for item in self._current.items:
                        return item
                except IndexError:  # without the GIL, another thread took the last one
                    pass
            if self._is_over():
                self._raise_failure()
                raise StopIteration
            with self._lock:
                try:
                    self._pull()
                except BaseException:
                    self._poll_all()
                    raise

    def _pull(self) -> None:
        """Wait until there are items to yield or the stream has ended."""
        if self._is_batch_read:
            self._is_batch_read = False
            self._due.numbers.extend(ids_of(self._queue.take(0)))
        while not self._poll(self._queue) and not self._is_over():
            self._wait()

    def _wait(self) -> None:
        native = self._native()
        if native is None:
            return
        if _greenlets.are_patched_in():
            self._tokens.wait_in_greenlet(native, self._notify)
            self._poll_all()
            return
        self._tokens.notify(native, self._queue, self._token_id)
        try:
            self._due.numbers.extend(ids_of(self._queue.take(SLICE_MS)))
        finally:
            self._tokens.forget(native, self._token_id)
        self._tokens.serve(native)

    def _notify(self, queue: WakeQueue, number: int) -> None:
        for stream in list(self._streams.values()):
            stream.notify(queue, number)


class AsyncWatchStream(_Watch, TaskScoped):
    """The events of several sessions in the order in which they arrive: an asynchronous iterator and context manager.

    The stream of each session has a connection of its own, which is opened when the iteration starts. It delivers each
    event once and in order, reconnects, and resumes after `stale`. A session that fails, for example because it does
    not exist, has one last item with the error, and does not affect the others. Iteration ends when the streams of all
    sessions have ended. Leaving the `async with` block and dropping the stream close all connections. Without
    `async with`, the stream is also closed when a task ends that was cancelled while it waited for an item, unless the
    stream has been iterated again. A later iteration raises `AodError`. A bounded number of events of each session is
    read ahead. One task at a time may iterate.

    See [Several sessions](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/#several-sessions).

    Examples:
        >>> async with client.sessions.watch([first.id, second.id]) as items:
        ...     async for item in items:
        ...         print(item.session_id, item.event or item.error)
    """

    _waiter: Waiter | None = None

    async def __aenter__(self) -> Self:
        """Return the stream."""
        self._is_entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self.cancel()
        self._due.wake()
        if self._waiter is not None:
            self._waiter.forget(*self._streams)

    def __aiter__(self) -> AsyncIterator[SessionEvent]:
        """Return the stream."""
        return self

    async def __anext__(self) -> SessionEvent:
        """Wait for the next item.

        Returns:
            The event of a session, or the error that ended its stream.

        Raises:
            StopAsyncIteration: The streams of all sessions have ended, or the stream was cancelled.
            AodError: Another task is waiting for this stream, or it belongs to the parent process of a fork.
        """
        while True:
            self._check_process()
            if self._current is not None:
                for item in self._current.items:
                    return item
            if self._is_over():
                self._raise_failure()
                raise StopAsyncIteration
            await self._pull()

    async def _pull(self) -> None:
        """Wait until there are items to yield or the stream has ended."""
        from asyncio import CancelledError, sleep

        check_alone(self._is_waiting)
        self._is_waiting = True
        self._interrupted = None
        try:
            loop = running_loop()
            waiter = self._attach(loop)
            if self._is_batch_read:
                # Let other tasks run even if events are always available.
                self._is_batch_read = False
                await sleep(0)
            while not self._poll(waiter.queue) and not self._is_over():
                await self._wait(waiter, loop)
        except CancelledError:
            self._cancel_with_task()
            raise
        finally:
            self._is_waiting = False

    def _attach(self, loop: AbstractEventLoop) -> Waiter:
        """Have the event loop make the streams due."""
        waiter = waiter_of(loop)
        if waiter is not self._waiter:
            # The events that were queued for a loop that iterated before are lost.
            self._waiter = waiter
            self._poll_all()
            for number in self._streams:
                waiter.register(number, self._due.add, loop)
            weakref.finalize(self, waiter.forget, *self._streams)
        return waiter

    def _remove(self, number: int) -> None:
        super()._remove(number)
        if self._waiter is not None:
            self._waiter.forget(number)

    async def _wait(self, waiter: Waiter, loop: AbstractEventLoop) -> None:
        native = self._native()
        if self._due.numbers or native is None:
            return
        self._due.waiting = loop.create_future()
        waiter.register(self._token_id, self._due.add, loop)
        self._tokens.notify(native, waiter.queue, self._token_id)
        try:
            await self._due.waiting
        finally:
            self._due.waiting = None
            self._tokens.forget(native, self._token_id)
            waiter.forget(self._token_id)
        await self._tokens.serve_async(native)


def __dir__() -> list[str]:
    return sorted(__all__)
