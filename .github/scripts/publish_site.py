#!/usr/bin/env python3
"""Commits the documentation site of a version to the branch that has those of all versions, for GitHub Pages.

usage: publish_site.py --site <archive> --into <folder>

The archive is a tar file of the site. The folder, which must not exist, becomes a checkout of the branch `gh-pages`
with the site added by `compose_site.py`.

Environment variables: TAG, the tag of the release, or empty for the site of `main`; SITE_REPOSITORY, the URL of the
repository; GH_TOKEN, with which `gh` pushes to it, unless the URL is a path.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from common import parser, run, run_main, variable, version_of_tag
from compose_site import MAIN, compose
from publish_swift import AUTHOR

BRANCH = "gh-pages"


def publish(archive: Path, checkout: Path, repository: str, version: str) -> bool:
    """Push the site, and return whether that was necessary."""
    helper = [] if Path(repository).is_absolute() else ["-c", "credential.helper=!gh auth git-credential"]

    def git(*arguments: str) -> str:
        return run(["git", *helper, "-C", str(checkout), *arguments]).strip()

    checkout.mkdir(parents=True)
    git("init", "--quiet", "--initial-branch", BRANCH)
    git("remote", "add", "origin", repository)
    if git("ls-remote", "--heads", "origin", BRANCH):
        git("fetch", "--quiet", "--depth", "1", "origin", BRANCH)
        git("reset", "--quiet", "--hard", "FETCH_HEAD")
    with tempfile.TemporaryDirectory() as site, tarfile.open(archive) as tar:
        tar.extractall(site, filter="data")
        compose(Path(site), checkout, version)
    git("add", "--all", "--force")
    if not git("status", "--porcelain"):
        return False
    name, email = AUTHOR
    git("-c", f"user.name={name}", "-c", f"user.email={email}", "commit", "--quiet", "--message", f"Site of {version}")
    git("push", "--quiet", "origin", BRANCH)
    return True


def main(arguments: Sequence[str]) -> None:
    """Publish the site."""
    options = parser(__doc__)
    options.add_argument("--site", type=Path, required=True)
    options.add_argument("--into", type=Path, required=True)
    given = options.parse_args(arguments)
    tag = os.environ.get("TAG", "")
    version = version_of_tag(tag) if tag else MAIN
    pushed = publish(given.site, given.into, variable("SITE_REPOSITORY"), version)
    print(f"the site of {version} is {'added' if pushed else 'there already'}")


if __name__ == "__main__":
    run_main(main)
