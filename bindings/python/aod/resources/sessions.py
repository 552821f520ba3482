"""The calls under `/sessions`, and the methods that combine several of them, such as `run`."""

from __future__ import annotations

import builtins
import inspect
import sys
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from uuid import UUID

from .._core import Core
from .._log import logger
from .._options import StreamOptions, callback, check_result, stream_options
from .._tracebacks import await_back, call_back, hide_frames
from .._wire import encode, identifier, read, read_list
from ..errors import AodError, ConflictError, RateLimitError
from ..events import StreamEvent, ends_turn
from ..models import RunResult, Session, SessionAck, SessionTurn
from ..stream import AsyncEventStream, ConnectionState, EventStream, Subscription
from ..watch import AsyncWatchStream, WatchStream
from ._requests import JsonObject, cursor, reference
from ._turn_reader import TurnReader
from ._turn_spans import turn_spans

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from typing_extensions import Self, Unpack

    from ..transcript import Change

__all__ = ["AsyncSessions", "Sessions"]

_T = TypeVar("_T")

# The delays of `ask` before it waits for a turn again, in seconds: another program may send its prompt first.
_ASK_DELAYS: Final = (0.0, 0.05, 0.2, 0.8, 3.0)
# The delays before the request that creates a session is repeated after it exceeded the quota, in seconds; the last one
# applies to all further attempts.
_QUOTA_DELAYS: Final = (0.5, 1.0, 2.0, 5.0)
# A cursor after all events: a stream has only `start` and the terminal event.
_AFTER_ALL: Final = 2**63 - 1


def _abandon_operation(on_abandon: str) -> str | None:
    """Return the operation that stops an abandoned session, if any."""
    operations = {"continue": None, "interrupt": "InterruptSession", "terminate": "TerminateSession"}
    if on_abandon not in operations:
        raise ValueError("on_abandon must be 'continue', 'interrupt' or 'terminate'")
    return operations[on_abandon]


def _exceeds_quota(error: RateLimitError) -> bool:
    """Return whether the error is about the quota of active sessions, not about another limit of the server."""
    return error.limit is not None and error.active is not None


class _Turn:
    """The turn of a prompt, or the rest of a session, and whether it has ended.

    Attributes:
        number: The number of the turn; `None` for all turns.
        has_ended: Whether the turn has ended.
    """

    def __init__(self, number: Any = None) -> None:
        # A field of a response that has an unexpected type is kept.
        is_valid = isinstance(number, int) and 0 < number < 2**63
        self.number: int | None = number if is_valid else None
        self.has_ended = False

    def stream_options(self) -> dict[str, Any]:
        """Return the options of the stream that is read until the turn ends."""
        # The transcript is made from earlier turns too: Codex reports the usage of all turns together.
        return {"turn": self.number, "earlier_turns": True, "resume_stale": True}

    def observe(self, event: StreamEvent) -> None:
        """Record an event that ends the turn."""
        if ends_turn(event, self.number):
            self.has_ended = True


async def _call(function: Callable[[_T], object] | None, argument: _T) -> None:
    """Call a function or coroutine function, if there is one."""
    if function is not None:
        result = call_back(function, argument)
        if inspect.isawaitable(result):
            await await_back(result)


def _clearing(events: list[StreamEvent]) -> Callable[[ConnectionState], None]:
    """Return a function that discards the events of a session's history when another one begins."""

    def observe(state: ConnectionState) -> None:
        if state.kind == "history_reset":
            events[:] = [event for event in events if event.type == "start"]  # it is delivered once

    return observe


@contextmanager
def _logging_failures(session_id: UUID) -> Generator[None]:
    """Log the failure to stop an abandoned session, and ignore a cancellation: another exception ended the call."""
    from asyncio import CancelledError

    try:
        yield
    except CancelledError:
        pass
    except AodError as error:
        logger.warning("cannot stop the abandoned session %s: %s", session_id, error)


def _name_session(error: BaseException, session_id: UUID) -> None:
    """Add the session to an exception that ends `run` or `ask`."""
    with suppress(AttributeError):
        error.session_id = session_id  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    if sys.version_info >= (3, 11):
        error.add_note(f"Session {session_id} may still be running.")


def _check_max_concurrent(max_concurrent: int) -> None:
    if isinstance(max_concurrent, bool) or not isinstance(max_concurrent, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("max_concurrent must be an int")
    if max_concurrent < 1:
        raise ValueError("max_concurrent must be at least 1")


def _cursors(
    ids: Iterable[str | UUID], since: Mapping[UUID, int | None] | Mapping[str, int | None] | None
) -> dict[UUID, int | None]:
    """Return the sessions to watch, each with the cursor to resume from."""
    given = {_uuid(id): cursor(position) for id, position in (since or {}).items()}
    return {id: given.get(id) for id in map(_uuid, ids)}


def _uuid(id: str | UUID) -> UUID:
    try:
        return UUID(identifier(id, "the id of a session"))
    except ValueError:
        raise ValueError("the id of a session must be a UUID") from None


def _check_callbacks(on_event: object, on_closed: object, on_error: object) -> None:
    """Validate the callbacks of `listen`; only `on_event` is required."""
    if on_event is None:
        raise TypeError("on_event must be callable, not NoneType")
    _check_functions(on_event=on_event, on_closed=on_closed, on_error=on_error)


def _check_functions(*, may_be_async: bool = False, **functions: object) -> None:
    """Validate the callbacks of a method, which may be coroutine functions if the method awaits them."""
    for name, function in functions.items():
        callback(function, name, may_be_async=may_be_async)


def _call_sync(function: Callable[[_T], object] | None, argument: _T, name: str) -> None:
    """Call a function, if there is one."""
    if function is not None:
        check_result(call_back(function, argument), name)


@hide_frames
class Sessions:
    """The calls under `/sessions`, as `client.sessions`.

    A session is one sandbox in which an agent works on prompts, one turn each.

    Ids are `UUID` objects or strings. A string that is not a UUID is sent as one percent-encoded segment of the path,
    and the server answers 404; an id that is neither raises `TypeError`.

    See [Sessions and turns](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#sessions-and-turns).
    """

    def __init__(self, core: Core) -> None:
        """Create the resource; clients do this.

        Args:
            core: The client's connection to the native library.
        """
        self._core = core

    def list(self) -> builtins.list[Session]:
        """List all sessions, in every status (`GET /sessions`).

        Returns:
            The sessions, newest first. The list is not paginated. A record that cannot be decoded is logged and left
            out; if no record can be decoded, the call raises a `DecodeError`.

        Raises:
            AuthError: The token is missing, unknown, inactive or expired.
            AodError: Any other failure; see `aod.errors`.
        """
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
        """Start a session with its first prompt (`POST /sessions`).

        The call returns when the server has accepted the session, before the sandbox is set up. Follow the session with
        `stream`.

        Args:
            agent_id: The id of the agent.
            prompt: The prompt of the first turn.
            environment_id: The environment to use instead of the agent's own.
            timeout: How long the first turn may take, in seconds, from 10 to 3600. The server's default is 600.
            resources: Up to 10 repositories to clone into the sandbox: `GithubRepoResource` models, or mappings with
                `type` (`github_repository`), `url`, and optionally `mount_path` and `authorization_token`.
            secret_env_vars: Environment variables of this session's sandbox, which override those of the environment
                (servers since 2026-06-25; earlier ones ignore them). The API never returns them.

        Returns:
            The acknowledgement, with the session's id and status `pending`.

        Raises:
            RateLimitError: Too many sessions are active; `limit` and `active` have the numbers.
            ConflictError: The agent or the environment is archived.
            NotFoundError: The agent or the environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            BadRequestError: The account has no credentials for the agent's runtime (servers before 2026-06-25).
            ValueError: An argument cannot be written as JSON, such as NaN.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Examples:
            >>> ack = client.sessions.create(
            ...     agent_id=agent.id,
            ...     prompt="Fix the failing test",
            ...     resources=[aod.GithubRepoResource(url="https://github.com/octo/repo")],
            ... )
        """
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
        """Retrieve a session (`GET /sessions/{id}`).

        Args:
            session_id: The id of the session.

        Returns:
            The session. Its prompts are part of its turns; see `turns`.

        Raises:
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(Session, self._core.call("GetSession", identifier(session_id, "session_id")))

    def prompt(self, session_id: str | UUID, *, prompt: str, timeout: int | None = None) -> SessionAck:
        """Start the next turn of a completed session (`POST /sessions/{id}/prompt`).

        The turn continues in the same sandbox, with the same conversation.

        Args:
            session_id: The id of the session.
            prompt: The prompt of the turn.
            timeout: How long the turn may take, in seconds, from 10 to 3600. The server's default is 600.

        Returns:
            The acknowledgement; `current_turn` is the number of the new turn.

        Raises:
            ConflictError: A turn is queued or running, or the session has failed, has been terminated or has lost its
                sandbox; `reason` says which.
            NotFoundError: The session does not exist, or its sandbox does not exist (servers before 2026-04-30).
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.
        """
        body = encode({"prompt": prompt, "timeout": timeout})
        return read(SessionAck, self._core.call("PromptSession", identifier(session_id, "session_id"), body))

    def turns(self, session_id: str | UUID) -> builtins.list[SessionTurn]:
        """List the turns of a session (`GET /sessions/{id}/turns`).

        Args:
            session_id: The id of the session.

        Returns:
            The turns, in ascending order.

        Raises:
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read_list(SessionTurn, self._core.call("ListSessionTurns", identifier(session_id, "session_id")))

    def terminate(self, session_id: str | UUID) -> SessionAck:
        """End a session permanently and destroy its sandbox (`POST /sessions/{id}/terminate`).

        Args:
            session_id: The id of the session, in any status but `terminated`.

        Returns:
            The acknowledgement, with status `terminated`.

        Raises:
            ConflictError: The session is already terminated.
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(SessionAck, self._core.call("TerminateSession", identifier(session_id, "session_id")))

    def ensure_terminated(self, session_id: str | UUID) -> Session:
        """Terminate a session like `terminate`, and return it, even if it is already terminated.

        Sends `POST /sessions/{id}/terminate` and `GET /sessions/{id}`.

        Args:
            session_id: The id of the session, in any status.

        Returns:
            The session, with status `terminated`.

        Raises:
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        pinned = self._pinned()
        try:
            pinned.terminate(session_id)
        except ConflictError as error:
            if error.reason != "already_terminated":
                raise
        return pinned.get(session_id)

    def interrupt(self, session_id: str | UUID) -> SessionAck:
        """Stop the active turn and keep the sandbox (`POST /sessions/{id}/interrupt`).

        Servers since 2026-06-25 have this endpoint; on earlier servers, the call raises `UnsupportedError`.

        Args:
            session_id: The id of the session.

        Returns:
            The acknowledgement, with the status that the session had before the interrupt.

        Raises:
            ConflictError: No turn is active (`reason` is `no_active_turn`), or the session has failed or been
                terminated.
            NotFoundError: The session does not exist.
            UnsupportedError: The server does not have the endpoint; a subclass of `NotFoundError`.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(SessionAck, self._core.call("InterruptSession", identifier(session_id, "session_id")))

    def delete(self, session_id: str | UUID) -> None:
        """Delete a session with its turns and its events (`DELETE /sessions/{id}/delete`).

        Args:
            session_id: The id of the session.

        Raises:
            ConflictError: A turn is running or, on servers since 2026-04-30, queued; terminate the session first.
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        self._core.call("DeleteSession", identifier(session_id, "session_id"))

    def wait_for_completion(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        on_event: Callable[[StreamEvent], object] | None = None,
        on_change: Callable[[Change], object] | None = None,
        collect_events: bool = True,
    ) -> RunResult:
        """Follow a session up to a terminal event (`GET /sessions/{id}/stream`, then `GET /sessions/{id}`).

        A prompt that arrives before the server sends that event extends the wait. A `stale` event does not end it, and
        there is no time limit. A turn that fails is not an error here; see the `outcome` of the last turn in
        `transcript()` of the result. The `session` of the result may already be in a later turn.

        Args:
            session_id: The id of the session.
            since: A cursor; the `stage` and `output` events up to it are left out. By default, all events of the
                session are followed.
            on_event: A function to call with each event.
            on_change: A function to call with each change that an event makes to the transcript, after `on_event`; see
                `aod.transcript`.
            collect_events: Whether the result holds the events. The default is true; see `ask`.

        Returns:
            The session after the turn, and its events in order.

        Raises:
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or `since` is out of range.
            TypeError: `since` is not an int.
            AodError: Any other failure; see `aod.errors`.
            Exception: Whatever `on_event` or `on_change` raises, which ends the wait.
        """
        _check_functions(on_event=on_event, on_change=on_change)
        return self._pinned()._follow(session_id, since, on_event, on_change, collect_events, _Turn())

    def _pinned(self, stop: str | None = None) -> Self:
        """Return these calls for an operation of several calls; see `Core.pinned`."""
        pinned = copy(self)
        pinned._core = self._core.pinned(stop)
        return pinned

    def _opened(self, stream: EventStream) -> AbstractContextManager[EventStream]:
        return stream

    def _sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def _follow(
        self,
        session_id: str | UUID,
        since: int | None,
        on_event: Callable[[StreamEvent], object] | None,
        on_change: Callable[[Change], object] | None,
        collect_events: bool,
        turn: _Turn,
    ) -> RunResult:
        with turn_spans(identifier(session_id, "session_id")) as spans:
            reader = TurnReader(turn.number, spans, returns_changes=on_change is not None)
            return self._read_turn(reader, session_id, since, on_event, on_change, collect_events, turn=turn)

    def _read_turn(
        self,
        reader: TurnReader,
        session_id: str | UUID,
        since: int | None,
        on_event: Callable[[StreamEvent], object] | None = None,
        on_change: Callable[[Change], object] | None = None,
        collect_events: bool = False,
        *,
        turn: _Turn,
    ) -> RunResult:
        events: builtins.list[StreamEvent] = []
        options = turn.stream_options()
        stream = EventStream(
            self._core, identifier(session_id, "session_id"), cursor(since), options, _clearing(events)
        )
        with self._opened(stream) as stream:
            for event in stream:
                turn.observe(event)
                if reader.includes(event):
                    _call_sync(on_event, event, "on_event")
                    if collect_events:
                        events.append(event)
                for change in reader.apply(event):
                    _call_sync(on_change, change, "on_change")
        turn.has_ended = True  # the stream may end without a terminal event
        for change in reader.finish():
            _call_sync(on_change, change, "on_change")
        return RunResult(session=self.get(session_id), events=events, turn=turn.number)

    def _follow_turn(
        self,
        ack: SessionAck,
        on_event: Callable[[StreamEvent], object] | None,
        on_change: Callable[[Change], object] | None,
        collect_events: bool,
        operation: str | None,
        on_created: Callable[[SessionAck], object] | None = None,
    ) -> RunResult:
        """Follow a turn, and stop it with the operation if an exception ends the call before the turn has ended."""
        turn = _Turn(ack.current_turn)
        try:
            self._core.claim_sessions()
            _call_sync(on_created, ack, "on_created")
            return self._follow(ack.id, None, on_event, on_change, collect_events, turn)
        except BaseException as error:
            _name_session(error, ack.id)
            if operation is not None and not turn.has_ended:
                with _logging_failures(ack.id):
                    self._core.stop_session(operation, str(ack.id))
            raise

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
        on_change: Callable[[Change], object] | None = None,
        collect_events: bool = True,
        on_created: Callable[[SessionAck], object] | None = None,
        on_abandon: Literal["continue", "interrupt", "terminate"] = "continue",
        wait_for_quota: bool = False,
    ) -> RunResult:
        """Create a session and follow its first turn to the end.

        A failed turn raises no exception: check `result.transcript().turns[-1].outcome`.

        Args:
            agent_id: The id of the agent.
            prompt: The prompt of the first turn.
            environment_id: The environment to use instead of the agent's own.
            timeout: How long the first turn may take, in seconds, from 10 to 3600. The server's default is 600.
            resources: Up to 10 repositories to clone into the sandbox; see `create`.
            secret_env_vars: Environment variables of this session's sandbox; see `create`.
            on_event: A function to call with each event of the turn.
            on_change: A function to call with each change of the transcript of this turn, after `on_event` of the event
                that made it; see `aod.transcript`.
            collect_events: Whether the result holds the events. The default is true; see `ask`.
            on_created: A function to call with the acknowledgement of the session, before its first event.
            on_abandon: `"continue"` (the default), `"interrupt"` or `"terminate"`: what is done to the session if an
                exception, such as `KeyboardInterrupt`, ends this call before the turn has ended. If the request that
                creates the session is in flight, it completes in the background, and the session is then stopped. The
                call waits at most 5 s until the session is stopped, and not at all if the exception was raised while
                the token provider ran. A warning is logged if the stop request fails or its result is not awaited.
                `"interrupt"` has no effect on servers before 2026-06-25.
            wait_for_quota: Whether to wait while too many sessions are active: the request that creates the session is
                repeated after 0.5 s, and then after delays of up to 5 s, without a time limit. The default is false, so
                that a `RateLimitError` is raised.

        Returns:
            The session after the turn, and its events in order.

        Raises:
            RateLimitError: Too many sessions are active, and `wait_for_quota` is false.
            AodError: The session cannot be created or followed; see `create` and `stream`. If the session was created,
                `session_id` of this and any other exception, such as `KeyboardInterrupt`, is its id.
            ValueError: `on_abandon` is not one of its three values, or an argument is invalid; see `create`.
            Exception: Whatever `on_event`, `on_change` or `on_created` raises, which ends the wait.

        Examples:
            >>> result = client.sessions.run(agent_id=agent.id, prompt="Count the tests")
            >>> print(result.text)
        """
        operation = _abandon_operation(on_abandon)
        _check_functions(on_event=on_event, on_change=on_change, on_created=on_created)
        delays = iter(_QUOTA_DELAYS)
        pinned = self._pinned(operation)
        while True:
            try:
                ack = pinned.create(
                    agent_id=agent_id,
                    prompt=prompt,
                    environment_id=environment_id,
                    timeout=timeout,
                    resources=resources,
                    secret_env_vars=secret_env_vars,
                )
                break
            except RateLimitError as error:
                if not wait_for_quota or not _exceeds_quota(error):
                    raise
            except BaseException:
                if operation is not None:
                    pinned._core.stop_sessions()
                raise
            self._sleep(next(delays, _QUOTA_DELAYS[-1]))
        return pinned._follow_turn(ack, on_event, on_change, collect_events, operation, on_created)

    def run_all(
        self,
        requests: Iterable[Mapping[str, Any]],
        *,
        max_concurrent: int = 4,
        on_abandon: Literal["continue", "interrupt", "terminate"] = "continue",
    ) -> builtins.list[RunResult | AodError]:
        """Run many prompts, each like `run` in a session of its own, several of them at the same time.

        The prompts run on threads. While the server's quota of active sessions is exceeded, they wait without a time
        limit. An `AodError` of a prompt does not affect the others. Any other exception, such as one of a callback or
        `KeyboardInterrupt`, ends all runs: no further session is started, the streams are closed, and `on_abandon`
        takes effect.

        Args:
            requests: The arguments of `run` for each prompt, as mappings, without `on_abandon` and `wait_for_quota`.
                Callbacks among them, such as `on_created`, are called on these threads.
            max_concurrent: How many of the sessions run at the same time, at least 1. The default is 4. If the server's
                quota is lower, the quota is the limit.
            on_abandon: `"continue"` (the default), `"interrupt"` or `"terminate"`: what is done to the sessions if an
                exception, such as `KeyboardInterrupt`, ends this call before their turns have ended; see `run`. The
                call then waits up to 10 s for the requests in progress.

        Returns:
            The results in the order of the requests: for each, the `RunResult` or the `AodError`.

        Raises:
            ValueError: `max_concurrent` is less than 1, `on_abandon` is not one of its three values, or an argument of
                a request is invalid; see `create`.
            TypeError: `max_concurrent` is not an int, or `run` does not have an argument of a request.
            Exception: Whatever a callback of a request raises.

        Examples:
            >>> prompts = ["Fix the typos in README.md", "List the public functions"]
            >>> requests = [{"agent_id": agent.id, "prompt": prompt} for prompt in prompts]
            >>> for prompt, result in zip(prompts, client.sessions.run_all(requests, max_concurrent=2)):
            ...     print(prompt, result if isinstance(result, aod.AodError) else result.text)
        """
        from ._run_all import run_all

        _check_max_concurrent(max_concurrent)
        _abandon_operation(on_abandon)
        return run_all(self._pinned(), [*requests], max_concurrent, on_abandon)

    def ask(
        self,
        session_id: str | UUID,
        *,
        prompt: str,
        timeout: int | None = None,
        wait: bool = False,
        on_event: Callable[[StreamEvent], object] | None = None,
        on_change: Callable[[Change], object] | None = None,
        collect_events: bool = True,
        on_abandon: Literal["continue", "interrupt", "terminate"] = "continue",
    ) -> RunResult:
        """Send a prompt to a session and follow its turn to the end: `prompt`, then the events of the turn.

        A failed turn raises no exception: check `result.transcript().turns[-1].outcome`.

        The turn ends with a terminal event, or when a later turn starts: the server sends no terminal event between
        turns that it replays, or if the next prompt arrives early. The outcome is then what the agent reported, or
        `unknown`, and the `session` of the result may already be in a later turn.

        Args:
            session_id: The id of the session.
            prompt: The prompt of the turn.
            timeout: How long the turn may take, in seconds, from 10 to 3600. The server's default is 600.
            wait: Whether to wait while a turn is queued or running, without a time limit, and then send the prompt. By
                default, the call raises a `ConflictError` in that case.
            on_event: A function to call with each event of the turn.
            on_change: A function to call with each change of the transcript of this turn, after `on_event` of the event
                that made it; see `aod.transcript`.
            collect_events: Whether the result holds the events. The default is true; without the events, the `text` of
                the result is `None`, and its `stdout` and `transcript()` are empty.
            on_abandon: What is done to the session if an exception ends this call after the prompt was sent and before
                its turn has ended; see `run`. Nothing is done if the prompt is not accepted.

        Returns:
            The session after the turn, and the events of the turn in order; `text` is the answer.

        Raises:
            ConflictError: A turn is queued or running and `wait` is false, or the session has failed or has been
                terminated; `reason` says which.
            AodError: The prompt cannot be sent or its turn cannot be followed; see `prompt` and `stream`. If the prompt
                was accepted, `session_id` of this and any other exception is the id of the session.
            ValueError: `on_abandon` is not one of its three values, or an argument is invalid; see `prompt`.
            TypeError: An argument has a type that JSON cannot represent.
            Exception: Whatever `on_event` or `on_change` raises, which ends the wait.

        Examples:
            >>> answer = client.sessions.ask(session_id, prompt="Which test failed?", wait=True)
            >>> print(answer.text)
        """
        operation = _abandon_operation(on_abandon)
        _check_functions(on_event=on_event, on_change=on_change)
        delays = iter(_ASK_DELAYS)
        pinned = self._pinned(operation)
        while True:
            try:
                ack = pinned.prompt(session_id, prompt=prompt, timeout=timeout)
                break
            except ConflictError as error:
                if not wait or error.reason not in ("pending", "running"):
                    raise
            except BaseException:
                if operation is not None:
                    pinned._core.stop_sessions()
                raise
            time.sleep(next(delays, _ASK_DELAYS[-1]))
            pinned._read_turn(TurnReader(None), session_id, _AFTER_ALL, turn=_Turn())
        return pinned._follow_turn(ack, on_event, on_change, collect_events, operation)

    def stream(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        turn: int | None = None,
        reconnect: bool = True,
        max_attempts: int | None = None,
        give_up_after: float | None = None,
        base_delay: float | None = None,
        max_delay: float | None = None,
        max_retry_after: float | None = None,
        deadline: float | None = None,
        resume_stale: bool = False,
        on_state: Callable[[ConnectionState], object] | None = None,
    ) -> EventStream:
        """Stream a session's events, up to the one that ends the turn (`GET /sessions/{id}/stream`).

        The stream survives dropped connections: it reconnects, resumes from the last event and drops repeated ones, so
        that each event arrives once, in order. Entering its `with` block, `open()` or iteration opens it, and raises
        `NotFoundError` if the session does not exist.

        Args:
            session_id: The id of the session.
            since: A cursor, such as `EventStream.cursor`; the `stage` and `output` events up to it are left out.
                Other events arrive again: `start`; the `turn_start` of the turn that was read last, if more of its
                output follows; and the event that ends the stream, if no turn is queued or running. "Resuming in
                another process" in https://github.com/ravi-hq/agent-on-demand/blob/main/docs/stream-rules.md describes
                how to apply each event once. By default, all events of the session are delivered.
            turn: The number of the only turn to deliver, from 1: its `turn_start` and `output` events, plus `start` and
                the event that ends the stream: a terminal event or, if a later turn has started, the `turn_start` of
                that turn. To build the transcript of the turn, use `transcript()` of the stream: `Transcript.apply`
                would begin the later turn. In a listener, leave that event out and call `Transcript.finish`. By
                default, all events are delivered.
            reconnect: Whether to reconnect. If false, the stream uses a single connection, delivers repeated events
                too, and raises an error when the connection cannot be opened or drops.
            max_attempts: How many consecutive attempts may fail to establish a healthy connection before the stream
                fails. A connection is healthy once it has delivered a new event or has stayed open for 10 seconds
                without becoming idle. By default there is no limit; 0 disables reconnecting.
            give_up_after: How long the stream may be without a healthy connection before it fails, in seconds;
                `math.inf` means no limit. Delays that the server asks for do not count. The default is 600.
            base_delay: The upper limit of the random delay before the first attempt to reconnect, in seconds. It
                doubles with each further attempt. The default is 0.25.
            max_delay: The upper limit of that doubling, in seconds. The default is 30.
            max_retry_after: The longest `Retry-After` that is honored, in seconds; a longer one ends the stream with
                the error that carries it. The default is 120.
            deadline: The time limit of the whole stream, including the time to open it, in seconds. When it expires,
                `AodTimeoutError` is raised. By default there is no limit.
            resume_stale: Whether to continue after a `stale` event, which the server sends after ten minutes without
                output. By default it ends the stream.
            on_state: Called with each change of the connection, in order with the events, in the thread that opens or
                iterates the stream, or leaves its block. What it raises is raised there. The stream stays open unless
                the exception is an `AodError` or the `with` statement was opening the stream.

        Returns:
            The stream: an iterator, and a context manager that closes the connection.

        Raises:
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or `since` or another option is out of
                range.
            TypeError: `since` or another option has the wrong type.

        Examples:
            >>> with client.sessions.stream(ack.id) as events:
            ...     for event in events:
            ...         if event.text:
            ...             print(event.text, end="")
        """
        return EventStream(
            self._core,
            identifier(session_id, "session_id"),
            cursor(since),
            *stream_options(
                turn=turn,
                reconnect=reconnect,
                max_attempts=max_attempts,
                give_up_after=give_up_after,
                base_delay=base_delay,
                max_delay=max_delay,
                max_retry_after=max_retry_after,
                deadline=deadline,
                resume_stale=resume_stale,
                on_state=on_state,
            ),
        )

    def stream_resumable(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        max_retries: int = 3,
        initial_backoff: float = 1.0,
        backoff_multiplier: float = 2.0,
        max_backoff: float = 30.0,
    ) -> EventStream:
        """Stream a session's events like `stream`, with the argument names of an earlier version.

        It exists for programs written for an unreleased version that followed 0.1.0. Use `stream` in new programs.

        Args:
            session_id: The id of the session.
            since: A cursor; the `stage` and `output` events up to it are left out, as by `stream`. By default, all
                events of the session are delivered.
            max_retries: Passed to `stream` as `max_attempts`. The default is 3.
            initial_backoff: Passed to `stream` as `base_delay`, in seconds. The default is 1.
            backoff_multiplier: Ignored: the delay doubles with each attempt.
            max_backoff: Passed to `stream` as `max_delay`, in seconds. The default is 30.

        Returns:
            The stream.

        Raises:
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or a number is out of range.
            TypeError: A number has the wrong type.
        """
        return self.stream(
            session_id,
            since=since,
            max_attempts=max_retries,
            base_delay=initial_backoff,
            max_delay=max_backoff,
        )

    def watch(
        self,
        ids: Iterable[str | UUID],
        *,
        since: Mapping[UUID, int | None] | Mapping[str, int | None] | None = None,
    ) -> WatchStream:
        """Stream the events of several sessions in the order in which they arrive (`GET /sessions/{id}/stream`).

        The stream of each session has a connection of its own, which is opened when the iteration starts. It reconnects
        like that of `stream`, and resumes after `stale`. The error that ends the stream of one session is an item, and
        does not affect the others.

        Args:
            ids: The ids of the sessions. An id that is repeated is watched once.
            since: A mapping of session ids to cursors, such as the `cursor` of the last event that was processed; of
                these sessions, the `stage` and `output` events up to the cursor are left out, as by `stream`. Sessions
                that are not in `ids` are ignored. By default, all events are delivered.

        Returns:
            The stream: an iterator of `SessionEvent`, which ends when the streams of all sessions have ended, and a
            context manager that closes the connections.

        Raises:
            ValueError: An id is not a UUID, or a cursor is out of range.
            TypeError: An id is not a str or UUID, or a cursor is not an int.

        Examples:
            >>> sessions = client.sessions.list()
            >>> running = [session.id for session in sessions if session.status == "running"]
            >>> with client.sessions.watch(running) as items:
            ...     for item in items:
            ...         print(item.session_id, item.event.type if item.event else item.error)
        """
        return WatchStream(self._core, _cursors(ids, since))

    def listen(
        self,
        session_id: str | UUID,
        *,
        on_event: Callable[[StreamEvent], object],
        on_closed: Callable[[], object] | None = None,
        on_error: Callable[[AodError], object] | None = None,
        since: int | None = None,
        **options: Unpack[StreamOptions],
    ) -> Subscription:
        """Stream a session's events to callbacks, on a dedicated thread (`GET /sessions/{id}/stream`).

        Each event is passed to `on_event`; then `on_closed` or `on_error` is called once. The stream reconnects like
        that of `stream`, and delivers no event while a callback runs.

        Args:
            session_id: The id of the session.
            on_event: Called with each event. If it raises, or `on_state` does, the stream ends and `on_error` receives
                an `AodError` whose `__cause__` is that exception.
            on_closed: Called when the stream has ended or has been cancelled.
            on_error: Called with the error that ended the stream. Without it, the error goes to `threading.excepthook`.
            since: A cursor; the `stage` and `output` events up to it are left out, as by `stream`. By default, all
                events of the session are delivered.
            options: The other options of `stream`.

        Returns:
            The subscription, which cancels the stream or waits for its end.

        Raises:
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or `since` or another option is out of
                range.
            TypeError: `since` or another option has the wrong type, or a callback is not callable or is a coroutine
                function.

        Examples:
            >>> subscription = client.sessions.listen(ack.id, on_event=print)
            >>> subscription.join()
        """
        _check_callbacks(on_event, on_closed, on_error)
        id = identifier(session_id, "session_id")
        stream = EventStream(self._core, id, cursor(since), *stream_options(**options))
        return Subscription(stream, on_event, on_closed, on_error)


@hide_frames
class AsyncSessions:
    """The calls under `/sessions` for asyncio, as `client.sessions` of an `AsyncClient`.

    A session is one sandbox in which an agent works on prompts, one turn each.

    Ids are `UUID` objects or strings. A string that is not a UUID is sent as one percent-encoded segment of the path,
    and the server answers 404; an id that is neither raises `TypeError`.

    See [Sessions and turns](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#sessions-and-turns).
    """

    def __init__(self, core: Core) -> None:
        """Create the resource; clients do this.

        Args:
            core: The client's connection to the native library.
        """
        self._core = core

    async def list(self) -> builtins.list[Session]:
        """List all sessions, in every status (`GET /sessions`).

        Returns:
            The sessions, newest first. The list is not paginated. A record that cannot be decoded is logged and left
            out; if no record can be decoded, the call raises a `DecodeError`.

        Raises:
            AuthError: The token is missing, unknown, inactive or expired.
            AodError: Any other failure; see `aod.errors`.
        """
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
        """Start a session with its first prompt (`POST /sessions`).

        The call returns when the server has accepted the session, before the sandbox is set up. Follow the session with
        `stream`.

        Args:
            agent_id: The id of the agent.
            prompt: The prompt of the first turn.
            environment_id: The environment to use instead of the agent's own.
            timeout: How long the first turn may take, in seconds, from 10 to 3600. The server's default is 600.
            resources: Up to 10 repositories to clone into the sandbox: `GithubRepoResource` models, or mappings with
                `type` (`github_repository`), `url`, and optionally `mount_path` and `authorization_token`.
            secret_env_vars: Environment variables of this session's sandbox, which override those of the environment
                (servers since 2026-06-25; earlier ones ignore them). The API never returns them.

        Returns:
            The acknowledgement, with the session's id and status `pending`.

        Raises:
            RateLimitError: Too many sessions are active; `limit` and `active` have the numbers.
            ConflictError: The agent or the environment is archived.
            NotFoundError: The agent or the environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            BadRequestError: The account has no credentials for the agent's runtime (servers before 2026-06-25).
            ValueError: An argument cannot be written as JSON, such as NaN.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Examples:
            >>> ack = await client.sessions.create(
            ...     agent_id=agent.id,
            ...     prompt="Fix the failing test",
            ...     resources=[aod.GithubRepoResource(url="https://github.com/octo/repo")],
            ... )
        """
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
        """Retrieve a session (`GET /sessions/{id}`).

        Args:
            session_id: The id of the session.

        Returns:
            The session. Its prompts are part of its turns; see `turns`.

        Raises:
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(Session, await self._core.call_async("GetSession", identifier(session_id, "session_id")))

    async def prompt(self, session_id: str | UUID, *, prompt: str, timeout: int | None = None) -> SessionAck:
        """Start the next turn of a completed session (`POST /sessions/{id}/prompt`).

        The turn continues in the same sandbox, with the same conversation.

        Args:
            session_id: The id of the session.
            prompt: The prompt of the turn.
            timeout: How long the turn may take, in seconds, from 10 to 3600. The server's default is 600.

        Returns:
            The acknowledgement; `current_turn` is the number of the new turn.

        Raises:
            ConflictError: A turn is queued or running, or the session has failed, has been terminated or has lost its
                sandbox; `reason` says which.
            NotFoundError: The session does not exist, or its sandbox does not exist (servers before 2026-04-30).
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.
        """
        body = encode({"prompt": prompt, "timeout": timeout})
        response = await self._core.call_async("PromptSession", identifier(session_id, "session_id"), body)
        return read(SessionAck, response)

    async def turns(self, session_id: str | UUID) -> builtins.list[SessionTurn]:
        """List the turns of a session (`GET /sessions/{id}/turns`).

        Args:
            session_id: The id of the session.

        Returns:
            The turns, in ascending order.

        Raises:
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        response = await self._core.call_async("ListSessionTurns", identifier(session_id, "session_id"))
        return read_list(SessionTurn, response)

    async def terminate(self, session_id: str | UUID) -> SessionAck:
        """End a session permanently and destroy its sandbox (`POST /sessions/{id}/terminate`).

        Args:
            session_id: The id of the session, in any status but `terminated`.

        Returns:
            The acknowledgement, with status `terminated`.

        Raises:
            ConflictError: The session is already terminated.
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(SessionAck, await self._core.call_async("TerminateSession", identifier(session_id, "session_id")))

    async def ensure_terminated(self, session_id: str | UUID) -> Session:
        """Terminate a session like `terminate`, and return it, even if it is already terminated.

        Sends `POST /sessions/{id}/terminate` and `GET /sessions/{id}`.

        Args:
            session_id: The id of the session, in any status.

        Returns:
            The session, with status `terminated`.

        Raises:
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        pinned = self._pinned()
        try:
            await pinned.terminate(session_id)
        except ConflictError as error:
            if error.reason != "already_terminated":
                raise
        return await pinned.get(session_id)

    async def interrupt(self, session_id: str | UUID) -> SessionAck:
        """Stop the active turn and keep the sandbox (`POST /sessions/{id}/interrupt`).

        Servers since 2026-06-25 have this endpoint; on earlier servers, the call raises `UnsupportedError`.

        Args:
            session_id: The id of the session.

        Returns:
            The acknowledgement, with the status that the session had before the interrupt.

        Raises:
            ConflictError: No turn is active (`reason` is `no_active_turn`), or the session has failed or been
                terminated.
            NotFoundError: The session does not exist.
            UnsupportedError: The server does not have the endpoint; a subclass of `NotFoundError`.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(SessionAck, await self._core.call_async("InterruptSession", identifier(session_id, "session_id")))

    async def delete(self, session_id: str | UUID) -> None:
        """Delete a session with its turns and its events (`DELETE /sessions/{id}/delete`).

        Args:
            session_id: The id of the session.

        Raises:
            ConflictError: A turn is running or, on servers since 2026-04-30, queued; terminate the session first.
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        await self._core.call_async("DeleteSession", identifier(session_id, "session_id"))

    async def wait_for_completion(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        on_event: Callable[[StreamEvent], object] | None = None,
        on_change: Callable[[Change], object] | None = None,
        collect_events: bool = True,
    ) -> RunResult:
        """Follow a session up to a terminal event (`GET /sessions/{id}/stream`, then `GET /sessions/{id}`).

        A prompt that arrives before the server sends that event extends the wait. A `stale` event does not end it, and
        there is no time limit. A turn that fails is not an error here; see the `outcome` of the last turn in
        `transcript()` of the result. The `session` of the result may already be in a later turn.

        Args:
            session_id: The id of the session.
            since: A cursor; the `stage` and `output` events up to it are left out. By default, all events of the
                session are followed.
            on_event: A function or coroutine function to call with each event.
            on_change: A function or coroutine function to call with each change that an event makes to the transcript,
                after `on_event`; see `aod.transcript`.
            collect_events: Whether the result holds the events. The default is true; see `ask`.

        Returns:
            The session after the turn, and its events in order.

        Raises:
            NotFoundError: The session does not exist.
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or `since` is out of range.
            TypeError: `since` is not an int.
            AodError: Any other failure; see `aod.errors`.
            Exception: Whatever `on_event` or `on_change` raises, which ends the wait.
        """
        _check_functions(may_be_async=True, on_event=on_event, on_change=on_change)
        return await self._pinned()._follow(session_id, since, on_event, on_change, collect_events, _Turn())

    def _pinned(self, stop: str | None = None) -> Self:
        """Return these calls for an operation of several calls; see `Core.pinned`."""
        pinned = copy(self)
        pinned._core = self._core.pinned(stop)
        return pinned

    async def _follow(
        self,
        session_id: str | UUID,
        since: int | None,
        on_event: Callable[[StreamEvent], object] | None,
        on_change: Callable[[Change], object] | None,
        collect_events: bool,
        turn: _Turn,
    ) -> RunResult:
        with turn_spans(identifier(session_id, "session_id")) as spans:
            reader = TurnReader(turn.number, spans, returns_changes=on_change is not None)
            return await self._read_turn(reader, session_id, since, on_event, on_change, collect_events, turn=turn)

    async def _read_turn(
        self,
        reader: TurnReader,
        session_id: str | UUID,
        since: int | None,
        on_event: Callable[[StreamEvent], object] | None = None,
        on_change: Callable[[Change], object] | None = None,
        collect_events: bool = False,
        *,
        turn: _Turn,
    ) -> RunResult:
        events: builtins.list[StreamEvent] = []
        options = turn.stream_options()
        async with AsyncEventStream(
            self._core, identifier(session_id, "session_id"), cursor(since), options, _clearing(events)
        ) as stream:
            async for event in stream:
                turn.observe(event)
                if reader.includes(event):
                    await _call(on_event, event)
                    if collect_events:
                        events.append(event)
                for change in reader.apply(event):
                    await _call(on_change, change)
        turn.has_ended = True  # the stream may end without a terminal event
        for change in reader.finish():
            await _call(on_change, change)
        return RunResult(session=await self.get(session_id), events=events, turn=turn.number)

    async def _follow_turn(
        self,
        ack: SessionAck,
        on_event: Callable[[StreamEvent], object] | None,
        on_change: Callable[[Change], object] | None,
        collect_events: bool,
        operation: str | None,
        on_created: Callable[[SessionAck], object] | None = None,
    ) -> RunResult:
        """Follow a turn, and stop it with the operation if an exception ends the call before the turn has ended."""
        turn = _Turn(ack.current_turn)
        try:
            self._core.claim_sessions()
            await _call(on_created, ack)
            return await self._follow(ack.id, None, on_event, on_change, collect_events, turn)
        except GeneratorExit:
            # Nothing can be awaited in a coroutine that is closed.
            if operation is not None and not turn.has_ended:
                with _logging_failures(ack.id):
                    self._core.abandon_session(operation, str(ack.id))
            raise
        except BaseException as error:
            _name_session(error, ack.id)
            if operation is not None and not turn.has_ended:
                with _logging_failures(ack.id):
                    await self._core.stop_session_async(operation, str(ack.id))
            raise

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
        on_change: Callable[[Change], object] | None = None,
        collect_events: bool = True,
        on_created: Callable[[SessionAck], object] | None = None,
        on_abandon: Literal["continue", "interrupt", "terminate"] = "continue",
        wait_for_quota: bool = False,
    ) -> RunResult:
        """Create a session and follow its first turn to the end.

        A failed turn raises no exception: check `result.transcript().turns[-1].outcome`.

        Args:
            agent_id: The id of the agent.
            prompt: The prompt of the first turn.
            environment_id: The environment to use instead of the agent's own.
            timeout: How long the first turn may take, in seconds, from 10 to 3600. The server's default is 600.
            resources: Up to 10 repositories to clone into the sandbox; see `create`.
            secret_env_vars: Environment variables of this session's sandbox; see `create`.
            on_event: A function or coroutine function to call with each event of the turn.
            on_change: A function or coroutine function to call with each change of the transcript of this turn, after
                `on_event` of the event that made it; see `aod.transcript`.
            collect_events: Whether the result holds the events. The default is true; see `ask`.
            on_created: A function or coroutine function to call with the acknowledgement of the session, before its
                first event.
            on_abandon: `"continue"` (the default), `"interrupt"` or `"terminate"`: what is done to the session if an
                exception, such as `CancelledError`, ends this call before the turn has ended. If the request that
                creates the session is in flight, it completes in the background, and the session is then stopped. The
                call waits at most 5 s until the session is stopped, and not at all if the exception was raised while
                the token provider ran. A warning is logged if the stop request fails or its result is not awaited.
                `"interrupt"` has no effect on servers before 2026-06-25.
            wait_for_quota: Whether to wait while too many sessions are active: the request that creates the session is
                repeated after 0.5 s, and then after delays of up to 5 s, without a time limit. The default is false, so
                that a `RateLimitError` is raised.

        Returns:
            The session after the turn, and its events in order.

        Raises:
            RateLimitError: Too many sessions are active, and `wait_for_quota` is false.
            AodError: The session cannot be created or followed; see `create` and `stream`. If the session was created,
                `session_id` of this and any other exception is its id. The `CancelledError` of a cancelled task has it
                from Python 3.11 on.
            ValueError: `on_abandon` is not one of its three values, or an argument is invalid; see `create`.
            Exception: Whatever `on_event`, `on_change` or `on_created` raises, which ends the wait.

        Examples:
            >>> result = await client.sessions.run(agent_id=agent.id, prompt="Count the tests")
            >>> print(result.text)
        """
        from asyncio import sleep as asyncio_sleep

        operation = _abandon_operation(on_abandon)
        _check_functions(may_be_async=True, on_event=on_event, on_change=on_change, on_created=on_created)
        delays = iter(_QUOTA_DELAYS)
        pinned = self._pinned(operation)
        while True:
            try:
                ack = await pinned.create(
                    agent_id=agent_id,
                    prompt=prompt,
                    environment_id=environment_id,
                    timeout=timeout,
                    resources=resources,
                    secret_env_vars=secret_env_vars,
                )
                break
            except RateLimitError as error:
                if not wait_for_quota or not _exceeds_quota(error):
                    raise
            except GeneratorExit:
                # Nothing can be awaited in a coroutine that is closed.
                if operation is not None:
                    pinned._core.abandon_sessions()
                raise
            except BaseException:
                if operation is not None:
                    await pinned._core.stop_sessions_async()
                raise
            await asyncio_sleep(next(delays, _QUOTA_DELAYS[-1]))
        return await pinned._follow_turn(ack, on_event, on_change, collect_events, operation, on_created)

    async def run_all(
        self,
        requests: Iterable[Mapping[str, Any]],
        *,
        max_concurrent: int = 4,
        on_abandon: Literal["continue", "interrupt", "terminate"] = "continue",
    ) -> builtins.list[RunResult | AodError]:
        """Run many prompts, each like `run` in a session of its own, several of them at the same time.

        While the server's quota of active sessions is exceeded, the prompts wait without a time limit. An `AodError` of
        a prompt does not affect the others. Any other exception, such as one of a callback or `CancelledError`, ends
        all runs: no further session is started, the streams are closed, and `on_abandon` takes effect.

        Args:
            requests: The arguments of `run` for each prompt, as mappings, without `on_abandon` and `wait_for_quota`.
            max_concurrent: How many of the sessions run at the same time, at least 1. The default is 4. If the server's
                quota is lower, the quota is the limit.
            on_abandon: `"continue"` (the default), `"interrupt"` or `"terminate"`: what is done to the sessions if an
                exception, such as `CancelledError`, ends this call before their turns have ended; see `run`.

        Returns:
            The results in the order of the requests: for each, the `RunResult` or the `AodError`.

        Raises:
            ValueError: `max_concurrent` is less than 1, `on_abandon` is not one of its three values, or an argument of
                a request is invalid; see `create`.
            TypeError: `max_concurrent` is not an int, or `run` does not have an argument of a request.
            Exception: Whatever a callback of a request raises.

        Examples:
            >>> prompts = ["Fix the typos in README.md", "List the public functions"]
            >>> requests = [{"agent_id": agent.id, "prompt": prompt} for prompt in prompts]
            >>> for prompt, result in zip(prompts, await client.sessions.run_all(requests, max_concurrent=2)):
            ...     print(prompt, result if isinstance(result, aod.AodError) else result.text)
        """
        from ._run_all import run_all_async

        _check_max_concurrent(max_concurrent)
        _abandon_operation(on_abandon)
        return await run_all_async(self._pinned(), [*requests], max_concurrent, on_abandon)

    async def ask(
        self,
        session_id: str | UUID,
        *,
        prompt: str,
        timeout: int | None = None,
        wait: bool = False,
        on_event: Callable[[StreamEvent], object] | None = None,
        on_change: Callable[[Change], object] | None = None,
        collect_events: bool = True,
        on_abandon: Literal["continue", "interrupt", "terminate"] = "continue",
    ) -> RunResult:
        """Send a prompt to a session and follow its turn to the end: `prompt`, then the events of the turn.

        A failed turn raises no exception: check `result.transcript().turns[-1].outcome`.

        The turn ends with a terminal event, or when a later turn starts: the server sends no terminal event between
        turns that it replays, or if the next prompt arrives early. The outcome is then what the agent reported, or
        `unknown`, and the `session` of the result may already be in a later turn.

        Args:
            session_id: The id of the session.
            prompt: The prompt of the turn.
            timeout: How long the turn may take, in seconds, from 10 to 3600. The server's default is 600.
            wait: Whether to wait while a turn is queued or running, without a time limit, and then send the prompt. By
                default, the call raises a `ConflictError` in that case.
            on_event: A function or coroutine function to call with each event of the turn.
            on_change: A function or coroutine function to call with each change of the transcript of this turn, after
                `on_event` of the event that made it; see `aod.transcript`.
            collect_events: Whether the result holds the events. The default is true; without the events, the `text` of
                the result is `None`, and its `stdout` and `transcript()` are empty.
            on_abandon: What is done to the session if an exception ends this call after the prompt was sent and before
                its turn has ended; see `run`. Nothing is done if the prompt is not accepted.

        Returns:
            The session after the turn, and the events of the turn in order; `text` is the answer.

        Raises:
            ConflictError: A turn is queued or running and `wait` is false, or the session has failed or has been
                terminated; `reason` says which.
            AodError: The prompt cannot be sent or its turn cannot be followed; see `prompt` and `stream`. If the prompt
                was accepted, `session_id` of this and any other exception is the id of the session.
            ValueError: `on_abandon` is not one of its three values, or an argument is invalid; see `prompt`.
            TypeError: An argument has a type that JSON cannot represent.
            Exception: Whatever `on_event` or `on_change` raises, which ends the wait.

        Examples:
            >>> answer = await client.sessions.ask(session_id, prompt="Which test failed?", wait=True)
            >>> print(answer.text)
        """
        from asyncio import sleep as asyncio_sleep

        operation = _abandon_operation(on_abandon)
        _check_functions(may_be_async=True, on_event=on_event, on_change=on_change)
        delays = iter(_ASK_DELAYS)
        pinned = self._pinned(operation)
        while True:
            try:
                ack = await pinned.prompt(session_id, prompt=prompt, timeout=timeout)
                break
            except ConflictError as error:
                if not wait or error.reason not in ("pending", "running"):
                    raise
            except GeneratorExit:
                # Nothing can be awaited in a coroutine that is closed.
                if operation is not None:
                    pinned._core.abandon_sessions()
                raise
            except BaseException:
                if operation is not None:
                    await pinned._core.stop_sessions_async()
                raise
            await asyncio_sleep(next(delays, _ASK_DELAYS[-1]))
            await pinned._read_turn(TurnReader(None), session_id, _AFTER_ALL, turn=_Turn())
        return await pinned._follow_turn(ack, on_event, on_change, collect_events, operation)

    def stream(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        turn: int | None = None,
        reconnect: bool = True,
        max_attempts: int | None = None,
        give_up_after: float | None = None,
        base_delay: float | None = None,
        max_delay: float | None = None,
        max_retry_after: float | None = None,
        deadline: float | None = None,
        resume_stale: bool = False,
        on_state: Callable[[ConnectionState], object] | None = None,
    ) -> AsyncEventStream:
        """Stream a session's events, up to the one that ends the turn (`GET /sessions/{id}/stream`).

        The stream survives dropped connections: it reconnects, resumes from the last event and drops repeated ones, so
        that each event arrives once, in order. Entering its `async with` block, `open()` or iteration opens it, and
        raises `NotFoundError` if the session does not exist. This method itself is not a coroutine.

        Args:
            session_id: The id of the session.
            since: A cursor, such as `AsyncEventStream.cursor`; the `stage` and `output` events up to it are left out.
                Other events arrive again: `start`; the `turn_start` of the turn that was read last, if more of its
                output follows; and the event that ends the stream, if no turn is queued or running. "Resuming in
                another process" in https://github.com/ravi-hq/agent-on-demand/blob/main/docs/stream-rules.md describes
                how to apply each event once. By default, all events of the session are delivered.
            turn: The number of the only turn to deliver, from 1: its `turn_start` and `output` events, plus `start` and
                the event that ends the stream: a terminal event or, if a later turn has started, the `turn_start` of
                that turn. To build the transcript of the turn, use `transcript()` of the stream: `Transcript.apply`
                would begin the later turn. In a listener, leave that event out and call `Transcript.finish`. By
                default, all events are delivered.
            reconnect: Whether to reconnect. If false, the stream uses a single connection, delivers repeated events
                too, and raises an error when the connection cannot be opened or drops.
            max_attempts: How many consecutive attempts may fail to establish a healthy connection before the stream
                fails. A connection is healthy once it has delivered a new event or has stayed open for 10 seconds
                without becoming idle. By default there is no limit; 0 disables reconnecting.
            give_up_after: How long the stream may be without a healthy connection before it fails, in seconds;
                `math.inf` means no limit. Delays that the server asks for do not count. The default is 600.
            base_delay: The upper limit of the random delay before the first attempt to reconnect, in seconds. It
                doubles with each further attempt. The default is 0.25.
            max_delay: The upper limit of that doubling, in seconds. The default is 30.
            max_retry_after: The longest `Retry-After` that is honored, in seconds; a longer one ends the stream with
                the error that carries it. The default is 120.
            deadline: The time limit of the whole stream, including the time to open it, in seconds. When it expires,
                `AodTimeoutError` is raised. By default there is no limit.
            resume_stale: Whether to continue after a `stale` event, which the server sends after ten minutes without
                output. By default it ends the stream.
            on_state: Called with each change of the connection, in order with the events, in the task that opens or
                iterates the stream, or leaves its block; it cannot be a coroutine function. What it raises is raised
                there. The stream stays open unless the exception is an `AodError` or the `async with` statement was
                opening the stream.

        Returns:
            The stream: an asynchronous iterator, and a context manager that closes the connection.

        Raises:
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or `since` or another option is out of
                range.
            TypeError: `since` or another option has the wrong type.

        Examples:
            >>> async with client.sessions.stream(ack.id) as events:
            ...     async for event in events:
            ...         if event.text:
            ...             print(event.text, end="")
        """
        return AsyncEventStream(
            self._core,
            identifier(session_id, "session_id"),
            cursor(since),
            *stream_options(
                turn=turn,
                reconnect=reconnect,
                max_attempts=max_attempts,
                give_up_after=give_up_after,
                base_delay=base_delay,
                max_delay=max_delay,
                max_retry_after=max_retry_after,
                deadline=deadline,
                resume_stale=resume_stale,
                on_state=on_state,
            ),
        )

    def stream_resumable(
        self,
        session_id: str | UUID,
        *,
        since: int | None = None,
        max_retries: int = 3,
        initial_backoff: float = 1.0,
        backoff_multiplier: float = 2.0,
        max_backoff: float = 30.0,
    ) -> AsyncEventStream:
        """Stream a session's events like `stream`, with the argument names of an earlier version.

        It exists for programs written for an unreleased version that followed 0.1.0. Use `stream` in new programs. This
        method itself is not a coroutine.

        Args:
            session_id: The id of the session.
            since: A cursor; the `stage` and `output` events up to it are left out, as by `stream`. By default, all
                events of the session are delivered.
            max_retries: Passed to `stream` as `max_attempts`. The default is 3.
            initial_backoff: Passed to `stream` as `base_delay`, in seconds. The default is 1.
            backoff_multiplier: Ignored: the delay doubles with each attempt.
            max_backoff: Passed to `stream` as `max_delay`, in seconds. The default is 30.

        Returns:
            The stream.

        Raises:
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or a number is out of range.
            TypeError: A number has the wrong type.
        """
        return self.stream(
            session_id,
            since=since,
            max_attempts=max_retries,
            base_delay=initial_backoff,
            max_delay=max_backoff,
        )

    def watch(
        self,
        ids: Iterable[str | UUID],
        *,
        since: Mapping[UUID, int | None] | Mapping[str, int | None] | None = None,
    ) -> AsyncWatchStream:
        """Stream the events of several sessions in the order in which they arrive (`GET /sessions/{id}/stream`).

        The stream of each session has a connection of its own, which is opened when the iteration starts. It reconnects
        like that of `stream`, and resumes after `stale`. The error that ends the stream of one session is an item, and
        does not affect the others. This method itself is not a coroutine.

        Args:
            ids: The ids of the sessions. An id that is repeated is watched once.
            since: A mapping of session ids to cursors, such as the `cursor` of the last event that was processed; of
                these sessions, the `stage` and `output` events up to the cursor are left out, as by `stream`. Sessions
                that are not in `ids` are ignored. By default, all events are delivered.

        Returns:
            The stream: an asynchronous iterator of `SessionEvent`, which ends when the streams of all sessions have
            ended, and a context manager that closes the connections.

        Raises:
            ValueError: An id is not a UUID, or a cursor is out of range.
            TypeError: An id is not a str or UUID, or a cursor is not an int.

        Examples:
            >>> sessions = await client.sessions.list()
            >>> running = [session.id for session in sessions if session.status == "running"]
            >>> async with client.sessions.watch(running) as items:
            ...     async for item in items:
            ...         print(item.session_id, item.event.type if item.event else item.error)
        """
        return AsyncWatchStream(self._core, _cursors(ids, since))

    def listen(
        self,
        session_id: str | UUID,
        *,
        on_event: Callable[[StreamEvent], object],
        on_closed: Callable[[], object] | None = None,
        on_error: Callable[[AodError], object] | None = None,
        since: int | None = None,
        **options: Unpack[StreamOptions],
    ) -> Subscription:
        """Stream a session's events to callbacks, on a dedicated thread (`GET /sessions/{id}/stream`).

        The callbacks do not run on the event loop. Each event is passed to `on_event`; then `on_closed` or `on_error`
        is called once. The stream reconnects like that of `stream`, and delivers no event while a callback runs. The
        `token_provider` is called on this thread too, so it cannot be a coroutine function.

        Args:
            session_id: The id of the session.
            on_event: Called with each event. If it raises, or `on_state` does, the stream ends and `on_error` receives
                an `AodError` whose `__cause__` is that exception.
            on_closed: Called when the stream has ended or has been cancelled.
            on_error: Called with the error that ended the stream. Without it, the error goes to `threading.excepthook`.
            since: A cursor; the `stage` and `output` events up to it are left out, as by `stream`. By default, all
                events of the session are delivered.
            options: The other options of `stream`.

        Returns:
            The subscription, which cancels the stream or waits for its end.

        Raises:
            ValueError: `session_id` is empty, `.`, `..` or not valid Unicode, or `since` or another option is out of
                range.
            TypeError: `since` or another option has the wrong type, or a callback is not callable or is a coroutine
                function.
        """
        _check_callbacks(on_event, on_closed, on_error)
        id = identifier(session_id, "session_id")
        stream = EventStream(self._core, id, cursor(since), *stream_options(**options))
        return Subscription(stream, on_event, on_closed, on_error)


def __dir__() -> list[str]:
    return sorted(__all__)
