"""Tests of the uploads: each is refused, repeated and completed, against registries on loopback and fake tools."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import unittest
import zipfile
from pathlib import Path
from typing import Any

from support import TAG, VERSION, Case, Request, calls

# isort: split
from common import sha256

REPOSITORY = "example/sdk"


class PyPI(Case):
    """The files that are left for the upload, which an action does."""

    def setUp(self) -> None:
        super().setUp()
        self.registry = self.server()
        self.packages = self.folder / "python"
        self.packages.mkdir()
        for name in ("aod_sdk-1.2.3.tar.gz", "aod_sdk-1.2.3-py3-none-win_amd64.whl"):
            (self.packages / name).write_text(name, encoding="utf-8")

    def has(self, *names: str, content: str | None = None) -> None:
        files = []
        for name in names:
            other = self.folder / "other"
            other.write_text(content or name, encoding="utf-8")
            files.append({"filename": name, "digests": {"sha256": sha256(other)}})
        self.registry.answer("GET /pypi/aod-sdk/1.2.3/json", {"urls": files})

    def missing(self) -> list[str]:
        ran = self.passes("missing_wheels.py", "--folder", self.packages, INDEX=self.registry.url)
        left = sorted(path.name for path in self.packages.iterdir())
        self.assertEqual(ran.outputs, {"missing": str(len(left))})
        return left

    def test_all_files_are_missing_at_first(self) -> None:
        self.assertEqual(len(self.missing()), 2)

    def test_a_rerun_leaves_what_is_missing(self) -> None:
        self.has("aod_sdk-1.2.3.tar.gz")
        self.assertEqual(self.missing(), ["aod_sdk-1.2.3-py3-none-win_amd64.whl"])

    def test_a_rerun_after_a_complete_upload_leaves_nothing(self) -> None:
        self.has("aod_sdk-1.2.3.tar.gz", "aod_sdk-1.2.3-py3-none-win_amd64.whl")
        self.assertEqual(self.missing(), [])

    def test_another_file_of_the_same_name_is_refused(self) -> None:
        self.has("aod_sdk-1.2.3.tar.gz", content="another")
        errors = self.fails("missing_wheels.py", "--folder", self.packages, INDEX=self.registry.url)
        self.assertIn("other files of these names: aod_sdk-1.2.3.tar.gz", errors)
        self.assertEqual(len(list(self.packages.iterdir())), 2)

    def test_an_index_that_fails_is_asked_again_and_then_an_error(self) -> None:
        self.registry.answer("GET /pypi/aod-sdk/1.2.3/json", "broken", status=503)
        errors = self.fails("missing_wheels.py", "--folder", self.packages, INDEX=self.registry.url)
        self.assertIn("status 503: broken", errors)
        self.assertEqual(len(self.registry.requests), 4)

    def test_an_answer_that_ends_early_is_asked_for_again(self) -> None:
        self.has("aod_sdk-1.2.3.tar.gz")
        self.registry.cut = 3
        self.assertEqual(self.missing(), ["aod_sdk-1.2.3-py3-none-win_amd64.whl"])
        for status in (200, 400, 503):
            self.registry.answer("GET /pypi/aod-sdk/1.2.3/json", "broken", status=status)
            self.registry.cut = 4
            errors = self.fails("missing_wheels.py", "--folder", self.packages, INDEX=self.registry.url)
            self.assertIn("IncompleteRead(6 bytes read, 1 more expected)", errors)

    def test_no_files_are_an_error(self) -> None:
        shutil.rmtree(self.packages)
        self.packages.mkdir()
        self.assertIn("has no packages", self.fails("missing_wheels.py", "--folder", self.packages))


class Crates(Case):
    """With a fake Cargo, and the index on loopback."""

    NAMES = ("aod-sse", "aod-transcript", "aod-sdk")

    def setUp(self) -> None:
        super().setUp()
        self.registry = self.server()
        self.crates = self.folder / "crates"
        self.crates.mkdir()
        self.packaged = self.folder / "target/package"
        self.packaged.mkdir(parents=True)
        for name in self.NAMES:
            for folder in (self.crates, self.packaged):
                (folder / f"{name}-1.2.3.crate").write_text(name, encoding="utf-8")
        self.cargo()

    def cargo(self, publish: str = "") -> None:
        def dependency(name: str, kind: str | None = None) -> dict[str, Any]:
            return {"name": name, "kind": kind, "req": "*" if kind == "dev" else "=1.2.3"}

        metadata = {
            "packages": [
                {
                    "name": "aod-sdk",
                    "version": VERSION,
                    "publish": None,
                    "dependencies": [
                        dependency("aod-transcript"),
                        dependency("aod-sse"),
                        dependency("serde"),
                        dependency("aod-devserver", "dev"),
                    ],
                },
                {"name": "aod-devserver", "version": VERSION, "publish": [], "dependencies": [dependency("aod-sdk")]},
                {"name": "aod-transcript", "version": VERSION, "publish": None, "dependencies": []},
                {
                    "name": "aod-sse",
                    "version": VERSION,
                    "publish": None,
                    "dependencies": [dependency("aod-sdk", "dev")],
                },
            ]
        }
        self.calls = self.tool(
            "cargo",
            f"if arguments[0] == 'metadata':\n    print({json.dumps(json.dumps(metadata))})\n"
            f"if arguments[0] == 'publish':\n    {publish or 'pass'}\n",
        )

    def has(self, name: str, content: str) -> None:
        other = self.folder / "other"
        other.write_text(content, encoding="utf-8")
        entries = [{"vers": "1.2.2", "cksum": "00"}, {"vers": VERSION, "cksum": sha256(other)}]
        path = f"GET /{name[:2]}/{name[2:4]}/{name}"
        self.registry.answer(path, "".join(json.dumps(entry) + "\n" for entry in entries))

    def published(self) -> list[str]:
        return [call[-1] for call in calls(self.calls) if call[0] == "publish"]

    def publish(self) -> None:
        self.passes("publish_crates.py", *self.arguments, **self.variables)

    def refused(self) -> str:
        return self.fails("publish_crates.py", *self.arguments, **self.variables)

    @property
    def arguments(self) -> list[str]:
        return ["--crates", str(self.crates)]

    @property
    def variables(self) -> dict[str, str]:
        return {"INDEX": self.registry.url, "CARGO_TARGET_DIR": str(self.folder / "target")}

    def test_each_crate_is_published_after_those_that_it_needs(self) -> None:
        self.publish()
        self.assertEqual(sorted(self.published()[:2]), ["aod-sse", "aod-transcript"])
        self.assertEqual(self.published()[2:], ["aod-sdk"])

    def test_a_rerun_publishes_what_is_missing(self) -> None:
        self.has("aod-sse", "aod-sse")
        self.has("aod-transcript", "aod-transcript")
        self.publish()
        self.assertEqual(self.published(), ["aod-sdk"])

    def test_a_rerun_after_a_complete_release_publishes_nothing(self) -> None:
        for name in self.NAMES:
            self.has(name, name)
        self.publish()
        self.assertEqual([call[0] for call in calls(self.calls)], ["metadata"])

    def test_a_version_with_other_content_stops_before_the_first_upload(self) -> None:
        self.has("aod-sdk", "another")
        self.assertIn("aod-sdk 1.2.3 is published with other content", self.refused())
        self.assertEqual(self.published(), [])

    def test_a_package_that_differs_from_the_release_stops_before_the_first_upload(self) -> None:
        (self.packaged / "aod-sdk-1.2.3.crate").write_text("another", encoding="utf-8")
        self.assertIn("aod-sdk-1.2.3.crate is not what Cargo packages here", self.refused())
        self.assertEqual(self.published(), [])

    def test_a_missing_crate_stops_before_the_first_upload(self) -> None:
        (self.crates / "aod-sdk-1.2.3.crate").unlink()
        self.assertIn("aod-sdk-1.2.3.crate is missing", self.refused())
        self.assertEqual(self.published(), [])

    def test_a_refused_upload_is_an_error_and_a_rerun_continues(self) -> None:
        self.cargo(publish="sys.exit(101 if 'aod-sdk' in arguments else 0)")
        self.assertIn("cargo publish --locked failed with exit code 101", self.refused())
        for name in self.published()[:-1]:
            self.has(name, name)
        self.cargo()
        before = len(self.published())
        self.publish()
        self.assertEqual(self.published()[before:], ["aod-sdk"])

    def test_nothing_is_compiled_where_the_token_is(self) -> None:
        self.publish()
        compiling = [call for call in calls(self.calls) if call[0] != "metadata" and "--no-verify" not in call]
        self.assertEqual(compiling, [])

    def test_crates_are_packaged_for_a_release(self) -> None:
        self.passes("publish_crates.py", "--package", self.folder / "dist", **self.variables)
        names = sorted(path.name for path in (self.folder / "dist").iterdir())
        self.assertEqual(names, sorted(f"{name}-1.2.3.crate" for name in self.NAMES))
        self.assertEqual(self.published(), [])
        self.assertNotIn("--no-verify", calls(self.calls)[1])


POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
    <groupId>io.github.ravi-hq</groupId>
    <artifactId>{name}</artifactId>
    <version>1.2.3</version>
</project>
"""
GPG = """
if '--import' in arguments:
    assert sys.stdin.read() == 'the key'
else:
    assert sys.stdin.read() == 'the passphrase'
    output = pathlib.Path(arguments[arguments.index('--output') + 1])
    output.write_text('signature of ' + pathlib.Path(arguments[-1]).name)
"""


class Maven(Case):
    """With the portal on loopback and a fake GPG."""

    def setUp(self) -> None:
        super().setUp()
        self.portal = self.server()
        self.calls = self.tool("gpg", GPG)
        self.files = self.folder / "maven"
        self.files.mkdir()
        for name in ("aod-sdk", "aod-sdk-android"):
            (self.files / f"{name}-1.2.3.pom").write_text(POM.format(name=name), encoding="utf-8")
        for name in ("aod-sdk-1.2.3.jar", "aod-sdk-1.2.3-sources.jar", "aod-sdk-android-1.2.3.aar"):
            (self.files / name).write_text(name, encoding="utf-8")
        (self.files / "aod-sdk-1.2.3.jar.sigstore.json").write_text("{}", encoding="utf-8")
        self.published: set[str] = set()
        self.portal.answers["GET /api/v1/publisher/published"] = self.is_published
        self.portal.answer("POST /api/v1/publisher/upload", "deployment-1", status=201)
        self.states = ["PENDING", "VALIDATING", "PUBLISHING", "PUBLISHED"]
        self.portal.answers["POST /api/v1/publisher/status"] = self.status

    def is_published(self, request: Request) -> tuple[int, object]:
        name = re.search(r"[?&]name=([\w-]+)", request.path)
        assert name and "version=1.2.3" in request.path and "namespace=io.github.ravi-hq" in request.path
        return 200, {"published": name[1] in self.published}

    def status(self, request: Request) -> tuple[int, object]:
        assert request.path.endswith("?id=deployment-1")
        return 200, {"deploymentState": self.states.pop(0), "errors": {"aod-sdk": ["no javadoc"]}}

    @property
    def variables(self) -> dict[str, str]:
        return {
            "PORTAL": self.portal.url,
            "MAVEN_USERNAME": "name",
            "MAVEN_PASSWORD": "word",
            "GPG_KEY": "the key",
            "GPG_PASSPHRASE": "the passphrase",
        }

    def publish(self) -> None:
        self.passes("publish_maven.py", "--files", self.files, **self.variables)

    def refused(self, **other: str) -> str:
        return self.fails("publish_maven.py", "--files", self.files, **self.variables | other)

    def uploads(self) -> list[zipfile.ZipFile]:
        bodies = [request.body for request in self.portal.requests if "/upload?" in request.path]
        parts = (body[body.index(b"\r\n\r\n") + 4 : body.rindex(b"\r\n--")] for body in bodies)
        return [zipfile.ZipFile(io.BytesIO(part)) for part in parts]

    def test_both_packages_are_one_signed_bundle(self) -> None:
        self.publish()
        (bundle,) = self.uploads()
        base = "io/github/ravi-hq/aod-sdk/1.2.3/aod-sdk-1.2.3.jar"
        self.assertEqual(bundle.read(base), b"aod-sdk-1.2.3.jar")
        self.assertEqual(bundle.read(f"{base}.asc"), b"signature of aod-sdk-1.2.3.jar")
        self.assertEqual(len(bundle.read(f"{base}.md5")), 32)
        self.assertEqual(len(bundle.read(f"{base}.sha1")), 40)
        self.assertEqual(bundle.read(f"{base}.sigstore.json"), b"{}")
        names = bundle.namelist()
        self.assertIn("io/github/ravi-hq/aod-sdk-android/1.2.3/aod-sdk-android-1.2.3.aar.asc", names)
        self.assertEqual(len(names), 5 * 4 + 1)
        upload = next(request for request in self.portal.requests if "/upload?" in request.path)
        self.assertIn("publishingType=AUTOMATIC", upload.path)
        # Of `name:word`.
        self.assertEqual({request.authorization for request in self.portal.requests}, {"Bearer bmFtZTp3b3Jk"})
        self.assertEqual(self.states, [])

    def test_a_rerun_uploads_what_is_missing(self) -> None:
        self.published = {"aod-sdk"}
        self.publish()
        (bundle,) = self.uploads()
        self.assertTrue(all("/aod-sdk-android/" in name for name in bundle.namelist()))

    def test_a_rerun_after_a_complete_release_signs_and_uploads_nothing(self) -> None:
        self.published = {"aod-sdk", "aod-sdk-android"}
        self.publish()
        self.assertEqual((self.uploads(), calls(self.calls)), ([], []))

    def test_a_bundle_that_is_invalid_is_an_error_with_the_reason(self) -> None:
        self.states = ["VALIDATING", "FAILED"]
        self.assertIn("the deployment deployment-1 is refused: {'aod-sdk': ['no javadoc']}", self.refused())

    def test_a_refused_upload_is_an_error_and_is_not_repeated(self) -> None:
        for status in (401, 500):
            self.portal.requests.clear()
            self.portal.answer("POST /api/v1/publisher/upload", "no", status=status)
            self.assertIn(f"status {status}: no", self.refused())
            self.assertEqual(len(self.uploads()), 1)

    def test_a_key_that_does_not_sign_stops_before_the_upload(self) -> None:
        self.tool("gpg", "sys.exit(2)")
        self.assertIn("gpg --batch --quiet failed with exit code 2", self.refused())
        self.assertEqual(self.uploads(), [])

    def test_a_missing_secret_stops_before_the_upload(self) -> None:
        for name in ("MAVEN_USERNAME", "MAVEN_PASSWORD", "GPG_KEY", "GPG_PASSPHRASE"):
            self.assertIn(f"{name} is not set", self.refused(**{name: ""}))
        self.assertEqual(self.uploads(), [])

    def test_a_file_without_a_pom_is_an_error(self) -> None:
        (self.files / "other-1.2.3.jar").write_text("", encoding="utf-8")
        self.assertIn("no POM belongs to other-1.2.3.jar", self.refused())

    def test_a_real_key_makes_signatures_that_verify(self) -> None:
        (self.bin / "gpg").unlink()
        home = self.folder / "keys"
        home.mkdir(mode=0o700)
        # Protects the key less, which makes it faster.
        (home / "gpg-agent.conf").write_text("s2k-count 65536\n", encoding="utf-8")
        self.environment["GNUPGHOME"] = str(home)
        passphrase = ("--passphrase", "the passphrase")
        self.gpg(*passphrase, "--quick-generate-key", "test@example.com", "ed25519", "sign", "never")
        key = self.gpg(*passphrase, "--armor", "--export-secret-keys", "test@example.com")
        self.passes("publish_maven.py", "--files", self.files, **self.variables | {"GPG_KEY": key})
        (bundle,) = self.uploads()
        base = "io/github/ravi-hq/aod-sdk/1.2.3/aod-sdk-1.2.3.jar"
        signature = self.folder / "jar.asc"
        signature.write_bytes(bundle.read(f"{base}.asc"))
        self.gpg("--verify", str(signature), str(self.files / "aod-sdk-1.2.3.jar"))

    def gpg(self, *arguments: str) -> str:
        command = ["gpg", "--batch", "--pinentry-mode", "loopback", *arguments]
        environment = os.environ | self.environment
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


class Assets(Case):
    """With a fake `gh`."""

    def setUp(self) -> None:
        super().setUp()
        self.files = self.folder / "assets"
        self.files.mkdir()
        for name in ("AodNativeFFI.xcframework.zip", "SHA256SUMS"):
            (self.files / name).write_text(name, encoding="utf-8")
        text = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-31\n\n### Added\n\n- One thing.\n"
        (self.folder / "CHANGELOG.md").write_text(text, encoding="utf-8")
        self.release([])

    def release(self, assets: list[dict[str, Any]], upload: int = 0) -> None:
        self.calls = self.tool(
            "gh",
            f"if arguments[1] == 'view':\n    print({json.dumps(json.dumps({'assets': assets}))})\n"
            f"if arguments[1] == 'upload':\n    sys.exit({upload})\n"
            f"if arguments[1] == 'edit':\n"
            f"    pathlib.Path({str(self.folder / 'notes')!r}).write_text(sys.stdin.read())\n",
        )

    def asset(self, name: str, digest: str | None = None) -> dict[str, Any]:
        return {"name": name, "state": "uploaded", "digest": f"sha256:{digest or sha256(self.files / name)}"}

    @property
    def arguments(self) -> list[str]:
        return ["--files", str(self.files), "--root", str(self.folder)]

    def uploaded(self) -> list[str]:
        found = [call[5:] for call in calls(self.calls) if call[1] == "upload"]
        return [Path(path).name for paths in found for path in paths]

    def test_the_files_and_the_notes_are_added(self) -> None:
        self.passes("publish_assets.py", *self.arguments, TAG=TAG, GITHUB_REPOSITORY=REPOSITORY)
        self.assertEqual(self.uploaded(), ["AodNativeFFI.xcframework.zip", "SHA256SUMS"])
        self.assertEqual((self.folder / "notes").read_text("utf-8"), "### Added\n\n- One thing.")
        for call in calls(self.calls):
            self.assertEqual(call[2:5], [TAG, "--repo", REPOSITORY])

    def test_a_rerun_adds_what_is_missing(self) -> None:
        self.release([self.asset("SHA256SUMS")])
        self.passes("publish_assets.py", *self.arguments, TAG=TAG, GITHUB_REPOSITORY=REPOSITORY)
        self.assertEqual(self.uploaded(), ["AodNativeFFI.xcframework.zip"])

    def test_an_upload_that_did_not_end_is_repeated(self) -> None:
        names = ("AodNativeFFI.xcframework.zip", "SHA256SUMS", "of another step")
        self.release([{"name": name, "state": "starter", "digest": None} for name in names])
        self.passes("publish_assets.py", *self.arguments, TAG=TAG, GITHUB_REPOSITORY=REPOSITORY)
        changes = [call[1:2] + call[5:] for call in calls(self.calls) if call[1] not in ("view", "edit")]
        deleted = [["delete-asset", "--yes", name] for name in names[:2]]
        self.assertEqual(changes, [*deleted, ["upload", *(str(self.files / name) for name in names[:2])]])

    def test_a_rerun_after_a_complete_upload_adds_nothing(self) -> None:
        self.release([self.asset("SHA256SUMS"), self.asset("AodNativeFFI.xcframework.zip")])
        self.passes("publish_assets.py", *self.arguments, TAG=TAG, GITHUB_REPOSITORY=REPOSITORY)
        self.assertEqual(self.uploaded(), [])

    def test_another_file_of_the_same_name_is_refused(self) -> None:
        self.release([self.asset("SHA256SUMS", "00")])
        errors = self.fails("publish_assets.py", *self.arguments, TAG=TAG, GITHUB_REPOSITORY=REPOSITORY)
        self.assertIn("other files of these names: SHA256SUMS", errors)
        self.assertEqual(self.uploaded(), [])

    def test_a_refused_upload_is_an_error(self) -> None:
        self.release([], upload=1)
        errors = self.fails("publish_assets.py", *self.arguments, TAG=TAG, GITHUB_REPOSITORY=REPOSITORY)
        self.assertIn("gh release upload failed with exit code 1", errors)

    def test_a_version_without_a_section_stops_before_the_upload(self) -> None:
        errors = self.fails("publish_assets.py", *self.arguments, TAG="aod-sdk-v1.2.4", GITHUB_REPOSITORY=REPOSITORY)
        self.assertIn("has no section of 1.2.4", errors)
        self.assertEqual(calls(self.calls), [])


class Swift(Case):
    """With a distribution repository on disk."""

    def setUp(self) -> None:
        super().setUp()
        self.distribution = self.folder / "distribution.git"
        self.distribution.mkdir()
        self.git(self.distribution, "init", "--quiet", "--bare", "--initial-branch", "main")
        self.framework = self.folder / "AodNativeFFI.xcframework.zip"
        self.framework.write_text("the framework", encoding="utf-8")
        self.package = self.folder / "AgentOnDemand"
        (self.package / "Sources").mkdir(parents=True)
        (self.package / "Sources/A.swift").write_text("let a = 1\n", encoding="utf-8")
        (self.package / ".gitignore").write_text("*.swift\n", encoding="utf-8")
        self.write_manifest(TAG)

    def write_manifest(self, tag: str) -> None:
        url = f"https://github.com/{REPOSITORY}/releases/download/{tag}/AodNativeFFI.xcframework.zip"
        text = f'let release = (\n    url: "{url}",\n    checksum: "{sha256(self.framework)}"\n)\n'
        (self.package / "Package.swift").write_text(text, encoding="utf-8")

    @property
    def arguments(self) -> list[str]:
        return ["--package", str(self.package), "--framework", str(self.framework)]

    def variables(self, tag: str = TAG) -> dict[str, str]:
        return {"TAG": tag, "GITHUB_REPOSITORY": REPOSITORY, "SWIFT_REPOSITORY": str(self.distribution)}

    def publish(self, tag: str = TAG) -> None:
        self.passes("publish_swift.py", *self.arguments, **self.variables(tag))

    def refs(self) -> str:
        return self.git(self.distribution, "for-each-ref")

    def test_the_first_version_is_tagged_in_an_empty_repository(self) -> None:
        self.publish()
        files = self.git(self.distribution, "ls-tree", "-r", "--name-only", VERSION).split()
        self.assertEqual(files, [".gitignore", "Package.swift", "Sources/A.swift"])
        self.assertEqual(
            self.git(self.distribution, "rev-parse", "main"), self.git(self.distribution, "rev-parse", VERSION)
        )

    def test_the_next_version_replaces_the_files_and_keeps_the_history(self) -> None:
        self.publish()
        (self.package / "Sources/A.swift").rename(self.package / "Sources/B.swift")
        self.write_manifest("aod-sdk-v1.3.0")
        self.publish("aod-sdk-v1.3.0")
        files = self.git(self.distribution, "ls-tree", "-r", "--name-only", "1.3.0").split()
        self.assertEqual(files, [".gitignore", "Package.swift", "Sources/B.swift"])
        self.assertEqual(self.git(self.distribution, "log", "--format=%s", "main"), "Release 1.3.0\nRelease 1.2.3")

    def test_a_rerun_pushes_nothing(self) -> None:
        self.publish()
        before = self.refs()
        self.publish()
        self.assertEqual(self.refs(), before)

    def test_a_tag_with_other_content_is_refused(self) -> None:
        self.publish()
        before = self.refs()
        (self.package / "Sources/A.swift").write_text("let a = 2\n", encoding="utf-8")
        errors = self.fails("publish_swift.py", *self.arguments, **self.variables())
        self.assertIn("1.2.3 is tagged with other content", errors)
        self.assertEqual(self.refs(), before)

    def test_a_refused_push_leaves_neither_commit_nor_tag(self) -> None:
        hook = self.distribution / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        hook.chmod(0o755)
        self.assertIn("git -C", self.fails("publish_swift.py", *self.arguments, **self.variables()))
        self.assertEqual(self.refs(), "")
        hook.unlink()
        self.publish()
        self.assertIn("refs/tags/1.2.3", self.refs())

    def test_a_manifest_of_another_framework_or_release_is_refused(self) -> None:
        self.write_manifest("aod-sdk-v1.2.2")
        errors = self.fails("publish_swift.py", *self.arguments, **self.variables())
        self.assertIn('Package.swift does not have url: "https://', errors)
        self.write_manifest(TAG)
        self.framework.write_text("another", encoding="utf-8")
        errors = self.fails("publish_swift.py", *self.arguments, **self.variables())
        self.assertIn("Package.swift does not have checksum:", errors)
        self.assertEqual(self.refs(), "")

    def test_a_remote_repository_needs_the_key(self) -> None:
        variables = self.variables() | {"SWIFT_REPOSITORY": "git@github.com:example/sdk-swift.git"}
        errors = self.fails("publish_swift.py", *self.arguments, **variables)
        self.assertIn("SWIFT_DEPLOY_KEY is not set", errors)


if __name__ == "__main__":
    unittest.main()
