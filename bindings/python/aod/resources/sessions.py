"""Sessions."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from .._core import Core
from .._options import seconds
from .._wire import encode, identifier, read, read_list
from ..errors import AodError
from ..events import StreamEvent
from ..models import RunResult, Session, SessionAck, SessionTurn
from ..stream import AsyncEventStream, EventStream, Listener
from ._requests import JsonObject, cursor, reference

__all__ = ["AsyncSessions", "Sessions"]


class Sessions:
    """The sessions of the account."""

    def __init__(self, core: Core) -> None:
        """Use a client's connections."""
        self._core = core

    def list(self) -> builtins.list[Session]:
        """Give all sessions."""
        return read_list(Session, self._core.call("ListSessions"))

    def create(
        self,
        *,
        agent_id: str | UUID,
        prompt: str,
        environment_id: str | UUID | None = None,
        timeout: int | None = None,
        resources: Sequence[JsonObject] | None = None,
        secret_env_vars: Mapping[str, str] | None = None,
    ) -> SessionAck:
        """Start a session. Its `timeout` is the seconds that a turn may take."""
        body = encode(
            {
                "agent_id": str(agent_id),
                "prompt": prompt,
                "environment_id": reference(environment_id),
                "timeout": timeout,
                "resources": resources,
                "secret_env_vars": secret_env_vars,
            }
        )
        return read(SessionAck, self._core.call("CreateSession", None, body))

    def get(self, session_id: str | UUID) -> Session:
        """Give a session."""
        return read(Session, self._core.call("GetSession", identifier(session_id, "session_id")))

    def prompt(self, session_id: str | UUID, *, prompt: str, timeout: int | None = None) -> SessionAck:
        """Start the next turn of a session."""
        body = encode({"prompt": prompt, "timeout": timeout})
        return read(SessionAck, self._core.call("PromptSession", identifier(session_id, "session_id"), body))

    def turns(self, session_id: str | UUID) -> builtins.list[SessionTurn]:
        """Give the turns of a session."""
        return read_list(SessionTurn, self._core.call("ListSessionTurns", identifier(session_id, "session_id")))

    def terminate(self, session_id: str | UUID) -> SessionAck:
        """End a session and its sandbox."""
        return read(SessionAck, self._core.call("TerminateSession", identifier(session_id, "session_id")))

    def interrupt(self, session_id: str | UUID) -> SessionAck:
        """Stop the turn that runs; newer servers only."""
        return read(SessionAck, self._core.call("InterruptSession", identifier(session_id, "session_id")))

    def delete(self, session_id: str | UUID) -> None:
        """Delete a session."""
        self._core.call("DeleteSession", identifier(session_id, "session_id"))

    def wait_for_completion(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        on_event: Callable[[StreamEvent], object] | None = None,
        collect_events: bool = True,
    ) -> RunResult:
        """Follow a session to the end of its turn. With `collect_events` off the result has no events."""
        events: builtins.list[StreamEvent] = []
        with self.stream(session_id, since=since, resume_stale=True) as stream:
            for event in stream:
                if on_event is not None:
                    on_event(event)
                if collect_events:
                    events.append(event)
        return RunResult(session=self.get(session_id), events=events)

    def run(
        self,
        *,
        agent_id: str | UUID,
        prompt: str,
        environment_id: str | UUID | None = None,
        timeout: int | None = None,
        resources: Sequence[JsonObject] | None = None,
        secret_env_vars: Mapping[str, str] | None = None,
        on_event: Callable[[StreamEvent], object] | None = None,
        collect_events: bool = True,
    ) -> RunResult:
        """Start a session and follow it to the end of its first turn."""
        ack = self.create(
            agent_id=agent_id,
            prompt=prompt,
            environment_id=environment_id,
            timeout=timeout,
            resources=resources,
            secret_env_vars=secret_env_vars,
        )
        return self.wait_for_completion(ack.id, on_event=on_event, collect_events=collect_events)

    def stream(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        reconnect: bool = True,
        max_attempts: int | None = None,
        deadline: float | None = None,
        resume_stale: bool = False,
    ) -> EventStream:
        """Follow a session's events, from those behind the cursor `since`. Nothing is sent before iteration."""
        return EventStream(
            self._core,
            identifier(session_id, "session_id"),
            cursor(since),
            {
                "reconnect": reconnect,
                "max_attempts": max_attempts,
                "deadline": None if deadline is None else seconds(deadline, "deadline"),
                "resume_stale": resume_stale,
            },
        )

    def listen(
        self,
        session_id: str | UUID,
        *,
        on_event: Callable[[StreamEvent], object],
        on_closed: Callable[[], object] | None = None,
        on_error: Callable[[AodError], object] | None = None,
        since: int | None = None,
    ) -> Listener:
        """Follow a session's events by call backs, which are made on a thread of their own."""
        stream = EventStream(self._core, identifier(session_id, "session_id"), cursor(since), {})
        return Listener(stream, on_event, on_closed, on_error)


class AsyncSessions:
    """The sessions of the account, for asyncio."""

    def __init__(self, core: Core) -> None:
        """Use a client's connections."""
        self._core = core

    async def list(self) -> builtins.list[Session]:
        """Give all sessions."""
        return read_list(Session, await self._core.call_async("ListSessions"))

    async def create(
        self,
        *,
        agent_id: str | UUID,
        prompt: str,
        environment_id: str | UUID | None = None,
        timeout: int | None = None,
        resources: Sequence[JsonObject] | None = None,
        secret_env_vars: Mapping[str, str] | None = None,
    ) -> SessionAck:
        """Start a session. Its `timeout` is the seconds that a turn may take."""
        body = encode(
            {
                "agent_id": str(agent_id),
                "prompt": prompt,
                "environment_id": reference(environment_id),
                "timeout": timeout,
                "resources": resources,
                "secret_env_vars": secret_env_vars,
            }
        )
        return read(SessionAck, await self._core.call_async("CreateSession", None, body))

    async def get(self, session_id: str | UUID) -> Session:
        """Give a session."""
        return read(Session, await self._core.call_async("GetSession", identifier(session_id, "session_id")))

    async def prompt(self, session_id: str | UUID, *, prompt: str, timeout: int | None = None) -> SessionAck:
        """Start the next turn of a session."""
        body = encode({"prompt": prompt, "timeout": timeout})
        answer = await self._core.call_async("PromptSession", identifier(session_id, "session_id"), body)
        return read(SessionAck, answer)

    async def turns(self, session_id: str | UUID) -> builtins.list[SessionTurn]:
        """Give the turns of a session."""
        answer = await self._core.call_async("ListSessionTurns", identifier(session_id, "session_id"))
        return read_list(SessionTurn, answer)

    async def terminate(self, session_id: str | UUID) -> SessionAck:
        """End a session and its sandbox."""
        return read(SessionAck, await self._core.call_async("TerminateSession", identifier(session_id, "session_id")))

    async def interrupt(self, session_id: str | UUID) -> SessionAck:
        """Stop the turn that runs; newer servers only."""
        return read(SessionAck, await self._core.call_async("InterruptSession", identifier(session_id, "session_id")))

    async def delete(self, session_id: str | UUID) -> None:
        """Delete a session."""
        await self._core.call_async("DeleteSession", identifier(session_id, "session_id"))

    async def wait_for_completion(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        on_event: Callable[[StreamEvent], object] | None = None,
        collect_events: bool = True,
    ) -> RunResult:
        """Follow a session to the end of its turn.

        `on_event` may be a coroutine function. With `collect_events` off the result has no events.
        """
        events: builtins.list[StreamEvent] = []
        async with self.stream(session_id, since=since, resume_stale=True) as stream:
            async for event in stream:
                if on_event is not None:
                    result = on_event(event)
                    if inspect.isawaitable(result):
                        await result
                if collect_events:
                    events.append(event)
        return RunResult(session=await self.get(session_id), events=events)

    async def run(
        self,
        *,
        agent_id: str | UUID,
        prompt: str,
        environment_id: str | UUID | None = None,
        timeout: int | None = None,
        resources: Sequence[JsonObject] | None = None,
        secret_env_vars: Mapping[str, str] | None = None,
        on_event: Callable[[StreamEvent], object] | None = None,
        collect_events: bool = True,
    ) -> RunResult:
        """Start a session and follow it to the end of its first turn."""
        ack = await self.create(
            agent_id=agent_id,
            prompt=prompt,
            environment_id=environment_id,
            timeout=timeout,
            resources=resources,
            secret_env_vars=secret_env_vars,
        )
        return await self.wait_for_completion(ack.id, on_event=on_event, collect_events=collect_events)

    def stream(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        reconnect: bool = True,
        max_attempts: int | None = None,
        deadline: float | None = None,
        resume_stale: bool = False,
    ) -> AsyncEventStream:
        """Follow a session's events, from those behind the cursor `since`. Nothing is sent before iteration."""
        return AsyncEventStream(
            self._core,
            identifier(session_id, "session_id"),
            cursor(since),
            {
                "reconnect": reconnect,
                "max_attempts": max_attempts,
                "deadline": None if deadline is None else seconds(deadline, "deadline"),
                "resume_stale": resume_stale,
            },
        )

    def listen(
        self,
        session_id: str | UUID,
        *,
        on_event: Callable[[StreamEvent], object],
        on_closed: Callable[[], object] | None = None,
        on_error: Callable[[AodError], object] | None = None,
        since: int | None = None,
    ) -> Listener:
        """Follow a session's events by call backs, which are made on a thread of their own."""
        stream = EventStream(self._core, identifier(session_id, "session_id"), cursor(since), {})
        return Listener(stream, on_event, on_closed, on_error)
