"""Runs many prompts at the same time, each in a session of its own."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from .._core import SLICE_MS
from ..errors import AodError
from .sessions import AsyncSessions, Sessions

if TYPE_CHECKING:
    from ..models import RunResult
    from ..stream import EventStream

OnAbandon = Literal["continue", "interrupt", "terminate"]
Requests = list[Mapping[str, Any]]

_STOP_SECONDS: Final = 10.0
"""How long to wait for the requests in progress when a call ends early: each that stops a session takes up to 5 s."""


class _Stopped(BaseException):
    """Ends a thread; not an `Exception`, so that `except Exception` in a callback does not catch it."""


class _Runs(Sessions):
    """The calls of several threads, which another thread can stop."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions._core)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._streams: set[EventStream] = set()

    def stop(self) -> None:
        """End the runs: close their streams, so that their sessions are abandoned."""
        with self._lock:
            self._stopped.set()
            streams = list(self._streams)
        for stream in streams:
            stream.cancel()

    def check(self) -> None:
        """Raise `_Stopped` after `stop`."""
        if self._stopped.is_set():
            raise _Stopped

    def _sleep(self, seconds: float) -> None:
        self._stopped.wait(seconds)
        self.check()

    @contextmanager
    def _opened(self, stream: EventStream) -> Generator[EventStream]:
        with self._lock:
            self._streams.add(stream)
        try:
            self.check()
            with super()._opened(stream) as stream:
                yield stream
            # A closed stream ends like a complete one.
            self.check()
        finally:
            with self._lock:
                self._streams.discard(stream)


def run_all(
    sessions: Sessions, requests: Requests, max_concurrent: int, on_abandon: OnAbandon
) -> list[RunResult | AodError]:
    """Run requests on threads, and return the results in their order; an exception stops all of them."""
    runs = _Runs(sessions)
    results: list[RunResult | AodError | None] = [None] * len(requests)
    todo = deque(enumerate(requests))
    finished: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        failure: BaseException | None = None
        try:
            while True:
                runs.check()
                try:
                    place, request = todo.popleft()
                except IndexError:
                    break
                try:
                    results[place] = runs.run(**request, on_abandon=on_abandon, wait_for_quota=True)
                except AodError as error:
                    results[place] = error.with_traceback(None)
        except _Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
            failure = error
        finished.put(failure)

    threads = [
        # In the context of the caller, which may have the trace that the requests belong to.
        threading.Thread(target=contextvars.copy_context().run, args=(work,), name="aod-run-all", daemon=True)
        for _ in range(min(max_concurrent, len(requests)))
    ]
    try:
        for thread in threads:
            thread.start()
        for _ in threads:
            failure = _take(finished)
            if failure is not None:
                raise failure
    except BaseException:
        runs.stop()
        _join(threads)
        raise
    return cast("list[RunResult | AodError]", results)


def _take(finished: queue.SimpleQueue[BaseException | None]) -> BaseException | None:
    # In slices: a signal that arrives just before a blocking call is handled after it.
    while True:
        try:
            return finished.get(timeout=SLICE_MS / 1000)
        except queue.Empty:
            pass


def _join(threads: list[threading.Thread]) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    for thread in threads:
        while thread.is_alive() and time.monotonic() < deadline:
            thread.join(SLICE_MS / 1000)


async def run_all_async(
    sessions: AsyncSessions, requests: Requests, max_concurrent: int, on_abandon: OnAbandon
) -> list[RunResult | AodError]:
    """Run requests in tasks, and return the results in their order; an exception cancels all of them."""
    import asyncio

    results: list[RunResult | AodError | None] = [None] * len(requests)
    todo = deque(enumerate(requests))

    async def work() -> None:
        while todo:
            place, request = todo.popleft()
            try:
                results[place] = await sessions.run(**request, on_abandon=on_abandon, wait_for_quota=True)
            except AodError as error:
                results[place] = error.with_traceback(None)

    if not requests:
        return []
    tasks = [asyncio.ensure_future(work()) for _ in range(min(max_concurrent, len(requests)))]
    try:
        # Unlike `gather`, it does not cancel the tasks, which must be cancelled once: they stop their sessions then.
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    except GeneratorExit:
        # Nothing can be awaited in a coroutine that is closed.
        todo.clear()
        for task in tasks:
            task.cancel()
        raise
    except BaseException:
        # A task that is stopping its session takes the cancellation for that of this request only.
        todo.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    return cast("list[RunResult | AodError]", results)
