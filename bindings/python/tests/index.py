"""Runs a command in which pip installs the packages of a folder from an index, and all others from the usual one.

Usage: index.py FOLDER COMMAND [ARGUMENT ...]
"""

import os
import subprocess
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pypiserver  # type: ignore[import-untyped]


class Server(ThreadingMixIn, WSGIServer):
    """A server that answers several requests at once."""

    daemon_threads = True


class Handler(WSGIRequestHandler):
    """A handler that prints no line for each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


def usual_index() -> str:
    """Return the URL of the index that pip uses by default."""
    configured = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    return os.environ.get("PIP_INDEX_URL") or configured.stdout.strip() or "https://pypi.org/simple/"


def main() -> int:
    """Run the command, and return its exit code."""
    folder, *command = sys.argv[1:]
    index = pypiserver.app(roots=[folder], fallback_url=usual_index().rstrip("/") + "/")
    with make_server("127.0.0.1", 0, index, server_class=Server, handler_class=Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/simple/"
        try:
            return subprocess.run(command, env={**os.environ, "PIP_INDEX_URL": url}, check=False).returncode
        finally:
            server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
