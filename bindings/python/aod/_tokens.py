"""Tokens that the program provides. The thread or task that waits for the library calls the provider."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from . import _failures, _greenlets
from ._wake import next_id
from ._wire import has_surrogate

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

    from typing_extensions import Self

    from ._native import JsonClient, WakeQueue
    from ._wake import Waiter

TokenProvider = Callable[[str | None], str]
"""A function that returns a token; it receives the rejected token, or `None` before the first request."""

AsyncTokenProvider = Callable[[str | None], str | Awaitable[str]]
"""A `TokenProvider` for asyncio, which may be a coroutine function."""


class Tokens:
    """The token provider of a client, if it has one."""

    was_interrupted = False
    """Whether an exception such as `KeyboardInterrupt` or a cancellation has ended a call of the provider."""

    def __init__(self, provider: AsyncTokenProvider | None) -> None:
        """Wrap a provider."""
        self._provider = provider

    def copy(self) -> Tokens:
        """Return the same provider, without interruptions."""
        return Tokens(self._provider)

    def wait_in_greenlet(self, native: JsonClient, start: Callable[[WakeQueue, int], object]) -> None:
        """Wait like `_greenlets.wait_for`, or until the library asks for a token, which is then provided."""
        id = next_id()

        def start_both(queue: WakeQueue, other: int) -> None:
            start(queue, other)
            self.notify(native, queue, id)

        try:
            _greenlets.wait_for(start_both)
        finally:
            self.forget(native, id)
        self.serve(native)

    def notify(self, native: JsonClient, queue: WakeQueue, id: int) -> None:
        """Queue an id when the library asks for a token, until `forget`."""
        if self._provider is not None:
            native.notify_token(queue, id)

    def forget(self, native: JsonClient, id: int) -> None:
        """Undo `notify`."""
        if self._provider is not None:
            native.forget_token(id)

    def serve(self, native: JsonClient) -> None:
        """Provide a token if the library asks for one."""
        if self._provider is None:
            return
        with _Request(native, self) as request:
            if request.take():
                request.answer(self._provider(request.rejected))

    def wait(
        self, native: JsonClient, waiter: Waiter, id: int, loop: AbstractEventLoop, *, is_call: bool = False
    ) -> Awaitable[None]:
        """Wait until an id is queued, or the library asks for a token, which is then provided.

        Args:
            native: The client that may ask.
            waiter: What wakes the event loop.
            id: The id, which is registered with the library.
            loop: The running event loop.
            is_call: Whether the id is that of a call, whose end cancels a coroutine that provides a token.
        """
        if self._provider is None:
            return waiter.wait(id, loop)
        return self._wait_and_serve(native, waiter, id, loop, is_call)

    async def _wait_and_serve(
        self, native: JsonClient, waiter: Waiter, id: int, loop: AbstractEventLoop, is_call: bool
    ) -> None:
        self.notify(native, waiter.queue, id)
        try:
            await waiter.wait(id, loop)
        finally:
            self.forget(native, id)
        if not is_call:
            return await self.serve_async(native)
        try:
            ended = waiter.future(id, loop)
            # Again, because the first wait may have ended for both reasons.
            native.notify(waiter.queue, id)
            await self.serve_async(native, ended)
        finally:
            waiter.forget(id)

    async def serve_async(self, native: JsonClient, ended: Future[None] | None = None) -> None:
        """Provide a token if the library asks for one; the provider may be a coroutine function.

        Args:
            native: The client that may ask.
            ended: Done when the call has ended without the token. Another call may then take the request.
        """
        if self._provider is None:
            return
        with _Request(native, self) as request:
            if request.take():
                token = self._provider(request.rejected)
                if inspect.isawaitable(token):
                    provided = await _unless(ended, token)
                    if provided is None:
                        return
                    (token,) = provided
                request.answer(token)


async def _unless(ended: Future[None] | None, token: Awaitable[str]) -> tuple[str] | None:
    """Return the token, or cancel its coroutine and return `None` if the future is done first."""
    if ended is None:
        return (await token,)
    from asyncio import FIRST_COMPLETED, ensure_future, wait

    providing = ensure_future(token)
    try:
        await wait((providing, ended), return_when=FIRST_COMPLETED)
        return (providing.result(),) if providing.done() else None
    finally:
        providing.cancel()


class _Request:
    """The library's request for a token.

    An `Exception` of the block is passed to the library, and raised by the calls that wait for the token. Any other,
    such as `KeyboardInterrupt` or a cancellation, ends only this call: another one may take the request.
    """

    rejected: str | None = None
    """The token that the server rejected."""
    _is_taken = False

    def __init__(self, native: JsonClient, tokens: Tokens) -> None:
        self._native = native
        self._tokens = tokens
        self._ticket = next_id()

    def take(self) -> bool:
        """Take the request, and return whether there is one that no other caller has taken."""
        request = self._native.take_token_request(self._ticket)
        if request is None:
            return False
        self._is_taken = True
        self.rejected = json.loads(request)["rejected"]
        return True

    def answer(self, token: Any) -> None:
        """Pass a token to the library."""
        if not isinstance(token, str):
            if inspect.iscoroutine(token):
                token.close()  # no warning that it was never awaited
            raise TypeError(f"the token provider must return a str, not {type(token).__name__}")
        if has_surrogate(token):
            raise ValueError("the token provider returned a token with a lone surrogate")
        self._native.answer_token(self._ticket, token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Exception):
            # Only its class: its message may contain anything.
            self._native.fail_token(self._ticket, _failures.add(error), type(error).__name__)
            return True
        if error is not None and self._is_taken:
            self._tokens.was_interrupted = True
        self._native.return_token_request(self._ticket)
        return False
