#!/usr/bin/env python3
"""Uses the jars of a folder in a Java program, with the dependencies that their POM names.

First the jar with all libraries, then the one without libraries together with those that contain one each.

usage: try_jar.py --folder <folder> [--version 1.2.3]

Needs a JDK and Maven. The version is that of the environment variable VERSION by default.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from common import Failure, folder_and_version, run_main
from fake_server import serve

PROGRAM = Path(__file__).with_name("programs") / "UseJar.java"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


def main(arguments: Sequence[str]) -> None:
    """Resolve the dependencies and run the program."""
    folder, version = folder_and_version(__doc__, arguments)
    jar = next(folder.rglob(f"aod-sdk-{version}.jar"), None)
    # On Windows, Maven is a script, which is not found by its short name.
    maven, java = shutil.which("mvn"), shutil.which("java")
    if not (jar and maven and java):
        raise Failure("a JDK, Maven and the jar are needed")
    with tempfile.TemporaryDirectory() as work:
        shutil.copy(jar.with_suffix(".pom"), Path(work) / "pom.xml")
        copy = [maven, "--batch-mode", "--quiet", "--no-transfer-progress", COPY]
        copy += ["-DincludeScope=runtime", f"-DoutputDirectory={work}/libraries"]
        if subprocess.run(copy, cwd=work, check=False).returncode:
            raise Failure("the dependencies of the POM cannot be resolved")
        small = [jar.with_name(f"{jar.stem}-without-natives.jar"), *jar.parent.glob(f"{jar.stem}-natives-*.jar")]
        for jars in ([jar], small):
            path = os.pathsep.join([*(str(file.resolve()) for file in jars), str(Path(work) / "libraries" / "*")])
            program = [java, "--class-path", path, str(PROGRAM)]
            with serve() as variables:
                if subprocess.run(program, env=os.environ | variables, timeout=300, check=False).returncode:
                    raise Failure(f"the program that uses {jars[0].name} failed")


if __name__ == "__main__":
    run_main(main)
