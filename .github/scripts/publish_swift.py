#!/usr/bin/env python3
"""Publishes the Swift package: commits it to the distribution repository, and tags it with the version.

usage: publish_swift.py --package <folder> --framework <AodNativeFFI.xcframework.zip>

SwiftPM takes versions from the tags of a repository with Package.swift at its root, so the package has a repository of
its own. The commit and the tag are pushed together. If the repository has the tag already, nothing is pushed; it is an
error if the tag has other content.

Environment variables: TAG, the tag of the release; GITHUB_REPOSITORY, which has the release; SWIFT_REPOSITORY, the URL
of the distribution repository; SWIFT_DEPLOY_KEY, the private SSH key that may push to it, unless the URL is a path.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from common import Failure, parser, run, run_main, sha256, variable, version_of_tag
from swift_package import asset_url

BRANCH = "main"
AUTHOR = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")

# Published by GitHub: https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints
GITHUB_KEY = "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n"


def check_manifest(package: Path, framework: Path, url: str) -> None:
    """Check that the manifest names the XCFramework of the release.

    Raises:
        Failure: It has another URL or checksum.
    """
    manifest = (package / "Package.swift").read_text(encoding="utf-8")
    for expected in (f'url: "{url}"', f'checksum: "{sha256(framework)}"'):
        if manifest.count(expected) != 1:
            raise Failure(f"Package.swift does not have {expected}")


def use_key(folder: Path) -> None:
    """Let git use the deploy key, and trust no other server than GitHub's."""
    key, hosts = folder / "key", folder / "known_hosts"
    key.touch(mode=0o600)
    key.write_text(variable("SWIFT_DEPLOY_KEY").rstrip() + "\n", encoding="utf-8")
    hosts.write_text(GITHUB_KEY, encoding="utf-8")
    os.environ["GIT_SSH_COMMAND"] = (
        f"ssh -i {key} -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile={hosts}"
    )


def publish(package: Path, repository: str, version: str, checkout: Path) -> bool:
    """Push the package, and return whether that was necessary.

    Raises:
        Failure: The version is published with other content, or the push is refused.
    """

    def git(*arguments: str) -> str:
        return run(["git", "-C", str(checkout), *arguments]).strip()

    run(["git", "clone", "--quiet", repository, str(checkout)])
    if git("ls-remote", "--heads", "origin", BRANCH):
        git("switch", "--quiet", "--force-create", BRANCH, f"origin/{BRANCH}")
    else:
        git("switch", "--quiet", "--orphan", BRANCH)
    for path in checkout.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(package, checkout, dirs_exist_ok=True)
    git("add", "--all", "--force")
    tree = git("write-tree")
    if git("ls-remote", "--tags", "origin", f"refs/tags/{version}"):
        if git("rev-parse", f"refs/tags/{version}^{{tree}}") != tree:
            raise Failure(f"{version} is tagged with other content; the release needs another version")
        return False
    name, email = AUTHOR
    git("-c", f"user.name={name}", "-c", f"user.email={email}", "commit", "--quiet", "--message", f"Release {version}")
    git("tag", version)
    git("push", "--quiet", "--atomic", "origin", f"refs/heads/{BRANCH}", f"refs/tags/{version}")
    return True


def main(arguments: Sequence[str]) -> None:
    """Publish the package."""
    options = parser(__doc__)
    options.add_argument("--package", type=Path, required=True)
    options.add_argument("--framework", type=Path, required=True)
    given = options.parse_args(arguments)
    repository, tag = variable("SWIFT_REPOSITORY"), variable("TAG")
    version = version_of_tag(tag)
    url = asset_url(variable("GITHUB_REPOSITORY"), tag, given.framework.name)
    check_manifest(given.package, given.framework, url)
    with tempfile.TemporaryDirectory() as work:
        if not Path(repository).is_absolute():
            use_key(Path(work))
        pushed = publish(given.package, repository, version, Path(work) / "checkout")
    print(f"{version} is tagged" if pushed else f"{version} is tagged already")


if __name__ == "__main__":
    run_main(main)
