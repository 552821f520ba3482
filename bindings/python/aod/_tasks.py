"""Streams that are iterated by tasks of asyncio."""

from __future__ import annotations

import weakref


class TaskScoped:
    """A stream that ends with the task that iterates it."""

    _pulls = 0
    """How often a task waited for the stream."""

    def cancel(self) -> None:
        """End the stream and close its connections immediately."""
        raise NotImplementedError

    def _cancel_with_task(self) -> None:
        """Cancel the stream when the current task ends, unless it is iterated again.

        A task that was cancelled while it iterated without `async with` keeps the stream, and its connection, as long
        as the task itself is kept. A task that only timed out may continue to iterate.
        """
        from asyncio import current_task

        task = current_task()
        # `asyncio.wait_for` runs each `__anext__` in a task of its own before Python 3.12.
        if task is None or getattr(task.get_coro(), "__name__", "") in ("__anext__", "_wrap_awaitable"):
            return
        pulls, stream = self._pulls, weakref.ref(self)

        def cancel(_: object) -> None:
            this = stream()
            if this is not None and this._pulls == pulls:
                this.cancel()

        task.add_done_callback(cancel)
