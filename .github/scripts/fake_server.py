"""A server on loopback that answers the programs in `programs/` like an Agent on Demand server."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SESSION = "00000000-0000-0000-0000-000000000001"

_STREAM = (
    'id: 1\nevent: output\ndata: {"type": "output", "id": 1, "stream": "stdout", "data": "hello"}\n\n'
    'event: exit\ndata: {"type": "exit", "code": 0}\n\n'
)
_ANSWERS = {
    "/health": (200, "application/json", json.dumps({"status": "ok"})),
    f"/sessions/{SESSION}/stream": (200, "text/event-stream", _STREAM),
}
_NOT_FOUND = (404, "application/json", json.dumps({"detail": "not here"}))


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, body = _ANSWERS.get(self.path.partition("?")[0], _NOT_FOUND)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def serve() -> Iterator[dict[str, str]]:
    """Serve, and return the environment variables of a program that uses the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield {"AOD_API_URL": url, "AOD_API_TOKEN": "aod_test", "AOD_SESSION": SESSION}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
