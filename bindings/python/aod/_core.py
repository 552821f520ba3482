"""Calls through the native library."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any, Final, NoReturn

from ._log import logger
from ._native import CallError, EventBatches, InternalError, JsonClient, endpoints
from ._process import disarm, track
from ._wakeups import next_number, waiter_of
from .errors import AodError, ClosedError, raise_facts

SLICE_MS: Final = 100
"""How long a wait stays in the native library, where Ctrl-C is not seen."""

NATIVE_ERRORS: Final = (CallError, InternalError)
"""What the native library raises."""

_NUMBERS: Final[dict[str, int]] = {name: number for number, name in enumerate(endpoints())}


def failed(error: BaseException) -> NoReturn:
    """Raise the exception of the package for one of the native library."""
    if isinstance(error, CallError):
        raise_facts(error.facts)
    raise AodError(f"the native library failed: {type(error).__name__}") from None


class Core:
    """A client of the native library, made anew in the child of a fork."""

    def __init__(
        self, setup: dict[str, Any], overrides: tuple[bytes, ...] = (), native: JsonClient | None = None
    ) -> None:
        """Set up a client; malformed settings raise ValueError."""
        self._setup = setup
        self._overrides = overrides
        self._closed = False
        self._lock = threading.Lock()
        self._native: JsonClient | None = self._make() if native is None else native
        track(self)

    def _make(self) -> JsonClient:
        try:
            native = JsonClient(json.dumps(self._setup).encode())
            for overrides in self._overrides:
                native = native.with_options(overrides)
        except NATIVE_ERRORS as error:
            failed(error)
        return native

    def abandon(self) -> None:
        """Let go of the parent's connections, in the child of a fork."""
        self._lock = threading.Lock()
        if self._native is not None:
            disarm(self._native)
            self._native = None

    def stop(self) -> None:
        """Leave the calls to the end of the library."""

    def native(self) -> JsonClient:
        """Give the native client."""
        native = self._native
        if native is not None:
            return native
        if self._closed:
            raise ClosedError("Cannot send a request, as the client has been closed.")
        with self._lock:
            if self._native is None:
                self._native = self._make()
            return self._native

    def with_options(self, overrides: dict[str, Any]) -> Core:
        """Give a client with other options, over the same connections."""
        text = json.dumps(overrides).encode()
        try:
            native = self.native().with_options(text)
        except NATIVE_ERRORS as error:
            failed(error)
        return Core(self._setup, (*self._overrides, text), native)

    def close(self) -> None:
        """Refuse further calls."""
        self._closed = True
        self._native = None

    def call(self, operation: str, identity: str | None = None, body: bytes = b"") -> bytes:
        """Make a call and wait for its answer."""
        begun = time.perf_counter()
        native = self.native()
        number = next_number()
        answer: bytes | None = None
        failure: Exception | None = None
        try:
            if body:
                native.set_body(number, body)
            answer = native.call(number, _NUMBERS[operation], *_halves(identity), SLICE_MS)
            while answer is None:
                answer = native.wait(number, SLICE_MS)
        except NATIVE_ERRORS as error:
            failure = error
        finally:
            if answer is None:
                native.give_up(number)
        return _outcome(operation, begun, answer, failure)

    async def call_async(self, operation: str, identity: str | None = None, body: bytes = b"") -> bytes:
        """Make a call and await its answer."""
        # Not before somebody is in need of it: importing it takes long.
        from asyncio import get_running_loop

        begun = time.perf_counter()
        native = self.native()
        loop = get_running_loop()
        waiter = waiter_of(loop)
        number = next_number()
        answer: bytes | None = None
        failure: Exception | None = None
        try:
            if body:
                native.set_body(number, body)
            native.begin(number, waiter.native, _NUMBERS[operation], *_halves(identity))
            while answer is None:
                await waiter.wait(number, loop)
                answer = native.wait(number, 0)
        except NATIVE_ERRORS as error:
            failure = error
        finally:
            if answer is None:
                native.give_up(number)
        return _outcome(operation, begun, answer, failure)

    def stream(self, identity: str, since: int | None, options: bytes) -> EventBatches:
        """Open a stream, which is read from now on."""
        try:
            return self.native().stream(identity, since, options)
        except NATIVE_ERRORS as error:
            failed(error)


def _halves(identity: str | None) -> tuple[int, int]:
    # Whole numbers cross at once, texts by way of a buffer.
    number = int(identity.replace("-", ""), 16) if identity else 0
    return number >> 64, number & 0xFFFF_FFFF_FFFF_FFFF


def _outcome(operation: str, begun: float, answer: bytes | None, failure: Exception | None) -> bytes:
    # Raised here and not where it was caught: there the native error, which holds all that the server repeated, would
    # stay with ours as its context.
    _log(operation, begun, failure)
    if answer is None:
        failed(failure or AodError("the call was given up"))
    return answer


def _log(operation: str, begun: float, error: BaseException | None) -> None:
    if not logger.isEnabledFor(logging.DEBUG):
        return
    elapsed = (time.perf_counter() - begun) * 1000
    if error is None:
        logger.debug("%s ok in %.1f ms", operation, elapsed)
    else:
        facts: dict[str, Any] = json.loads(error.facts) if isinstance(error, CallError) else {}
        logger.debug("%s failed: %s %s in %.1f ms", operation, facts.get("kind"), facts.get("status"), elapsed)
