#!/usr/bin/env python3
"""Uses the AAR of a folder in a program on the Android device or emulator that adb finds.

usage: try_aar.py --folder <folder> [--version 1.2.3]

Needs a JDK, Maven, adb and the build tools of the Android SDK (ANDROID_HOME). Compiles the program of the jar against
the AAR, converts it and all classes with d8, and runs it on the device without an app around it. The version is that
of the environment variable VERSION by default.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from common import Failure, folder_and_version, run, run_main, variable
from fake_server import serve
from try_jar import COPY, PROGRAM

ON_DEVICE = "/data/local/tmp/aod-sdk"
JNA = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"


def build_tools() -> Path:
    """Return the folder of the newest build tools."""
    found = sorted((Path(variable("ANDROID_HOME")) / "build-tools").iterdir())
    if not found:
        raise Failure("the Android SDK has no build tools")
    return found[-1]


def extract(archive: Path, abi: str, into: Path) -> Path:
    """Extract the classes of an AAR, and its libraries for an ABI, and return the classes."""
    classes = into / f"{archive.stem}.jar"
    with zipfile.ZipFile(archive) as opened:
        classes.write_bytes(opened.read("classes.jar"))
        for name in opened.namelist():
            if name.startswith(f"jni/{abi}/") and name.endswith(".so"):
                (into / "device" / Path(name).name).write_bytes(opened.read(name))
    return classes


def convert(folder: Path, version: str, abi: str, work: Path) -> None:
    """Write the classes and the libraries for the device into `work/device`."""
    (work / "device").mkdir()
    aar = next(folder.rglob(f"aod-sdk-android-{version}.aar"), None)
    if aar is None:
        raise Failure(f"{folder} has no aod-sdk-android-{version}.aar")
    shutil.copy(next(folder.rglob(f"aod-sdk-{version}.pom")), work / "pom.xml")
    maven = ["mvn", "--batch-mode", "--quiet", "--no-transfer-progress", "--file", str(work / "pom.xml")]
    run([*maven, COPY, "-DincludeScope=runtime", f"-DoutputDirectory={work}/libraries"])
    jna = next((work / "libraries").glob("jna-*.jar"))
    number = jna.stem.removeprefix("jna-")
    run([*maven, JNA, f"-Dartifact=net.java.dev.jna:jna:{number}:aar", f"-DoutputDirectory={work}"])
    jna.unlink()
    jars = [extract(aar, abi, work), extract(work / f"jna-{number}.aar", abi, work)]
    jars += (work / "libraries").glob("*.jar")
    path = os.pathsep.join(map(str, jars))
    run(["javac", "--release", "11", "--class-path", path, "-d", str(work / "classes"), str(PROGRAM)])
    program = [str(file) for file in (work / "classes").glob("*.class")]
    output = ["--min-api", "26", "--output", str(work / "device/program.jar")]
    run([str(build_tools() / "d8"), *output, *program, *map(str, jars)])


def main(arguments: Sequence[str]) -> None:
    """Convert the program and run it."""
    folder, version = folder_and_version(__doc__, arguments)
    abi = run(["adb", "shell", "getprop", "ro.product.cpu.abi"]).strip()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        convert(folder, version, abi, work)
        run(["adb", "shell", "rm", "-rf", ON_DEVICE])
        run(["adb", "push", str(work / "device"), ON_DEVICE])
        with serve() as variables:
            port = f"tcp:{urlsplit(variables['AOD_API_URL']).port}"
            run(["adb", "reverse", port, port])
            settings = variables | {"CLASSPATH": f"{ON_DEVICE}/program.jar", "LD_LIBRARY_PATH": ON_DEVICE}
            assignments = [f"{name}={value}" for name, value in settings.items()]
            names = ("java.library.path", "jna.boot.library.path", "jna.library.path")
            paths = [f"-D{name}={ON_DEVICE}" for name in names]
            printed = run(["adb", "shell", *assignments, "app_process", *paths, "/", "UseJar"])
            print(printed)
            if "the package works" not in printed:
                raise Failure("the program that uses the AAR failed")


if __name__ == "__main__":
    run_main(main)
