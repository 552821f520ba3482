#!/usr/bin/env python3
"""Installs the Python package in an empty environment and uses it, outside of the checkout.

usage: try_wheel.py --folder <folder> [--version 1.2.3]
       try_wheel.py --index https://test.pypi.org/simple/ [--version 1.2.3]

Takes the package from a folder of wheels, or from an index, which may need some minutes to list a new version. Its
dependencies come from PyPI. The version is that of the environment variable VERSION by default.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from common import Failure, parser, python_version, run_main, variable
from fake_server import serve

PROGRAM = Path(__file__).with_name("programs") / "use_wheel.py"
ATTEMPTS = 20


def install(python: Path, version: str, source: Sequence[str], attempts: int) -> None:
    """Install the package as a wheel, and then its dependencies.

    Raises:
        Failure: It cannot be installed.
    """
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    requirement = f"aod-sdk=={python_version(version)}"
    wheel = [*pip, "--no-deps", "--no-cache-dir", "--only-binary", "aod-sdk", *source, requirement]
    for attempt in range(1, attempts + 1):
        if subprocess.run(wheel, check=False).returncode == 0:
            break
        if attempt == attempts:
            raise Failure(f"{requirement} cannot be installed")
        time.sleep(float(os.environ.get("POLL_SECONDS", "30")))
    if subprocess.run([*pip, requirement], check=False).returncode:
        raise Failure(f"the dependencies of {requirement} cannot be installed")


def main(arguments: Sequence[str]) -> None:
    """Install the package and use it."""
    options = parser(__doc__)
    source = options.add_mutually_exclusive_group(required=True)
    source.add_argument("--folder", type=Path)
    source.add_argument("--index")
    options.add_argument("--version", default=os.environ.get("VERSION", ""))
    given = options.parse_args(arguments)
    version = given.version or variable("VERSION")
    with tempfile.TemporaryDirectory() as work:
        venv.create(Path(work) / "venv", with_pip=True)
        scripts = "Scripts" if sys.platform == "win32" else "bin"
        python = Path(work) / "venv" / scripts / "python"
        if given.folder:
            folders = sorted({str(path.parent.resolve()) for path in given.folder.rglob("*.whl")})
            links = [argument for folder in folders for argument in ("--find-links", folder)]
            install(python, version, ["--no-index", *links], 1)
        else:
            install(python, version, ["--index-url", given.index], ATTEMPTS)
        shutil.copy(PROGRAM, work)
        command = [str(python), "-I", PROGRAM.name, python_version(version)]
        with serve() as variables:
            used = subprocess.run(command, cwd=work, env=os.environ | variables, timeout=300, check=False)
        if used.returncode:
            raise Failure("the program that uses the package failed")
    print(f"aod-sdk {version} works")


if __name__ == "__main__":
    run_main(main)
