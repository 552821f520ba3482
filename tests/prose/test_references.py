"""Tests of the script that checks references: above all that it fails when it should."""

from __future__ import annotations

import unittest

from references import fault


class References(unittest.TestCase):
    def test_a_file_a_folder_and_a_test_that_are_there_pass(self) -> None:
        for reference in ("tests/run", "core/src/", f"tests/prose/test_references.py::{self._testMethodName}"):
            self.assertIsNone(fault(reference), reference)

    def test_a_file_that_is_not_there_is_a_fault(self) -> None:
        self.assertEqual(fault("core/src/nothing.rs"), "no such file")

    def test_a_test_that_is_not_there_is_a_fault(self) -> None:
        self.assertEqual(fault("tests/prose/test_references.py::test_of_nothing"), "no such test")

    def test_what_is_no_path_of_the_repository_is_left_alone(self) -> None:
        for reference in ("dist/python/", "aod::Client", "POST/agents", "bindings/<language>/tests/run"):
            self.assertIsNone(fault(reference), reference)


if __name__ == "__main__":
    unittest.main()
