"""Tests of the scripts that publish the documentation site, with a repository on disk."""

from __future__ import annotations

import json
import tarfile
import unittest
from pathlib import Path

from support import TAG, Case, calls


class Compose(Case):
    def setUp(self) -> None:
        super().setUp()
        self.pages = self.folder / "pages"

    def add(self, version: str) -> None:
        site = self.folder / f"site-{version}"
        site.mkdir(exist_ok=True)
        for name in ("index.html", "404.html"):
            (site / name).write_text(version, encoding="utf-8")
        self.passes("compose_site.py", "--site", site, "--into", self.pages, "--version", version)

    def text(self, path: str) -> str:
        return (self.pages / path).read_text(encoding="utf-8")

    def versions(self) -> dict[str, list[str]]:
        """Return the aliases of each version, in the order of the menu."""
        return {entry["version"]: entry["aliases"] for entry in json.loads(self.text("versions.json"))}

    def test_the_newest_release_is_the_latest_whatever_was_added_last(self) -> None:
        for version in ("0.9.0", "0.10.0", "main", "0.9.1"):
            self.add(version)
        self.assertEqual(self.versions(), {"0.10.0": ["latest"], "0.9.1": [], "0.9.0": [], "main": []})
        self.assertEqual(list(self.versions()), ["0.10.0", "0.9.1", "0.9.0", "main"])
        self.assertEqual((self.text("latest/index.html"), self.text("404.html")), ("0.10.0", "0.10.0"))
        self.assertEqual(self.text("0.9.1/index.html"), "0.9.1")
        self.assertIn("url=latest/", self.text("index.html"))

    def test_a_pre_release_is_never_the_latest(self) -> None:
        self.add("1.0.0-rc.2")
        self.assertEqual(self.versions(), {"1.0.0-rc.2": []})
        self.assertIn("url=1.0.0-rc.2/", self.text("index.html"))
        self.assertFalse((self.pages / "latest").exists())
        self.add("0.9.0")
        self.add("1.0.0-rc.10")
        self.assertEqual(self.versions(), {"1.0.0-rc.10": [], "1.0.0-rc.2": [], "0.9.0": ["latest"]})
        self.assertEqual(list(self.versions()), ["1.0.0-rc.10", "1.0.0-rc.2", "0.9.0"])
        self.assertEqual(self.text("latest/index.html"), "0.9.0")

    def test_a_release_replaces_its_pre_releases(self) -> None:
        for version in ("1.0.0-rc.1", "1.0.1-rc.1", "1.0.0"):
            self.add(version)
        self.assertEqual(self.versions(), {"1.0.1-rc.1": [], "1.0.0": ["latest"]})
        self.assertFalse((self.pages / "1.0.0-rc.1").exists())

    def test_main_is_the_latest_until_there_is_a_release(self) -> None:
        self.add("main")
        self.assertEqual(self.versions(), {"main": ["latest"]})
        self.add("0.2.0-rc.1")
        self.assertEqual(self.text("latest/index.html"), "main")
        self.add("0.2.0")
        self.assertEqual(self.versions(), {"0.2.0": ["latest"], "main": []})

    def test_a_version_that_is_added_again_replaces_its_files(self) -> None:
        self.add("1.0.0")
        (self.pages / "1.0.0/old.html").touch()
        (self.pages / "latest/old.html").touch()
        self.add("1.0.0")
        self.assertEqual([path.name for path in self.pages.rglob("old.html")], [])

    def test_what_is_not_a_site_or_a_version_is_refused(self) -> None:
        arguments: list[str | Path] = ["--site", self.folder, "--into", self.pages, "--version"]
        self.assertIn("has no index.html", self.fails("compose_site.py", *arguments, "1.0.0"))
        self.assertIn("'../1.0.0' is not a version", self.fails("compose_site.py", *arguments, "../1.0.0"))
        self.assertEqual(list(self.pages.iterdir()), [])


class Publish(Case):
    def setUp(self) -> None:
        super().setUp()
        self.repository = self.folder / "repository.git"
        self.repository.mkdir()
        self.git(self.repository, "init", "--quiet", "--bare", "--initial-branch", "main")
        self.site = self.folder / "site"
        self.site.mkdir()
        for name in ("index.html", "404.html", "init(token:).html"):
            (self.site / name).write_text("a page", encoding="utf-8")
        self.count = 0

    def arguments(self) -> list[str | Path]:
        """Return the arguments of a run: a new folder, and the site as it is."""
        self.count += 1
        archive = self.folder / "artifact.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(self.site, ".")
        return ["--site", archive, "--into", self.folder / f"pages-{self.count}"]

    def publish(self, tag: str = TAG) -> str:
        variables = {"TAG": tag, "SITE_REPOSITORY": str(self.repository)}
        return self.passes("publish_site.py", *self.arguments(), **variables).output

    def published(self) -> list[str]:
        return self.git(self.repository, "ls-tree", "-r", "--name-only", "gh-pages").splitlines()

    def test_the_first_site_creates_the_branch(self) -> None:
        self.publish()
        names = ["404.html", "index.html", "init(token:).html"]
        folders = [f"{folder}/{name}" for folder in ("1.2.3", "latest") for name in names]
        self.assertEqual(self.published(), sorted([*folders, "404.html", "index.html", "versions.json"]))

    def test_earlier_versions_are_kept(self) -> None:
        self.publish()
        self.publish("aod-sdk-v1.3.0")
        self.publish("")
        folders = {path.partition("/")[0] for path in self.published() if "/" in path}
        self.assertEqual(folders, {"1.2.3", "1.3.0", "latest", "main"})
        # What is deployed.
        self.assertTrue((self.folder / "pages-3/1.2.3/index.html").is_file())
        subjects = self.git(self.repository, "log", "--format=%s", "gh-pages").splitlines()
        self.assertEqual(subjects, ["Site of main", "Site of 1.3.0", "Site of 1.2.3"])

    def test_a_rerun_pushes_nothing(self) -> None:
        self.publish()
        before = self.git(self.repository, "rev-parse", "gh-pages")
        self.assertIn("is there already", self.publish())
        self.assertEqual(self.git(self.repository, "rev-parse", "gh-pages"), before)
        self.assertTrue((self.folder / "pages-2/latest/index.html").is_file())

    def test_a_refused_push_is_an_error(self) -> None:
        hook = self.repository / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        hook.chmod(0o755)
        variables = {"TAG": TAG, "SITE_REPOSITORY": str(self.repository)}
        self.assertIn("failed", self.fails("publish_site.py", *self.arguments(), **variables))

    def test_another_tag_is_refused(self) -> None:
        variables = {"TAG": "v1.2.3", "SITE_REPOSITORY": str(self.repository)}
        self.assertIn("is not aod-sdk-v", self.fails("publish_site.py", *self.arguments(), **variables))
        self.assertEqual(self.git(self.repository, "for-each-ref"), "")

    def test_a_remote_repository_gets_the_token_from_gh(self) -> None:
        asked = self.tool("gh", "print('username=x\\npassword=secret')")
        server = self.server()
        server.answer("GET /sdk.git/info/refs", {}, status=401)
        variables = {"TAG": TAG, "SITE_REPOSITORY": f"{server.url}/sdk.git", "GIT_TERMINAL_PROMPT": "0"}
        self.fails("publish_site.py", *self.arguments(), **variables)
        self.assertEqual(calls(asked)[0], ["auth", "git-credential", "get"])


if __name__ == "__main__":
    unittest.main()
