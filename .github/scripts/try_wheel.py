#!/usr/bin/env python3
"""Installs the Python package and its testing kit in an empty environment and uses them, outside of the checkout.

usage: try_wheel.py --folder <folder> [--version 1.2.3]
       try_wheel.py --index https://test.pypi.org/simple/ [--version 1.2.3]

Takes both packages from a folder of wheels, or from an index, which may need some minutes to list a new version. Their
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

from common import Failure, add_from_environment, parser, python_version, run_main, variable

PROGRAM = Path(__file__).with_name("programs") / "use_wheel.py"
ATTEMPTS = 20


def install(python: Path, version: str, source: Sequence[str], attempts: int) -> None:
    """Install the packages as wheels, and then their dependencies.

    Raises:
        Failure: It cannot be installed.
    """
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    number = python_version(version)
    packages = [f"{name}=={number}" for name in ("aod-sdk", "aod-devserver")]
    wheels = [*pip, "--no-deps", "--no-cache-dir", "--only-binary", ":all:", *source, *packages]
    for attempt in range(1, attempts + 1):
        if subprocess.run(wheels, check=False).returncode == 0:
            break
        if attempt == attempts:
            raise Failure(f"{' and '.join(packages)} cannot be installed")
        time.sleep(float(os.environ.get("POLL_SECONDS", "30")))
    if subprocess.run([*pip, f"aod-sdk[testing]=={number}"], check=False).returncode:
        raise Failure(f"the dependencies of {packages[0]} cannot be installed")


def main(arguments: Sequence[str]) -> None:
    """Install the package and use it."""
    options = parser(__doc__)
    source = options.add_mutually_exclusive_group(required=True)
    source.add_argument("--folder", type=Path)
    source.add_argument("--index")
    add_from_environment(options, "--version", "VERSION")
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
        # The program of the installed testing kit, and no other one.
        environment = {name: value for name, value in os.environ.items() if name != "AOD_DEVSERVER"}
        if subprocess.run(command, cwd=work, env=environment, timeout=300, check=False).returncode:
            raise Failure("the program that uses the package failed")
    print(f"aod-sdk {version} works")


if __name__ == "__main__":
    run_main(main)
