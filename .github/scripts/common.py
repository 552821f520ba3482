"""What the scripts of the workflows share: failures with a message, the environment, outputs, checksums and HTTP."""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TAG_PREFIX = "aod-sdk-v"

VERSION = re.compile(r"\d+\.\d+\.\d+(?:-(?:rc|dev)\.\d+)?")
"""A version in Cargo's form, as files contain it: `1.2.3`, `1.2.3-rc.1` or, in rehearsals, `1.2.3-dev.4`."""


class Failure(Exception):
    """What ends a script with an error message."""


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is the docstring of the script."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def add_root(options: argparse.ArgumentParser) -> None:
    """Add the option `--root`, with which tests check a copy of the repository."""
    options.add_argument("--root", type=Path, default=ROOT, help="the checkout (default: that of the script)")


def add_from_environment(options: argparse.ArgumentParser, option: str, name: str) -> None:
    """Add an option that is an environment variable by default, or empty."""
    options.add_argument(option, default=os.environ.get(name, ""))


def folder_and_version(description: str | None, arguments: Sequence[str]) -> tuple[Path, str]:
    """Read the arguments of a script that uses a package of a folder: `--folder`, and `--version` or VERSION."""
    options = parser(description)
    options.add_argument("--folder", type=Path, required=True)
    add_from_environment(options, "--version", "VERSION")
    given = options.parse_args(arguments)
    return given.folder, given.version or variable("VERSION")


def run_main(main: Callable[[Sequence[str]], None], arguments: Sequence[str] | None = None) -> None:
    """Run a script, by default with the arguments of the program, and exit with 1 and a message if it fails."""
    try:
        main(sys.argv[1:] if arguments is None else arguments)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(1)


def variable(name: str) -> str:
    """Return the value of an environment variable that the script needs."""
    value = os.environ.get(name, "")
    if not value:
        raise Failure(f"the environment variable {name} is not set")
    return value


def version_of_tag(tag: str) -> str:
    """Return the version that a release tag names."""
    version = tag.removeprefix(TAG_PREFIX)
    if version == tag or not VERSION.fullmatch(version):
        raise Failure(f"the tag {tag!r} is not {TAG_PREFIX}<version>, such as {TAG_PREFIX}1.2.3")
    return version


def python_version(version: str) -> str:
    """Return a version as Python packages have it: `1.2.3-rc.1` is `1.2.3rc1`, and `1.2.3-dev.4` is `1.2.3.dev4`."""
    return version.replace("-rc.", "rc").replace("-dev.", ".dev")


def set_output(name: str, value: str) -> None:
    """Set an output of the workflow's step, and print it."""
    print(f"{name}={value}")
    if path := os.environ.get("GITHUB_OUTPUT"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def run(command: Sequence[str | Path], *, cwd: Path | None = None, stdin: str | None = None) -> str:
    """Run a program, show what it prints to standard error, and return its standard output."""
    try:
        done = subprocess.run(command, cwd=cwd, input=stdin, stdout=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError as error:
        raise Failure(f"{command[0]} is not installed") from error
    if done.returncode:
        sys.stdout.write(done.stdout)
        words = " ".join(map(str, command[:3]))
        raise Failure(f"{words} failed with exit code {done.returncode}")
    return done.stdout


def get_json(url: str, *, headers: Mapping[str, str] | None = None, method: str = "GET") -> Any | None:
    """Return the JSON that a URL answers with, or None if it answers with 404."""
    body = request(url, headers=headers, method=method)
    if body is None:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise Failure(f"{method} {url}: the response is not JSON") from error


def request(
    url: str, *, headers: Mapping[str, str] | None = None, method: str = "GET", body: bytes | None = None
) -> bytes | None:
    """Send a request, and return the body of the response, or None if the status is 404.

    A request without a body is repeated a few times if the server cannot be reached, answers with 5xx or ends its
    answer early.
    """
    wait = float(os.environ.get("RETRY_SECONDS", "5"))
    attempts = 1 if body is not None else 4
    for attempt in range(1, attempts + 1):
        # A server may require the length of a POST without a body.
        data = b"" if body is None and method == "POST" else body
        call = urllib.request.Request(url, data=data, method=method, headers={"User-Agent": "aod-sdk-release"})
        for name, value in (headers or {}).items():
            call.add_header(name, value)
        try:
            try:
                with urllib.request.urlopen(call, timeout=120) as response:
                    answer: bytes = response.read()
                    return answer
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return None
                text = error.read().decode("utf-8", "replace").strip()[:2000]
                problem = f"{method} {url}: status {error.code}: {text}"
                if error.code < 500:
                    raise Failure(problem) from error
        except (OSError, http.client.HTTPException) as error:
            problem = f"{method} {url}: {error}"
        if attempt < attempts:
            time.sleep(wait * attempt)
    raise Failure(problem)
