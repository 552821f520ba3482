"""Tests of what collects the files of a release: complete, from one commit, with the right checksums."""

from __future__ import annotations

import json
import re
import shutil
import unittest
from pathlib import Path

from support import VERSION, Case

# isort: split
import collect_artifacts
from common import ROOT, sha256

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LIST = (ROOT / ".github/artifacts.txt").read_text(encoding="utf-8")


class Artifacts(Case):
    def setUp(self) -> None:
        super().setUp()
        self.builds = self.folder / "builds"
        self.into = self.folder / "release"
        self.lines = collect_artifacts.read_list(LIST, VERSION)
        for line in self.lines:
            folder = self.builds / f"dist-{line.build}/{line.registry}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / self.file(line)).write_text(line.name, encoding="utf-8")
        for folder in self.builds.iterdir():
            manifest = {"version": VERSION, "commit": COMMIT, "rustc": "rustc 1.95.0", "lock": "00"}
            (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
            self.sum(folder)

    def file(self, line: collect_artifacts.Line) -> str:
        return line.name.replace("*", line.build if line.any_number else "1")

    def sum(self, folder: Path) -> None:
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
        lines = (f"{sha256(path)}  {path.relative_to(folder)}\n" for path in files)
        (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")

    def collect(self) -> None:
        self.passes("collect_artifacts.py", *self.arguments, VERSION=VERSION, GITHUB_SHA=COMMIT)

    def refused(self) -> str:
        errors = self.fails("collect_artifacts.py", *self.arguments, VERSION=VERSION, GITHUB_SHA=COMMIT)
        self.assertFalse(self.into.exists(), "nothing is collected")
        return errors

    @property
    def arguments(self) -> list[str]:
        return ["--builds", str(self.builds), "--into", str(self.into)]

    def test_the_files_are_sorted_by_registry_with_their_checksums(self) -> None:
        self.collect()
        for line in self.lines:
            self.assertEqual((self.into / line.registry / self.file(line)).read_text("utf-8"), line.name)
        lines = (self.into / "assets/SHA256SUMS").read_text("utf-8").splitlines()
        sums = {name: checksum for checksum, name in (line.split("  ") for line in lines)}
        for path in self.into.rglob("*"):
            if path.is_file() and path.name not in ("SHA256SUMS", "manifest.json"):
                self.assertEqual(sums.pop(path.name), sha256(path))
        self.assertEqual(sums, {})
        manifest = json.loads((self.into / "assets/manifest.json").read_text("utf-8"))
        self.assertEqual((manifest["version"], manifest["commit"]), (VERSION, COMMIT))

    def test_each_missing_file_is_named(self) -> None:
        required = [line for line in self.lines if not line.any_number]
        self.assertGreater(len(required), 20)
        for line in required:
            path = self.builds / f"dist-{line.build}/{line.registry}" / self.file(line)
            path.unlink()
            self.sum(self.builds / f"dist-{line.build}")
        errors = self.refused()
        for line in required:
            self.assertIn(f"  {line.build}: 0 files {line.name} instead of one\n", errors)

    def test_a_file_of_which_there_are_two_is_named(self) -> None:
        (self.builds / f"dist-kotlin/aod-sdk-{VERSION}.jar").write_text("another", encoding="utf-8")
        self.sum(self.builds / "dist-kotlin")
        self.assertIn(f"kotlin: 2 files aod-sdk-{VERSION}.jar instead of one", self.refused())

    def test_a_missing_build_is_named(self) -> None:
        shutil.rmtree(self.builds / "dist-windows-arm64")
        self.assertIn("windows-arm64: no dist-windows-arm64/manifest.json", self.refused())

    def test_a_changed_file_is_named(self) -> None:
        (self.builds / f"dist-kotlin/maven/aod-sdk-{VERSION}.jar").write_text("changed", encoding="utf-8")
        self.assertIn(f"maven/aod-sdk-{VERSION}.jar has another checksum than in SHA256SUMS", self.refused())

    def test_a_file_without_a_checksum_is_named(self) -> None:
        sums = self.builds / "dist-kotlin/SHA256SUMS"
        lines = sums.read_text(encoding="utf-8").splitlines(keepends=True)
        sums.write_text("".join(line for line in lines if not line.endswith(".aar\n")), encoding="utf-8")
        self.assertIn(f"aod-sdk-android-{VERSION}.aar is not in SHA256SUMS", self.refused())

    def test_builds_of_another_commit_version_compiler_or_lock_file_are_named(self) -> None:
        for key in collect_artifacts.SAME:
            path = self.builds / "dist-windows-x86_64/manifest.json"
            before = path.read_text(encoding="utf-8")
            path.write_text(json.dumps(json.loads(before) | {key: "other"}), encoding="utf-8")
            self.sum(path.parent)
            self.assertIn(f"windows-x86_64: {key} is 'other' instead of", self.refused())
            path.write_text(before, encoding="utf-8")
            self.sum(path.parent)
        self.collect()

    def test_the_list_has_every_crate_and_platform(self) -> None:
        names = " ".join(line.name for line in self.lines)
        for platform in ("manylinux*_aarch64", "musllinux_1_2_x86_64", "macosx_*_arm64", "win_amd64", "win_arm64"):
            self.assertIn(platform, names)
        manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
        siblings = re.findall(r'^(aod-[\w-]+) = \{ path = "[^"]+", version = "=', manifest, re.MULTILINE)
        crates = [line.name for line in self.lines if line.registry == "crates"]
        self.assertEqual(sorted(crates), sorted(f"{name}-{VERSION}.crate" for name in siblings))


if __name__ == "__main__":
    unittest.main()
