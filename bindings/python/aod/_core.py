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

    def call(self, operation: str, identity: str | None = None, body: bytes | None = None) -> bytes:
        """Make a call and wait for its answer."""
        begun = time.perf_counter()
        call = None
        try:
            call = self.native().begin(_NUMBERS[operation], identity, body)
            answer = call.wait(SLICE_MS)
            while answer is None:
                answer = call.wait(SLICE_MS)
        except NATIVE_ERRORS as error:
            _log(operation, begun, error)
            failed(error)
        finally:
            # A traceback would keep it, and with it the connection.
            del call
        _log(operation, begun, None)
        return answer

    async def call_async(self, operation: str, identity: str | None = None, body: bytes | None = None) -> bytes:
        """Make a call and await its answer."""
        begun = time.perf_counter()
        try:
            answer = await self.native().call(_NUMBERS[operation], identity, body)
        except NATIVE_ERRORS as error:
            _log(operation, begun, error)
            failed(error)
        _log(operation, begun, None)
        return answer

    def open(self, identity: str, since: int | None, options: bytes) -> EventBatches:
        """Open a stream."""
        opening = None
        try:
            opening = self.native().begin_stream(identity, since, options)
            batches = opening.wait(SLICE_MS)
            while batches is None:
                batches = opening.wait(SLICE_MS)
        except NATIVE_ERRORS as error:
            failed(error)
        finally:
            del opening
        return batches

    async def open_async(self, identity: str, since: int | None, options: bytes) -> EventBatches:
        """Open a stream."""
        try:
            return await self.native().open_stream(identity, since, options)
        except NATIVE_ERRORS as error:
            failed(error)


def _log(operation: str, begun: float, error: BaseException | None) -> None:
    if not logger.isEnabledFor(logging.DEBUG):
        return
    elapsed = (time.perf_counter() - begun) * 1000
    if error is None:
        logger.debug("%s ok in %.1f ms", operation, elapsed)
    else:
        facts: dict[str, Any] = json.loads(error.facts) if isinstance(error, CallError) else {}
        logger.debug("%s failed: %s %s in %.1f ms", operation, facts.get("kind"), facts.get("status"), elapsed)
