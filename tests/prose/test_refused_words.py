"""Tests of the script that looks for refused words: above all that it fails when it should."""

from __future__ import annotations

import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import refused_words

LIST = """
# A comment.
for good | permanently
/heeds?/ | respects

[*.md docs/*]
S0 | the date of the server
"""


class RefusedWords(unittest.TestCase):
    def found(self, path: str, text: str) -> list[str]:
        return list(refused_words.find(refused_words.read_list(LIST), path, text))

    def test_names_the_place_and_the_replacement(self) -> None:
        self.assertEqual(self.found("a.rs", "one\ntwo, For good.\n"), ["a.rs:2: “For good”: say permanently"])

    def test_finds_a_phrase_across_the_lines_of_a_comment(self) -> None:
        for leader in ("///", "//!", "//", "#", " *", ">", ""):
            self.assertEqual(len(self.found("a", f"{leader} ended for\n{leader} good\n")), 1, leader)

    def test_a_word_inside_another_is_not_found(self) -> None:
        self.assertEqual(self.found("a.rs", "for goods, therefor good"), [])

    def test_takes_regular_expressions(self) -> None:
        self.assertEqual(len(self.found("a.rs", "it heeds; they heed")), 2)

    def test_capitals_and_files_count_where_the_list_says_so(self) -> None:
        self.assertEqual(len(self.found("docs/a.txt", "S0 and s0")), 1)
        self.assertEqual(self.found("src/a.rs", "S0"), [])

    def test_the_script_fails_on_a_refused_word_and_passes_without(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            words, text = Path(folder, "list"), Path(folder, "text")
            words.write_text(LIST, encoding="utf-8")
            for content, code in (("ended for good", 1), ("ended", 0)):
                text.write_text(content, encoding="utf-8")
                with (
                    mock.patch.object(refused_words, "LIST", words),
                    contextlib.redirect_stdout(io.StringIO()),
                    contextlib.redirect_stderr(io.StringIO()),
                ):
                    self.assertEqual(refused_words.main([str(text)]), code)

    def test_the_list_of_the_project_can_be_read(self) -> None:
        words = refused_words.read_list(refused_words.LIST.read_text(encoding="utf-8"))
        self.assertGreater(len(words), 20)
        self.assertTrue(all(word.instead for word in words))


if __name__ == "__main__":
    unittest.main()
