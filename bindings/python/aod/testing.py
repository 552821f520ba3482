"""A development server with scripted agents, for the tests of programs that use the SDK.

See [Testing a program](https://ravi-hq.github.io/agent-on-demand/latest/testing/).
"""

from __future__ import annotations

import copy
import http.client
import importlib.metadata
import json
import os
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from .errors import AodError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from uuid import UUID

    from typing_extensions import Self

__all__ = ["DevServer", "Fault", "Turn"]

_PROGRAM = "aod-devserver"
_STREAMS = "/sessions/*/stream"


class Turn:
    """A scripted turn of an agent: what it does, and how the turn ends.

    The server prints the turn in the output format of the session's runtime: Claude Code, Codex, Gemini CLI or
    opencode. What a runtime does not print is left out: Gemini CLI prints no thinking, and only Claude Code and
    opencode print costs. A turn is immutable: each method returns a new one.

    See [Turns](https://ravi-hq.github.io/agent-on-demand/latest/testing/#turns).

    Examples:
        >>> turn = Turn().tool("Bash", {"command": "pytest"}, output="1 failed", exit_code=1).message("One test fails.")
    """

    def __init__(self) -> None:
        """Create a turn that does nothing and succeeds."""
        self._fields: dict[str, Any] = {"steps": []}

    def message(self, text: str) -> Self:
        """Add a message of the agent."""
        return self._step(message=text)

    def thinking(self, text: str) -> Self:
        """Add thinking of the agent."""
        return self._step(thinking=text)

    def tool(
        self,
        name: str,
        input: Mapping[str, Any] | None = None,
        *,
        output: str = "",
        error: str | None = None,
        exit_code: int | None = None,
        delay: float = 0,
        hold: str | None = None,
    ) -> Self:
        """Add a call of a tool.

        Tools have the names and arguments of Claude Code: `Bash`, `Read`, `Write`, `Edit`, `Grep`, `Glob`, `WebFetch`,
        `WebSearch`, `Task` and `mcp__SERVER__TOOL`. The other runtimes print the calls of their own tools for the same
        work.

        Args:
            name: The name of the tool.
            input: The arguments, such as `{"command": "ls"}`.
            output: The text of the result.
            error: Why the call failed, printed instead of the output. By default there is no error.
            exit_code: The exit code of a `Bash` command. The call fails unless it is 0. The default is 0, or 1 with an
                `error`.
            delay: How long the call takes, in seconds of the server's clock.
            hold: The name of a hold: the call does not return before `DevServer.release`.
        """
        call = {"name": name, "input": dict(input or {}), "output": output, "delay_ms": _millis(delay)}
        optional = {"error": error, "exit_code": exit_code, "hold": hold}
        return self._step(tool=call | {key: value for key, value in optional.items() if value is not None})

    def plan(self, steps: Mapping[str, Literal["pending", "in_progress", "completed"]]) -> Self:
        """Add a plan, or a change of the plan.

        Args:
            steps: The status of each step, by its text.
        """
        return self._step(plan=[{"text": text, "status": status} for text, status in steps.items()])

    def stdout(self, data: str) -> Self:
        """Add a chunk on standard output, verbatim."""
        return self._step(stdout=data)

    def stderr(self, data: str) -> Self:
        """Add a chunk on standard error, verbatim."""
        return self._step(stderr=data)

    def delay(self, seconds: float) -> Self:
        """Add a delay, in seconds of the server's clock."""
        return self._step(delay_ms=_millis(seconds))

    def hold(self, name: str) -> Self:
        """Add a hold: the turn waits here until `DevServer.release` is called with this name."""
        return self._step(hold=name)

    def usage(
        self,
        *,
        input_tokens: int | None = None,
        cached_input_tokens: int | None = None,
        output_tokens: int | None = None,
        cost_usd: float | None = None,
        duration: float | None = None,
    ) -> Self:
        """Set what the runtime reports at the end of the turn.

        Args:
            input_tokens: The input tokens, including those read from a cache. The default is 2400.
            cached_input_tokens: The input tokens that were read from a cache. The default is 1800.
            output_tokens: The output tokens. The default is 160.
            cost_usd: The cost in US dollars. The default is 0.0042.
            duration: How long the agent worked, in seconds. It is only printed: the turn does not take longer. The
                default is 1.84.
        """
        usage = {
            "input_tokens": input_tokens,
            "cached_input_tokens": cached_input_tokens,
            "output_tokens": output_tokens,
            "cost_usd": cost_usd,
            "duration_ms": None if duration is None else _millis(duration),
        }
        return self._with(usage={name: value for name, value in usage.items() if value is not None})

    def fail(self, reason: str) -> Self:
        """Make the turn fail with an error of the runtime."""
        return self._with(end={"failed": reason})

    def crash(self) -> Self:
        """Make the runtime disappear after the last step: the turn fails without an exit code."""
        return self._with(end="crash")

    def hang(self) -> Self:
        """Make the turn run until it is interrupted, or its session is terminated."""
        return self._with(end="hang")

    def exit_code(self, code: int) -> Self:
        """Set the exit code of the runtime: by default 0 after a success, else 1. Ignored after `crash` and `hang`."""
        return self._with(exit_code=code)

    def to_json(self) -> dict[str, Any]:
        """Return the turn as the JSON object that the control interface of the server takes."""
        return dict(self._fields)

    def _step(self, **step: Any) -> Self:
        return self._with(steps=[*self._fields["steps"], step])

    def _with(self, **fields: Any) -> Self:
        changed = copy.copy(self)
        changed._fields = self._fields | fields
        return changed


class Fault:
    """A fault that the server injects: the requests that it applies to, and its effect on them.

    A fault is immutable: each method returns a new one. By default it applies to the next request that matches.

    See [Faults](https://ravi-hq.github.io/agent-on-demand/latest/testing/#faults).

    Examples:
        >>> unavailable = Fault.status(503).matching("POST", "/sessions").times(2)
    """

    def __init__(self, effect: Mapping[str, Any]) -> None:
        """Create a fault for the next request, with any effect that the server supports.

        `Effect` in https://github.com/ravi-hq/agent-on-demand/blob/main/tests/devserver/src/faults/mod.rs lists the
        effects; their names are in snake case in JSON.

        Args:
            effect: The effect as it is in JSON, such as `{"redirect": {"location": "/health"}}`.
        """
        self._fields: dict[str, Any] = {"effect": dict(effect), "path": "*"}

    @classmethod
    def cut(cls, after_events: int) -> Self:
        """Cut the connection of the next event stream after this many events, including `start`."""
        return cls({"cut_after_events": {"events": after_events}}).matching("GET", _STREAMS)

    @classmethod
    def stall(cls, after_bytes: int | None = None) -> Self:
        """Stall the next event stream: after a number of bytes, nothing is sent, and the connection stays open.

        Args:
            after_bytes: The number of bytes of the body to send. By default there is no response at all.
        """
        return cls({"stall": {"after_bytes": after_bytes}}).matching("GET", _STREAMS)

    @classmethod
    def slow(cls, seconds: float) -> Self:
        """Delay the response to the next request by a number of seconds of the server's clock."""
        return cls({"delay": {"ms": _millis(seconds)}})

    @classmethod
    def status(cls, status: int, *, headers: Mapping[str, str] | None = None) -> Self:
        """Respond to the next request with a status, such as 503. The request is not processed."""
        body = json.dumps({"detail": "A fault of the development server"})
        headers = {"content-type": "application/json"} | dict(headers or {})
        return cls({"status": {"status": status, "headers": headers, "body": body}})

    @classmethod
    def too_many_requests(cls, retry_after: int | None = None) -> Self:
        """Respond to the next request with a 429, and with a `Retry-After` header if a time is given, in seconds."""
        return cls.status(429, headers=None if retry_after is None else {"retry-after": str(retry_after)})

    def matching(self, method: str, path: str) -> Self:
        """Limit the fault to some requests.

        By default, `cut` and `stall` match the requests that open event streams, and other faults match any request.

        Args:
            method: The HTTP method.
            path: The path without the query, in which `*` matches any text, including slashes.
        """
        return self._with(method=method, path=path)

    def skip(self, requests: int) -> Self:
        """Skip this many matching requests first."""
        return self._with(skip=requests)

    def times(self, requests: int) -> Self:
        """Apply to this many requests, instead of one."""
        return self._with(times=requests)

    def always(self) -> Self:
        """Apply to every matching request."""
        return self._with(times=None)

    def to_json(self) -> dict[str, Any]:
        """Return the fault as the JSON object that the control interface of the server takes."""
        return dict(self._fields)

    def _with(self, **fields: Any) -> Self:
        changed = copy.copy(self)
        changed._fields = self._fields | fields
        return changed


class DevServer:
    """A running `aod-devserver`, an in-memory AoD server on the loopback interface.

    It stops when the `with` block is left or the process ends. By default, the program is that of the package
    `aod-devserver`, which `pip install "aod-sdk[testing]"` installs.

    See [Testing a program](https://ravi-hq.github.io/agent-on-demand/latest/testing/).

    Attributes:
        url: The base URL of the server.
        token: The token that the server accepts.

    Examples:
        >>> with DevServer() as server, aod.Client(base_url=server.url, token=server.token) as client:
        ...     server.script(Turn().message("Done."))
        ...     agent = client.agents.create(name="a", model="anthropic/claude-sonnet-4-6", runtime="claude")
        ...     assert client.sessions.run(agent_id=agent.id, prompt="hi").text == "Done."
    """

    url: str
    token: str

    def __init__(self, *, generation: str = "2026-04-30", token: str = "aod_dev", binary: str | None = None) -> None:
        """Start a server and wait until it accepts connections.

        Args:
            generation: The version of the API to serve, by date: `2026-04-21`, `2026-04-30` (the default, which has all
                runtimes) or `2026-06-25`.
            token: The token to accept.
            binary: The path of the binary. The default is that of `AOD_DEVSERVER`, else that of the installed package
                `aod-devserver`, else `aod-devserver` on the `PATH`.

        Raises:
            AodError: The binary is not installed, or the server does not start.
        """
        path = binary or os.environ.get("AOD_DEVSERVER") or _installed() or shutil.which(_PROGRAM)
        if path is None:
            raise AodError('aod-devserver was not found: install "aod-sdk[testing]", or set AOD_DEVSERVER to its path')
        try:
            self._process = subprocess.Popen(
                [path, "--generation", generation, "--token", token, "--exit-with-stdin"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            raise AodError(f"aod-devserver could not be started: {error.strerror}") from None
        assert self._process.stdout is not None
        limit = threading.Timer(60, self._process.kill)
        limit.daemon = True
        limit.start()
        self.url = self._process.stdout.readline().strip()
        limit.cancel()
        self.token = token
        if not self.url:
            self.stop()
            raise AodError("aod-devserver exited before it accepted connections")

    def stop(self) -> None:
        """Stop the server and wait until it has ended."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        # A child that was forked meanwhile keeps the input open.
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def script(self, *turns: Turn, prompt: str | None = None, session: UUID | str | None = None) -> None:
        """Set what agents do, from the next turn of each session on.

        Args:
            *turns: The turns of a session: its next turn runs the first of them, even if the session has had turns
                before, and so on. Later turns repeat the last one. They replace an earlier script with the same limit.
            prompt: Limits the script to turns whose prompt contains this text. If several texts match, the script that
                was set first is used. A matching script is used instead of one without a limit. By default there is no
                limit.
            session: Limits the script to the session with this id, which then runs no other script. By default there is
                no limit.

        Raises:
            AodError: There is no turn, both limits are given, or there is no such session.
        """
        if not turns:
            raise AodError("a script needs a turn")
        body = {"script": {"turns": [turn.to_json() for turn in turns]}, "prompt": prompt}
        self.control("POST", "script", body | {"session": None if session is None else str(session)})

    def clear_scripts(self) -> None:
        """Remove all scripts except those of single sessions.

        The other sessions run the built-in script again: a short turn that succeeds.
        """
        self.control("DELETE", "script")

    def faults(self, *faults: Fault) -> None:
        """Inject faults into the next matching requests. If several match a request, all of them apply to it.

        Args:
            *faults: The faults, in addition to those that are pending.

        Raises:
            AodError: A fault cannot be applied, for example because of its status.
        """
        for fault in faults:
            self.control("POST", "fault", fault.to_json())

    def clear_faults(self) -> None:
        """Remove the faults that are still pending."""
        self.control("DELETE", "fault")

    def freeze_clock(self) -> None:
        """Freeze the server's clock, by which it measures delays, heartbeats and timeouts."""
        self.control("POST", "clock", {"frozen": True})

    def advance_clock(self, seconds: float) -> None:
        """Advance the clock by a number of seconds, whether it is frozen or not."""
        self.control("POST", "clock", {"advance_ms": _millis(seconds)})

    def run_clock(self) -> None:
        """Unfreeze the clock at its current time."""
        self.control("POST", "clock", {"frozen": False})

    def release(self, hold: str) -> None:
        """Release a hold: turns that wait at it continue, and turns that reach it later do not wait."""
        self.control("POST", "release", {"name": hold})

    def hold_reached(self, hold: str) -> None:
        """Wait until a turn waits at a hold. In a coroutine, call it with `asyncio.to_thread`.

        Raises:
            TimeoutError: No turn has reached the hold within a minute.
        """
        self.control("POST", "reached", {"name": hold})

    def reset(self) -> None:
        """Remove all agents, environments, sessions, scripts, faults and holds. The clock does not change."""
        self.control("POST", "reset")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control interface of the server, which can do more than the other methods.

        https://github.com/ravi-hq/agent-on-demand/blob/main/tests/devserver/src/lib.rs lists its calls.

        Args:
            method: The HTTP method.
            path: The path after `/__dev/`.
            body: The JSON of the request.

        Returns:
            The JSON of the response.

        Raises:
            AodError: The server rejects the call, or is not running.
            TimeoutError: The server does not respond within a minute.
        """
        # urllib would send the request to the proxies of the environment.
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/__dev/{path}", text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read().decode()
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise AodError(f"aod-devserver does not respond: {error}") from None
        finally:
            connection.close()
        if response.status != 200:
            raise AodError(f"aod-devserver rejected {method} {path}: {response.status} {answer}")
        return json.loads(answer)

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.stop()


def _millis(seconds: float) -> int:
    return round(seconds * 1000)


def _installed() -> str | None:
    """Return the path of the binary of the installed package, wherever its scripts are."""
    try:
        package = importlib.metadata.distribution(_PROGRAM)
    except importlib.metadata.PackageNotFoundError:
        return None
    name = f"{_PROGRAM}.exe" if os.name == "nt" else _PROGRAM
    recorded = [package.locate_file(file) for file in package.files or () if file.name == name]
    # `pip install --target` records another path than that of the file.
    for path in map(str, (*recorded, package.locate_file(f"bin/{name}"))):
        if os.path.isfile(path):
            return path
    return None


def __dir__() -> list[str]:
    return sorted(__all__)
