#!/usr/bin/env python3
"""Uses the Swift package of a release in a program, on this machine or in an iOS simulator.

usage: try_swift.py --package <folder> --framework <AodNativeFFI.xcframework.zip> macos
       try_swift.py --package <folder> --framework <AodNativeFFI.xcframework.zip> ios-simulator

The package is used before the release: with the manifest of the source tree, which takes the XCFramework from the
package's folder. Needs macOS with Xcode. The program for the simulator is built by xcodebuild, and is run in a device
of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from common import ROOT, Failure, parser, run, run_main
from fake_server import serve

PROGRAM = Path(__file__).with_name("programs") / "swift"


def use(command: Sequence[str], environment: dict[str, str]) -> None:
    """Run the program.

    Raises:
        Failure: It failed.
    """
    if subprocess.run(command, env=os.environ | environment, timeout=600, check=False).returncode:
        raise Failure("the program that uses the package failed")


def in_simulator(program: Path, work: Path) -> None:
    """Build the program for the simulator, and run it there."""
    destination = "generic/platform=iOS Simulator"
    build = ["xcodebuild", "build", "-quiet", "-scheme", "UsePackage", "-destination", destination]
    run([*build, "-derivedDataPath", str(work / "build")], cwd=program)
    built = work / "build/Build/Products/Debug-iphonesimulator/UsePackage"
    device = run(["xcrun", "simctl", "create", "aod-sdk", "iPhone 16"]).strip()
    try:
        run(["xcrun", "simctl", "bootstatus", device, "-b"])
        with serve() as variables:
            # The simulator has the network of the machine, and passes these variables without their prefix.
            prefixed = {f"SIMCTL_CHILD_{name}": value for name, value in variables.items()}
            use(["xcrun", "simctl", "spawn", device, str(built)], prefixed)
    finally:
        run(["xcrun", "simctl", "delete", device])


def main(arguments: Sequence[str]) -> None:
    """Run the program."""
    options = parser(__doc__)
    options.add_argument("--package", type=Path, required=True)
    options.add_argument("--framework", type=Path, required=True)
    options.add_argument("where", choices=["macos", "ios-simulator"])
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        program, package = work / "program", work / "AgentOnDemand"
        shutil.copytree(PROGRAM, program)
        shutil.copytree(given.package, package)
        shutil.copy(ROOT / "bindings/swift/Package.swift", package)
        # Keeps the links in frameworks.
        run(["ditto", "-x", "-k", str(given.framework), str(package)])
        if given.where == "macos":
            with serve() as variables:
                use(["swift", "run", "--package-path", str(program)], variables)
        else:
            in_simulator(program, work)


if __name__ == "__main__":
    run_main(main)
