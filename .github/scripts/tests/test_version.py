"""Tests of the check and the bump of the version, on a copy of the repository's files."""

from __future__ import annotations

import datetime
import re
import unittest
from fnmatch import fnmatch
from pathlib import Path

from support import TAG, VERSION, Case, copy_of_the_repository

# isort: split
import changelog
import check_version
import versions
from common import ROOT, Failure, python_version, version_of_tag

WITH_OTHERS = (
    "bindings/python/tests/test_testing.py",
    "bindings/swift/tests/run",
    "tests/compat/*",
    "tests/data/*",
    "tests/nightly",
)
"""Files with versions that stay: examples, and the earlier `aod-sdk` 0.1.0."""


class Version(Case):
    def setUp(self) -> None:
        super().setUp()
        self.copy = copy_of_the_repository(self.folder)
        self.version = versions.current(ROOT)

    def bump(self, *arguments: str) -> None:
        self.passes("bump_version.py", *arguments, "--root", self.copy)

    def test_the_repository_has_one_version(self) -> None:
        ran = self.passes("check_version.py")
        self.assertEqual(ran.outputs["version"], self.version)

    def test_no_other_place_has_the_version(self) -> None:
        places = {(found.path, found.start) for found in versions.find(ROOT)}
        # After a space it is the name of a release in running text, such as that of the earlier `aod-sdk` 0.1.0.
        pattern = re.compile(rf"(?<![\s\d.])(?<!migrating-from-){re.escape(self.version)}(?!\.?\d)")
        missed = []
        for path in versions.files(ROOT):
            if path in versions.HISTORY or any(fnmatch(path, other) for other in WITH_OTHERS):
                continue
            text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
            for match in pattern.finditer(text):
                line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
                # Other packages can have the same version.
                if (path, match.start()) not in places and re.search("aod|agent-on-demand", line):
                    missed.append(f"{path}: {line}")
        self.assertEqual(missed, [], "add a place to .github/scripts/versions.py")

    def test_the_pages_that_change_with_the_first_release_are_listed(self) -> None:
        listed = (ROOT / "docs/releasing.md").read_text(encoding="utf-8")
        said = re.compile(r"not published yet|until (?:the (?:first|next) release|this one is released)", re.IGNORECASE)
        for path in versions.files(ROOT):
            if path.endswith(".md") and path != "docs/releasing.md":
                text = " ".join((ROOT / path).read_text(encoding="utf-8").split())
                self.assertTrue(not said.search(text) or f"`{path}`" in listed, path)

    def test_the_right_tag_passes(self) -> None:
        ran = self.passes("check_version.py", TAG=f"aod-sdk-v{self.version}")
        commit = self.git(ROOT, "rev-parse", "HEAD")
        self.assertEqual(ran.outputs, {"version": self.version, "commit": commit})

    def test_a_tag_with_another_version_fails_with_every_place(self) -> None:
        errors = self.fails("check_version.py", TAG=TAG)
        for found in versions.find(ROOT):
            self.assertIn(f"  {found.path}:{found.line}: {found.name} is {self.version}\n", errors)

    def test_a_tag_of_another_form_fails(self) -> None:
        for tag in (f"v{self.version}", self.version, "aod-sdk-v", "aod-sdk-v1.2", "aod-sdk-v1.2.3; true", "server-v1"):
            self.assertIn("is not aod-sdk-v<version>", self.fails("check_version.py", TAG=tag))

    def test_a_drift_in_each_place_is_found(self) -> None:
        places = list(versions.find(self.copy))
        self.assertGreater(len({found.path for found in places}), 8)
        for drifted in places:
            path = self.copy / drifted.path
            text = path.read_text(encoding="utf-8")
            path.write_text(text[: drifted.start] + "9.9.9" + text[drifted.end :], encoding="utf-8")
            with self.assertRaises(Failure) as failed:
                check_version.check(self.copy, f"aod-sdk-v{self.version}")
            self.assertEqual(
                str(failed.exception).splitlines()[1:], [f"  {drifted.path}:{drifted.line}: {drifted.name} is 9.9.9"]
            )
            path.write_text(text, encoding="utf-8")

    def test_a_lost_place_is_found(self) -> None:
        for place in versions.PLACES:
            for name in place.required:
                path = self.copy / name
                text = path.read_text(encoding="utf-8")
                path.write_text(place.pattern.sub("", text), encoding="utf-8")
                with self.assertRaisesRegex(Failure, f"{re.escape(name)}: {place.name} is not found"):
                    check_version.check(self.copy, "")
                path.write_text(text, encoding="utf-8")

    def test_a_sibling_that_is_not_pinned_is_found(self) -> None:
        manifest = self.copy / "Cargo.toml"
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace(f'version = "={self.version}"', f'version = "{self.version}"', 1))
        self.assertIn("a sibling crate is", self.fails("check_version.py", "--root", self.copy))

    def test_a_new_page_with_another_version_is_found(self) -> None:
        (self.copy / "docs/install.md").write_text('implementation("io.github.ravi-hq:aod-sdk:0.0.1")\n')
        errors = self.fails("check_version.py", "--root", self.copy)
        self.assertIn("docs/install.md:1: a Gradle dependency in the docs is 0.0.1", errors)

    def test_a_bump_changes_every_place_and_nothing_else(self) -> None:
        before = self.texts()
        places = len(list(versions.find(self.copy)))
        self.bump(VERSION)
        self.passes("check_version.py", "--root", self.copy, TAG=TAG)
        self.assertEqual(len(list(versions.find(self.copy))), places)
        for path, text in self.texts().items():
            self.assertEqual(text.replace(VERSION, self.version), before[path].replace(VERSION, self.version), path)
        self.assertEqual(self.texts()["CHANGELOG.md"], before["CHANGELOG.md"])

    def test_a_bump_for_a_release_dates_the_changelog(self) -> None:
        notes = changelog.section((self.copy / "CHANGELOG.md").read_text(encoding="utf-8"), "Unreleased")
        self.bump(VERSION, "--release")
        ran = self.passes("release_notes.py", "--root", self.copy, TAG=TAG)
        self.assertEqual(ran.output.strip(), notes)
        errors = self.fails("bump_version.py", "1.2.4", "--release", "--root", self.copy)
        self.assertIn("the section of Unreleased is empty", errors)

    def test_a_release_follows_its_candidate(self) -> None:
        notes = changelog.section((self.copy / "CHANGELOG.md").read_text(encoding="utf-8"), "Unreleased")
        for version in (f"{VERSION}-rc.1", VERSION):
            self.bump(version, "--release")
            ran = self.passes("release_notes.py", "--root", self.copy, TAG=f"aod-sdk-v{version}")
            self.assertEqual(ran.output.strip(), notes)

    def test_versions_for_tests_can_be_bumped_and_back(self) -> None:
        before = self.texts()
        for version in ("2.0.0-rc.1", "2.0.0-dev.17", self.version):
            self.bump(version)
            self.passes("check_version.py", "--root", self.copy, TAG=f"aod-sdk-v{version}")
        self.assertEqual(self.texts(), before)

    def test_a_bump_with_a_drifted_or_lost_place_writes_nothing(self) -> None:
        path = self.copy / "bindings/python/aod/_version.py"
        for content in ('__version__ = "9.9.9"\n', ""):
            path.write_text(content, encoding="utf-8")
            before = self.texts()
            errors = self.fails("bump_version.py", VERSION, "--root", self.copy)
            self.assertIn("bindings/python/aod/_version.py", errors)
            self.assertEqual(self.texts(), before)

    def test_a_bump_to_what_is_no_version_or_no_change_fails(self) -> None:
        for version in ("1.2", "v1.2.3", "1.2.3rc1", "1.2.3-beta", self.version):
            self.fails("bump_version.py", version, "--root", self.copy)

    def test_python_has_its_own_form(self) -> None:
        self.assertEqual(
            [python_version(version) for version in ("1.2.3", "1.2.3-rc.1", "1.2.3-dev.4")],
            ["1.2.3", "1.2.3rc1", "1.2.3.dev4"],
        )
        self.assertEqual(version_of_tag("aod-sdk-v1.2.3-rc.1"), "1.2.3-rc.1")

    def texts(self) -> dict[str, str]:
        paths = (path for path in self.copy.rglob("*") if path.is_file())
        return {str(path.relative_to(self.copy)): path.read_text(encoding="utf-8") for path in paths}


class ReleaseNotes(Case):
    TEXT = """# Changelog

## [Unreleased]

## [1.2.3] - 2026-01-31

### Added

- One thing.

## [1.2.2] - 2026-01-01

### Fixed

- Another.
"""

    def write(self, text: str) -> Path:
        (self.folder / "CHANGELOG.md").write_text(text, encoding="utf-8")
        return self.folder

    def test_the_section_of_the_tag_is_printed(self) -> None:
        ran = self.passes("release_notes.py", "--root", self.write(self.TEXT), TAG=TAG)
        self.assertEqual(ran.output, "### Added\n\n- One thing.\n")

    def test_a_section_that_is_missing_empty_or_undated_fails(self) -> None:
        faults = {
            "has no section of 1.2.3": self.TEXT.replace("[1.2.3]", "[1.2.1]"),
            "the section of 1.2.3 is empty": self.TEXT.replace("- One thing.\n", ""),
            "the heading of 1.2.3 is not": self.TEXT.replace("2026-01-31", "soon"),
            "has no section of 1.2.3 ": "# Changelog\n\n## [Unreleased]\n\n- One thing.\n",
        }
        for message, text in faults.items():
            self.assertIn(message.strip(), self.fails("release_notes.py", "--root", self.write(text), TAG=TAG))

    def test_the_form_of_the_file_is_checked(self) -> None:
        self.passes("release_notes.py", "--check", "--root", ROOT)
        self.passes("release_notes.py", "--check", "--root", self.write(self.TEXT))
        faults = {
            "the first section is not [Unreleased]": self.TEXT.replace("## [Unreleased]\n", ""),
            "[next] is not a version": self.TEXT.replace("[1.2.2]", "[next]"),
            "a version has two sections": self.TEXT.replace("[1.2.2]", "[1.2.3]"),
            "'### News' is not one of": self.TEXT.replace("### Added", "### News"),
        }
        for message, text in faults.items():
            self.assertIn(message, self.fails("release_notes.py", "--check", "--root", self.write(text)))

    def test_a_version_is_released_once(self) -> None:
        text = self.TEXT.replace("[Unreleased]\n", "[Unreleased]\n\n### Added\n\n- A third.\n")
        released = changelog.release(text, "1.3.0", datetime.date(2026, 2, 1))
        changelog.check(released)
        self.assertEqual(changelog.section(released, "1.3.0"), "### Added\n\n- A third.")
        with self.assertRaises(Failure):
            changelog.release(text, "1.2.3", datetime.date(2026, 2, 1))

    def test_a_release_has_the_entries_of_its_candidates(self) -> None:
        text, day = self.TEXT, datetime.date(2026, 2, 1)

        def unreleased(entries: str) -> str:
            return text.replace("[Unreleased]\n", f"[Unreleased]\n\n{entries}\n")

        for version, entries in (
            ("1.3.0-rc.1", "### Added\n\n- A third.\n\n### Fixed\n\n- A bug.\n"),
            ("1.3.0-rc.2", "### Changed\n\n- A name.\n\n### Added\n\n- A fourth.\n"),
        ):
            text = changelog.release(unreleased(entries), version, day)
        candidates = "### Added\n\n- A third.\n- A fourth.\n\n### Changed\n\n- A name.\n\n### Fixed\n\n- A bug."
        later = unreleased("### Fixed\n\n- The last.\n")
        for before, notes in ((text, candidates), (later, f"{candidates}\n- The last.")):
            released = changelog.release(before, "1.3.0", day)
            changelog.check(released)
            self.assertEqual(changelog.section(released, "1.3.0"), notes)
            names = re.findall(r"^## \[(.*)\]", released, re.MULTILINE)
            self.assertEqual(names, ["Unreleased", "1.3.0", "1.2.3", "1.2.2"])
            self.assertEqual(released[released.index("## [1.2.3]") :], self.TEXT[self.TEXT.index("## [1.2.3]") :])
        with self.assertRaisesRegex(Failure, "the section of Unreleased is empty"):
            changelog.release(text, "1.3.0-rc.3", day)


class ChangelogEntries(Case):
    """The check of pull requests, in a repository of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.repository = self.folder / "repository"
        self.repository.mkdir()
        self.git(self.repository, "init", "--quiet", "--initial-branch", "main")
        self.commit("CHANGELOG.md", "core/api/aod.txt", "core/src/lib.rs", "bindings/kotlin/api/aod-sdk.api")
        self.git(self.repository, "switch", "--quiet", "--create", "change")

    def commit(self, *paths: str) -> None:
        for path in paths:
            file = self.repository / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as opened:
                opened.write("a line\n")
        self.git(self.repository, "add", "--all")
        self.git(self.repository, "commit", "--quiet", "--message", "a change")

    def test_a_change_that_users_cannot_see_needs_no_entry(self) -> None:
        self.commit("core/src/lib.rs")
        self.passes("check_changelog.py", "--root", self.repository, BASE="main")

    def test_a_change_of_the_api_needs_an_entry(self) -> None:
        for record in ("core/api/aod.txt", "core/sse/api/aod_sse.txt", "bindings/kotlin/api/aod-sdk.api"):
            self.commit(record)
            errors = self.fails("check_changelog.py", "--root", self.repository, BASE="main")
            self.assertIn(f"  {record}\n", errors)
        self.commit("CHANGELOG.md")
        self.passes("check_changelog.py", "--root", self.repository, BASE="main")

    def test_entries_and_records_of_the_base_do_not_count(self) -> None:
        self.git(self.repository, "switch", "--quiet", "main")
        self.commit("CHANGELOG.md", "bindings/kotlin/api/aod-sdk.api")
        self.git(self.repository, "switch", "--quiet", "change")
        self.passes("check_changelog.py", "--root", self.repository, BASE="main")
        self.commit("core/api/aod.txt")
        errors = self.fails("check_changelog.py", "--root", self.repository, BASE="main")
        self.assertNotIn("bindings/kotlin/api/aod-sdk.api", errors)

    def test_a_base_that_is_missing_fails(self) -> None:
        for base in ("", "elsewhere", "--output=x"):
            self.fails("check_changelog.py", "--root", self.repository, BASE=base)


if __name__ == "__main__":
    unittest.main()
