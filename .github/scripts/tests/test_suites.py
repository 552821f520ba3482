"""Tests of what the scripts of the test suites do on the runners of the workflows."""

from __future__ import annotations

import subprocess
import unittest

from support import Case

# isort: split
from common import ROOT


class Suites(Case):
    def shell(self, command: str, **environment: str) -> str:
        """Run a command in the root of the repository, and return what it prints."""
        variables = self.environment | {"CARGO_TARGET_DIR": str(self.folder / "target")} | environment
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout

    def test_the_tools_of_swift_are_beside_the_program_that_is_linked_to(self) -> None:
        tools = self.folder / "swift-6.2/usr/bin"
        tools.mkdir(parents=True)
        self.tool("swift", "print('Swift version 6.2 (swift-6.2-RELEASE)')")
        (self.bin / "swift").rename(tools / "swift")
        (self.bin / "swift").symlink_to(tools / "swift")
        for environment in ({}, {"AOD_SWIFT": str(self.bin / "swift")}):
            self.assertEqual(self.shell("bindings/swift/tests/setup", **environment), f"{tools}\n")

    def test_a_part_that_is_not_run_is_listed_with_the_reason(self) -> None:
        table = self.shell(". tests/lib.sh; suite=swift; part tests true; skip release 'needs Linux'")
        self.assertRegex(table, r"0 s  passed   swift: tests\n +0 s  skipped  swift: release: needs Linux\n")


if __name__ == "__main__":
    unittest.main()
