from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import aod
from aod.testing import DevServer

# A shell starts commands in the background with this signal ignored, which their children inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def server() -> Iterator[DevServer]:
    with DevServer(generation="2026-04-21") as server:
        yield server


@pytest.fixture
def client(server: DevServer) -> Iterator[aod.Client]:
    with aod.Client(base_url=server.url, token=server.token) as client:
        yield client


@pytest.fixture
def control(server: DevServer) -> Callable[[str, str, Any], Any]:
    """Return the function that calls the control interface of the development server."""
    return server.control


def start(client: aod.Client, prompt: str = "hi") -> aod.SessionAck:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    return client.sessions.create(agent_id=agent.id, prompt=prompt)


def delay_creation(control: Callable[..., Any]) -> None:
    """Let the next session wait for `end_delay`, and then run until it is stopped."""
    control("POST", "script", {"script": {"steps": [{"stdout": "one"}, {"hold": "never"}]}})
    control("POST", "clock", {"frozen": True})
    control("POST", "fault", {"method": "POST", "path": "/sessions", "effect": {"delay": {"ms": 1000}}})


def end_delay(control: Callable[..., Any]) -> None:
    """Let the server create the session."""
    control("POST", "clock", {"advance_ms": 1000})
    control("POST", "clock", {"frozen": False})


def cancel_while_creating(server: DevServer, client: aod.Client, control: Callable[..., Any], **options: Any) -> None:
    """Cancel a run that terminates its session, before the server has created the session."""
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    delay_creation(control)
    options = {"token": server.token} | options

    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, **options) as other:
            task = asyncio.create_task(other.sessions.run(agent_id=agent.id, prompt="hi", on_abandon="terminate"))
            await asyncio.to_thread(control, "POST", "wait", {"requests": 2})
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.to_thread(end_delay, control)
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())


@contextmanager
def python(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run code in a process of its own, which is killed if the test fails or takes longer than two minutes."""
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", code, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        limit = threading.Timer(120, process.kill)
        limit.start()
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            limit.cancel()


@contextmanager
def http_server(respond: Callable[[BaseHTTPRequestHandler, str], None]) -> Iterator[str]:
    """Run a server that responds to each request with `respond(handler, request_text)`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            respond(self, f"{self.requestline}\n{self.headers}\n{body}")

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, status: int, content_type: str, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    try:
        handler.wfile.write(body)
    except OSError:
        handler.close_connection = True  # the client does not read all of it
