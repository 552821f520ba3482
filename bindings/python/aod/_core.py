"""Calls through the native library."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any, Final, NoReturn

from ._log import logger
from ._native import CallError, EventBatches, InternalError, JsonClient, endpoints
from ._process import leak, register
from ._wake import next_id, waiter_of
from .errors import AodError, ClosedError, raise_error

SLICE_MS: Final = 100
"""How long a wait stays in the native library, where Ctrl-C is not seen."""

NATIVE_ERRORS: Final = (CallError, InternalError)
"""What the native library raises."""

_OPERATIONS: Final[dict[str, int]] = {name: number for number, name in enumerate(endpoints())}


def raise_from_native(error: BaseException) -> NoReturn:
    """Raise the package's exception for one of the native library."""
    if isinstance(error, CallError):
        raise_error(error.facts)
    raise AodError(f"the native library failed: {type(error).__name__}") from None


class Core:
    """A client of the native library, created again in the child of a fork."""

    def __init__(self, config: dict[str, Any], options: tuple[str, ...] = (), native: JsonClient | None = None) -> None:
        """Set up a client; malformed settings raise ValueError."""
        self._config = config
        self._options = options
        self._closed = False
        self._lock = threading.Lock()
        self._native: JsonClient | None = self._create() if native is None else native
        register(self)

    def _create(self) -> JsonClient:
        try:
            native = JsonClient(json.dumps(self._config))
            for options in self._options:
                native = native.with_options(options)
        except NATIVE_ERRORS as error:
            raise_from_native(error)
        return native

    def detach(self) -> None:
        """Let go of the parent's connections, in the child of a fork."""
        self._lock = threading.Lock()
        if self._native is not None:
            leak(self._native)
            self._native = None

    def stop(self) -> None:
        """Leave the calls to the end of the library."""

    def native(self) -> JsonClient:
        """Return the native client."""
        native = self._native
        if native is not None:
            return native
        if self._closed:
            raise ClosedError("Cannot send a request, as the client has been closed.")
        with self._lock:
            if self._native is None:
                self._native = self._create()
            return self._native

    def with_options(self, options: dict[str, Any]) -> Core:
        """Return a client with other options, over the same connections."""
        text = json.dumps(options)
        try:
            native = self.native().with_options(text)
        except NATIVE_ERRORS as error:
            raise_from_native(error)
        return Core(self._config, (*self._options, text), native)

    def close(self) -> None:
        """Refuse further calls."""
        self._closed = True
        self._native = None

    def call(self, operation: str, identity: str | None = None, body: str = "") -> str:
        """Make a call and wait for its answer."""
        begun = time.perf_counter()
        native = self.native()
        call = next_id()
        answer: str | None = None
        failure: Exception | None = None
        try:
            if body:
                native.set_body(call, body)
            answer = native.call(call, _OPERATIONS[operation], *_split_uuid(identity), SLICE_MS)
            while answer is None:
                answer = native.wait(call, SLICE_MS)
        except NATIVE_ERRORS as error:
            failure = error
        finally:
            if answer is None:
                native.cancel(call)
        return _outcome(operation, begun, answer, failure)

    async def call_async(self, operation: str, identity: str | None = None, body: str = "") -> str:
        """Make a call and await its answer."""
        # Importing it takes long, and many programs do without.
        from asyncio import get_running_loop

        begun = time.perf_counter()
        native = self.native()
        loop = get_running_loop()
        waiter = waiter_of(loop)
        call = next_id()
        answer: str | None = None
        failure: Exception | None = None
        try:
            if body:
                native.set_body(call, body)
            native.begin(call, waiter.queue, _OPERATIONS[operation], *_split_uuid(identity))
            while answer is None:
                await waiter.wait(call, loop)
                answer = native.wait(call, 0)
        except NATIVE_ERRORS as error:
            failure = error
        finally:
            if answer is None:
                native.cancel(call)
        return _outcome(operation, begun, answer, failure)

    def stream(self, identity: str, since: int | None, options: str) -> EventBatches:
        """Open a stream, which is read from now on."""
        try:
            return self.native().stream(identity, since, options)
        except NATIVE_ERRORS as error:
            raise_from_native(error)


def _split_uuid(identity: str | None) -> tuple[int, int]:
    # Integers cross directly, texts through a buffer.
    number = int(identity.replace("-", ""), 16) if identity else 0
    return number >> 64, number & 0xFFFF_FFFF_FFFF_FFFF


def _outcome(operation: str, begun: float, answer: str | None, failure: Exception | None) -> str:
    # Raised here and not where it was caught: there the native error, which holds what the server repeated, would stay
    # with ours as its context.
    _log(operation, begun, failure)
    if answer is None:
        raise_from_native(failure or AodError("the call was cancelled"))
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
