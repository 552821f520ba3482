"""Calls through the native library."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from . import _greenlets
from ._log import drain, follow, logger
from ._native import CallError, EventBatches, InternalError, JsonClient, endpoints
from ._options import check_result
from ._process import leak, register
from ._tokens import Tokens
from ._tracebacks import call_back
from ._tracing import ending, is_imported, start_span, trace_headers
from ._wake import next_id, running_loop, waiter_of
from ._wire import Response, is_uuid
from .errors import AodError, ClosedError, from_native
from .responses import ResponseInfo

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from opentelemetry.trace import Span
    from typing_extensions import Self

    from ._wake import Waiter

SLICE_MS: Final = 100
"""How long one wait in the native library takes, in milliseconds; Ctrl-C is handled between waits."""

NATIVE_ERRORS: Final = (CallError, InternalError)
"""The exceptions that the native library raises."""

_STOP_OPTIONS: Final = {"timeout": 5, "max_retries": 0, "detached": True}
"""The options of the request that stops a session, which is sent even if the wait for it is interrupted."""

OnResponse = Callable[[ResponseInfo], object]
"""A function that receives the head of each response."""

_OPERATIONS: Final[dict[str, int]] = {name: number for number, name in enumerate(endpoints())}


def error_from_native(error: BaseException) -> Exception:
    """Convert an exception of the native library to one of this package.

    Raise the result outside of the `except` block, where the native exception, which holds the response, would become
    its context.
    """
    if isinstance(error, CallError):
        return from_native(error.facts)
    return AodError(f"the native library failed: {type(error).__name__}")


class Core:
    """A client of the native library, which is created again in the child of a fork."""

    def __init__(
        self,
        config: dict[str, Any],
        options: tuple[str, ...] = (),
        native: JsonClient | None = None,
        on_response: OnResponse | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        """Create a client.

        Raises:
            ValueError: A setting is malformed.
        """
        self._config = config
        self._options = options
        self._on_response = on_response
        self.tokens = tokens or Tokens(None)
        self._closed = False
        self._lock = threading.Lock()
        self._native: JsonClient | None = self._create() if native is None else native
        register(self)

    def _create(self) -> JsonClient:
        follow()
        try:
            native = JsonClient(json.dumps(self._config))
            if warning := native.clear_text_warning():
                logger.warning(warning)
            for options in self._options:
                native = native.with_options(options)
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        else:
            return native
        try:
            raise failure
        finally:
            # Its traceback refers to this frame.
            del failure

    def detach(self) -> None:
        """Discard the parent process's connections, in the child of a fork."""
        self._lock = threading.Lock()
        if self._native is not None:
            leak(self._native)
            self._native = None

    def stop(self) -> None:
        """Do nothing: `shut_down` cancels the calls."""

    def native(self) -> JsonClient:
        """Return the native client.

        Raises:
            ClosedError: The client has been closed.
        """
        native = self._native
        if native is not None:
            return native
        if self._closed:
            raise ClosedError("Cannot send a request, as the client has been closed.")
        with self._lock:
            if self._native is None:
                self._native = self._create()
            return self._native

    def _traced(self, span: Span | None = None) -> JsonClient:
        """Return the native client that sends the trace context of a span; by default, the active one."""
        native = self.native()
        options: dict[str, Any] = {}
        if headers := trace_headers(span):
            options["headers"] = headers
        if span is not None and span.is_recording():
            options["keep_responses"] = True
        return native.with_options(json.dumps(options)) if options else native

    def _observe(self, native: JsonClient, call: int, span: Span | None, failure: Exception | None) -> None:
        """Pass the heads of the responses to a call to its span, and to the function that receives them."""
        is_recorded = span is not None and span.is_recording()
        if self._on_response is None and not is_recorded:
            return
        responses = json.loads(native.take_responses(call))
        if span is not None and is_recorded:
            last = responses[-1]["status"] if responses else None
            status = last if failure is None else getattr(failure, "status_code", None)
            if status is not None:
                span.set_attribute("http.response.status_code", status)
        if self._on_response is None:
            return
        for response in responses:
            headers: dict[str, str] = {}
            for name, value in response["headers"]:
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
            info = ResponseInfo(
                method=response["method"],
                url=response["url"],
                status_code=response["status"],
                headers=headers,
                request_id=response["request_id"],
            )
            check_result(call_back(self._on_response, info), "on_response")

    def start(self, operation: str, identity: str) -> None:
        """Start a call and do not wait for it; for clients with the option `detached`."""
        native = self.native()
        call = next_id()
        try:
            native.call(call, _OPERATIONS[operation], *_prepare(native, call, identity, ""), 0)
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        else:
            return
        raise failure

    def with_options(self, options: dict[str, Any], on_response: OnResponse | None = None) -> Core:
        """Return a client with other options, over the same connections."""
        if on_response is not None:
            options = options | {"keep_responses": True}
        text = json.dumps(options)
        try:
            native = self.native().with_options(text)
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        else:
            options_of_all = (*self._options, text)
            return Core(self._config, options_of_all, native, on_response or self._on_response, self.tokens.copy())
        raise failure

    def pinned(self, stop: str | None = None) -> Core:
        """Return a client over the same connections, which stays open when this one is closed.

        Args:
            stop: The operation that stops the sessions whose turns the client starts, unless they are claimed.

        Raises:
            ClosedError: This client has been closed.
        """
        if stop is not None:
            return self.with_options({"stop": stop})
        return Core(self._config, self._options, self.native(), self._on_response, self.tokens)

    def claim_sessions(self) -> None:
        """Let the sessions that calls have started continue; for clients with the option `stop`."""
        self.native().claim_sessions()

    def stop_sessions(self) -> None:
        """Stop the sessions that calls have started and that were not claimed; for clients with the option `stop`.

        A session that is being created is stopped too. Waits for up to 5 s, and logs what could not be stopped. If the
        token provider was interrupted, does not wait, because the provider would be called again.
        """
        if self.tokens.was_interrupted:
            self.abandon_sessions()
            _log_interruption("a session that was being created")
            return
        with _Stop(self.native()) as stop:
            stop.native.stop_sessions(stop.call)
            stop.failures = self._result(stop.native, stop.call)

    async def stop_sessions_async(self) -> None:
        """Stop sessions like `stop_sessions`."""
        if self.tokens.was_interrupted:
            self.abandon_sessions()
            _log_interruption("a session that was being created")
            return
        with _Stop(self.native()) as stop:
            loop = running_loop()
            waiter = waiter_of(loop)
            stop.native.stop_sessions(stop.call)
            stop.native.notify(waiter.queue, stop.call)
            stop.failures = await self._result_async(stop.native, stop.call, waiter, loop)

    def abandon_sessions(self) -> None:
        """Stop sessions like `stop_sessions`, without waiting for that."""
        native, call = self.native(), next_id()
        with suppress(*NATIVE_ERRORS):  # raised while the interpreter exits
            native.stop_sessions(call)
        native.cancel(call)

    def stop_session(self, operation: str, identity: str) -> None:
        """Stop a session with an operation, and wait for up to 5 s.

        If the token provider was interrupted, does not wait, because the provider would be called again.
        """
        if self.tokens.was_interrupted:
            self.abandon_session(operation, identity)
            _log_interruption(f"the abandoned session {identity}")
        else:
            self.with_options(_STOP_OPTIONS).call(operation, identity)

    async def stop_session_async(self, operation: str, identity: str) -> None:
        """Stop a session like `stop_session`."""
        if self.tokens.was_interrupted:
            self.abandon_session(operation, identity)
            _log_interruption(f"the abandoned session {identity}")
        else:
            await self.with_options(_STOP_OPTIONS).call_async(operation, identity)

    def abandon_session(self, operation: str, identity: str) -> None:
        """Stop a session like `stop_session`, without waiting for that."""
        self.with_options(_STOP_OPTIONS).start(operation, identity)

    def close(self) -> None:
        """Make later calls raise `ClosedError`."""
        self._closed = True
        self._native = None

    def call(self, operation: str, identity: str | None = None, body: str = "") -> Response:
        """Call an endpoint and wait for the response.

        Args:
            operation: The name of the endpoint, one of `_native.endpoints()`.
            identity: The id in the path; `None` for endpoints without one.
            body: The request, as JSON text.

        Returns:
            The response, whose text is empty or JSON, which may be malformed.
        """
        span = _start_span(self.native(), operation)
        with ending(span):
            return self._call(operation, identity, body, span)

    def _call(self, operation: str, identity: str | None, body: str, span: Span | None) -> Response:
        started = time.perf_counter()
        native = self.native()
        number = _OPERATIONS[operation]
        call = next_id()
        response: str | None = None
        failure: Exception | None = None
        try:
            native = self._traced(span)
            halves = _prepare(native, call, identity, body)
            if _greenlets.are_patched_in():
                self.tokens.wait_in_greenlet(native, lambda queue, _: native.begin(call, queue, number, *halves))
            else:
                response = native.call(call, number, *halves, SLICE_MS)
            if response is None:
                response = self._result(native, call)
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        finally:
            if response is None:
                native.cancel(call)
                if failure is None and self._on_response is not None:
                    # An exception such as `KeyboardInterrupt` ends the call.
                    native.take_responses(call)
        self._observe(native, call, span, failure)
        return Response(_finish(operation, started, response, failure), native, number, identity)

    def _result(self, native: JsonClient, call: int) -> str:
        """Wait for the result of a native call that has been started."""
        greenlets = _greenlets.are_patched_in()
        while True:
            self.tokens.serve(native)
            if (response := native.wait(call, 0 if greenlets else SLICE_MS)) is not None:
                return response
            if greenlets:
                self.tokens.wait_in_greenlet(native, lambda queue, _: native.notify(queue, call))

    async def call_async(self, operation: str, identity: str | None = None, body: str = "") -> Response:
        """Call an endpoint and await the response; see `call`."""
        span = _start_span(self.native(), operation)
        with ending(span):
            return await self._call_async(operation, identity, body, span)

    async def _call_async(self, operation: str, identity: str | None, body: str, span: Span | None) -> Response:
        started = time.perf_counter()
        native = self.native()
        number = _OPERATIONS[operation]
        loop = running_loop()
        waiter = waiter_of(loop)
        call = next_id()
        response: str | None = None
        failure: Exception | None = None
        try:
            native = self._traced(span)
            halves = _prepare(native, call, identity, body)
            native.begin(call, waiter.queue, number, *halves)
            response = await self._result_async(native, call, waiter, loop)
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        finally:
            if response is None:
                native.cancel(call)
                if failure is None and self._on_response is not None:
                    # An exception such as `KeyboardInterrupt` ends the call.
                    native.take_responses(call)
        self._observe(native, call, span, failure)
        return Response(_finish(operation, started, response, failure), native, number, identity)

    async def _result_async(self, native: JsonClient, call: int, waiter: Waiter, loop: AbstractEventLoop) -> str:
        """Await the result of a native call, whose id is queued when there is one."""
        while True:
            await self.tokens.wait(native, waiter, call, loop, is_call=True)
            if (response := native.wait(call, 0)) is not None:
                return response
            native.notify(waiter.queue, call)

    def stream(self, identity: str, since: int | None, options: str) -> tuple[JsonClient, EventBatches]:
        """Open a stream and start to prefetch its events. Also returns the native client, which may ask for a token."""
        try:
            native = self._traced()
            return native, native.stream(identity, since, options)
        except NATIVE_ERRORS as error:
            failure = error_from_native(error)
        try:
            raise failure
        finally:
            # Its traceback refers to this frame.
            del failure


def _start_span(native: JsonClient, operation: str) -> Span | None:
    """Start the span of a call, with the attributes of OpenTelemetry for an HTTP client, if it is imported."""
    if not is_imported():
        return None
    from urllib.parse import urlsplit

    base_url = native.request_line(_OPERATIONS["Health"], None).removeprefix("GET ").removesuffix("/health")
    server = urlsplit(base_url)
    port = server.port or (443 if server.scheme == "https" else 80)
    attributes: dict[str, str | int] = {"server.address": server.hostname or "", "server.port": port}
    if operation.startswith("Ensure"):  # sends several requests
        return start_span(operation, "CLIENT", attributes)
    method, url = native.request_line(_OPERATIONS[operation], "{id}").split(" ")
    route = url.removeprefix(base_url).replace("%7Bid%7D", "{id}")
    attributes |= {"http.request.method": method, "url.template": route}
    return start_span(f"{method} {route}", "CLIENT", attributes)


def _prepare(native: JsonClient, call: int, identity: str | None, body: str) -> tuple[int, int]:
    """Set the body and an id that is not a UUID, and return the high and low half of an id that is one."""
    if body:
        native.set_body(call, body)
    if not identity:
        return 0, 0
    if not is_uuid(identity):
        native.set_record(call, identity)
        return 0, 0
    # The UUID is passed as two integers, because passing a string to the native library allocates a buffer.
    number = int(identity.replace("-", ""), 16)
    return number >> 64, number & 0xFFFF_FFFF_FFFF_FFFF


def _finish(operation: str, started: float, response: str | None, failure: Exception | None) -> str:
    # Raised outside of the `except` block, where the native error would become the `__context__` of this one: it may
    # contain secrets that the server repeated.
    _log(operation, started, failure)
    if response is None:
        raise failure or AodError("the call was cancelled")
    return response


def _log_interruption(session: str) -> None:
    logger.warning("%s may not have been stopped: the token provider was interrupted", session)


class _Stop:
    """Stops the sessions that calls have started, and logs the failures when the block ends."""

    failures: str = "null"
    """A JSON array that says what could not be stopped; `null` if that is not known."""

    def __init__(self, native: JsonClient) -> None:
        self.native = native
        self.call = next_id()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        self.native.cancel(self.call)
        failures = json.loads(self.failures)
        if failures is None:
            logger.warning("an abandoned session has not been stopped yet")
        else:
            for failure in failures:
                logger.warning("cannot stop the abandoned session %s", failure)
        # The native library fails while the interpreter exits. The error that ended the call is the one to raise.
        return isinstance(error, NATIVE_ERRORS)


def _log(operation: str, started: float, error: BaseException | None) -> None:
    drain()
    if not logger.isEnabledFor(logging.DEBUG):
        return
    elapsed = (time.perf_counter() - started) * 1000
    if error is None:
        logger.debug("%s ok in %.1f ms", operation, elapsed)
    else:
        status = getattr(error, "status_code", None)
        logger.debug("%s failed: %s %s in %.1f ms", operation, type(error).__name__, status, elapsed)
