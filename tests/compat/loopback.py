"""Runs the test suite of the published package against this one, as a pytest plugin.

The suite gives its clients an `httpx.MockTransport`. Here it starts a server on the loopback interface, which the
clients use as their HTTP proxy: the requests arrive with the URLs that the tests expect.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import pathlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import aod
import httpx
import pytest

Respond = Callable[[httpx.Request], httpx.Response]

LEFT_OUT = pathlib.Path(__file__).with_name("left_out.txt")

_servers: list[Server] = []


class Server:
    """A server that takes the place of `httpx.MockTransport`."""

    def __init__(self, respond: Respond) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = httpx.Request(self.command, self.path, headers=dict(self.headers), content=body)
                response = respond(request)
                self.send_response(response.status_code)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(response.content)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        _servers.append(self)

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _use_as_proxy(cls: type) -> None:
    """Have the clients of a class send their requests to the server that is given as their transport."""
    init: Callable[..., None] = cls.__init__

    @functools.wraps(init)
    def __init__(self: Any, *, transport: Server | None = None, **settings: Any) -> None:
        init(self, proxy=transport and transport.url, **settings)

    cls.__init__ = __init__  # type: ignore[misc]


def pytest_configure() -> None:
    httpx.MockTransport = Server  # type: ignore[assignment,misc]
    _use_as_proxy(aod.Client)
    _use_as_proxy(aod.AsyncClient)
    # One module imports this private function of the published package.
    aod.stream._parse_data_line = None  # type: ignore[attr-defined]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the listed tests."""
    lines = LEFT_OUT.read_text().splitlines()
    listed = {line.split(maxsplit=1)[0] for line in lines if line and not line.startswith("#")}
    left_out = [item for item in items if item.nodeid.rpartition("/")[2] in listed]
    assert len(left_out) == len(listed), "left_out.txt lists a test that does not exist"
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run coroutines, without a plugin for them."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(autouse=True)
def _stop_servers() -> Iterator[None]:
    yield
    while _servers:
        _servers.pop().stop()
