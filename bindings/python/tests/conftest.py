from __future__ import annotations

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
