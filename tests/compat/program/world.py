"""A development server, and a uniform way to call both kinds of clients."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import urllib.request
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder import Recorder

TOKEN = "aod_differential"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
MODEL = "claude-sonnet-4-6"


class DevServer:
    """A development server, which ends with this process at the latest."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [os.environ["AOD_DEVSERVER"], "--token", TOKEN, "--exit-with-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def control(self, method: str, path: str, /, **body: Any) -> Any:
        """Calls the control interface."""
        request = urllib.request.Request(
            f"{self.url}/__dev/{path}",
            method=method,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def requests(self) -> list[dict[str, Any]]:
        """Returns the requests since the last call."""
        seen = self.control("GET", "requests")["data"]
        self.control("DELETE", "requests")
        return seen


class World:
    """The server, the client and the recorder of a scene."""

    def __init__(self, client_class: Any, server: DevServer, recorder: Recorder) -> None:
        self.server = server
        self.record = recorder.record
        self.recorder = recorder
        self._client_class = client_class
        self.client = self.new_client()

    def new_client(self, **changes: Any) -> Any:
        return self._client_class(**{"base_url": self.server.url, "token": TOKEN, **changes})

    async def close(self, client: Any) -> Any:
        return await settled((getattr(client, "aclose", None) or client.close)())

    async def call(self, name: str, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Makes a call, records its outcome and its requests, and returns the result."""
        result: Any = None
        try:
            result = await settled(method(*args, **kwargs))
            self.record(name, result)
        except Exception as error:
            self.record(name, error)
        self.record(f"{name}/requests", [shown(request) for request in self.server.requests()])
        return result

    async def quietly(self, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Makes a call without recording it."""
        result = await settled(method(*args, **kwargs))
        self.server.requests()
        return result

    def fault(self, method: str | None, path: str, effect: dict[str, Any], times: int | None = None) -> None:
        """Injects a fault into all matching requests."""
        self.server.control("DELETE", "fault")
        self.server.control("POST", "fault", method=method, path=path, times=times, effect=effect)

    def answer(
        self, method: str | None, path: str, status: int, body: str, content_type: str = "application/json"
    ) -> None:
        """Answers all matching requests with this response."""
        headers = {"content-type": content_type} if content_type else {}
        self.fault(method, path, {"status": {"status": status, "headers": headers, "body": body}})

    def remove_faults(self) -> None:
        self.server.control("DELETE", "fault")

    async def agent(self) -> Any:
        return await self.quietly(self.client.agents.create, name="a", model=MODEL, runtime="claude")

    async def session(self, *steps: Any) -> Any:
        """Starts a session whose agent executes these steps."""
        self.server.control("POST", "script", script={"steps": list(steps)})
        agent = await self.agent()
        return await self.quietly(self.client.sessions.create, agent_id=agent.id, prompt="hi")

    async def follow(self, session_id: Any, **kwargs: Any) -> list[Any]:
        """Returns the events of a stream, followed by the exception that ended it, if any."""
        events: list[Any] = []
        manager = self.client.sessions.stream(session_id, **kwargs)
        try:
            if hasattr(manager, "__aenter__"):
                async with manager as stream:
                    async for event in stream:
                        events.append(event)
            else:
                with manager as stream:
                    for event in stream:
                        events.append(event)
        except Exception as error:
            events.append(error)
        return events


async def settled(value: Any) -> Any:
    """Returns the result of a call of either kind of client."""
    return await value if inspect.isawaitable(value) else value


def shown(request: dict[str, Any]) -> str:
    # `verbatim_requests` covers headers and bodies.
    return f"{request['method']} {request['path']}" + (f"?{request['query']}" if request["query"] else "")
