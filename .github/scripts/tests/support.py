"""What the tests of the scripts share: copies of the repository, running a script, fake tools and a fake registry."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

SCRIPTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SCRIPTS))

import versions  # noqa: E402
from common import ROOT, run_main  # noqa: E402

VERSION = "1.2.3"
TAG = "aod-sdk-v1.2.3"


@dataclass(frozen=True)
class Ran:
    """What a script did."""

    code: int
    output: str
    errors: str
    outputs: dict[str, str]
    """The outputs that it set for the workflow."""


class Case(unittest.TestCase):
    """A test with a temporary folder and with fake programs on the PATH."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.environment = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "RETRY_SECONDS": "0",
            "POLL_SECONDS": "0",
            # Of the commits that tests make.
            "GIT_AUTHOR_NAME": "test",
            "GIT_AUTHOR_EMAIL": "test@example.com",
            "GIT_COMMITTER_NAME": "test",
            "GIT_COMMITTER_EMAIL": "test@example.com",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    def script(self, name: str, *arguments: str | Path, **environment: str) -> Ran:
        """Run a script as a workflow does: with the inputs of the event in its environment."""
        outputs = self.folder / "outputs"
        outputs.write_text("", encoding="utf-8")
        variables = self.environment | {"GITHUB_OUTPUT": str(outputs)} | environment
        code = 0
        with mock.patch.dict(os.environ, variables, clear=True), captured(self.folder) as printed:
            main = importlib.import_module(name.removesuffix(".py")).main
            try:
                run_main(main, list(map(str, arguments)))
            except SystemExit as exit_:
                code = int(exit_.code or 0)
        lines = outputs.read_text(encoding="utf-8").splitlines()
        output, errors = printed
        return Ran(code, output, errors, dict(line.split("=", 1) for line in lines))

    def passes(self, name: str, *arguments: str | Path, **environment: str) -> Ran:
        """Run a script that succeeds."""
        ran = self.script(name, *arguments, **environment)
        self.assertEqual(ran.code, 0, ran.errors + ran.output)
        return ran

    def fails(self, name: str, *arguments: str | Path, **environment: str) -> str:
        """Run a script that fails with a message, and return the message."""
        ran = self.script(name, *arguments, **environment)
        self.assertEqual(ran.code, 1, ran.errors + ran.output)
        self.assertTrue(ran.errors.rstrip().splitlines(), "a message")
        self.assertNotIn("Traceback", ran.errors)
        return ran.errors

    def tool(self, name: str, body: str = "") -> Path:
        """Put a program on the PATH that records its arguments and then does what `body`, in Python, says.

        Returns:
            The file that has a JSON list of arguments per call.
        """
        calls = self.folder / f"{name}.calls"
        calls.touch()
        program = self.bin / name
        program.write_text(
            # Without site packages, which take most of the time.
            f"#!{sys.executable} -IS\n"
            "import json, os, pathlib, sys\n"
            "arguments = sys.argv[1:]\n"
            f"with open({str(calls)!r}, 'a') as file:\n"
            "    file.write(json.dumps(arguments) + '\\n')\n"
            f"{body}\n",
            encoding="utf-8",
        )
        program.chmod(0o755)
        return calls

    def git(self, folder: Path, *arguments: str) -> str:
        """Run git in a folder, and return what it prints."""
        command = ["git", "-C", str(folder), *arguments]
        environment = os.environ | self.environment
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()

    def server(self) -> Registry:
        """Start a registry, which is stopped at the end of the test."""
        registry = Registry()
        self.addCleanup(registry.stop)
        return registry


@contextlib.contextmanager
def captured(folder: Path) -> Iterator[list[str]]:
    """Capture what is printed to the standard output and error, by child processes too."""
    printed: list[str] = []
    streams = (sys.stdout, sys.stderr)
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context((folder / name).open("w+", encoding="utf-8")) for name in ("out", "err")]
        kept = []
        for number, file in enumerate(files, start=1):
            streams[number - 1].flush()
            kept.append(os.dup(number))
            os.dup2(file.fileno(), number)
        try:
            with contextlib.redirect_stdout(files[0]), contextlib.redirect_stderr(files[1]):
                yield printed
        finally:
            for number, (file, descriptor) in enumerate(zip(files, kept, strict=True), start=1):
                file.flush()
                os.dup2(descriptor, number)
                os.close(descriptor)
                printed.append(Path(file.name).read_text(encoding="utf-8"))


def calls(file: Path) -> list[list[str]]:
    """Return the arguments of each call of a fake program."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def copy_of_the_repository(folder: Path) -> Path:
    """Copy the files that hold the version, and the changelog."""
    copy = folder / "copy"
    paths = {found.path for found in versions.find(ROOT)} | {"CHANGELOG.md"}
    for path in paths:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, copy / path)
    return copy


@dataclass(frozen=True)
class Request:
    """A request that a registry received."""

    method: str
    path: str
    authorization: str
    body: bytes


@dataclass
class Registry:
    """A registry on loopback: answers are set by method and path, everything else is not found."""

    answers: dict[str, Callable[[Request], tuple[int, object]]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    cut: int = 0
    """How many of the next answers end early."""

    def __post_init__(self) -> None:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0 if self.command == "GET" else -1))
                if length < 0:
                    self.send_error(411)
                    return
                request = Request(
                    self.command, self.path, self.headers.get("Authorization", ""), self.rfile.read(length)
                )
                registry.requests.append(request)
                answer = registry.answers.get(f"{self.command} {self.path.partition('?')[0]}")
                status, body = answer(request) if answer else (404, {})
                data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                missing = min(registry.cut, 1)
                registry.cut -= missing
                self.send_header("Content-Length", str(len(data) + missing))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answer(self, call: str, body: object, status: int = 200) -> None:
        """Set the answer to a request such as `GET /path`."""
        self.answers[call] = lambda _: (status, body)

    def stop(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
