#!/usr/bin/env python3
"""Makes the Swift package of a release, whose manifest names the XCFramework on the page of the release.

usage: swift_package.py --framework dist/swift/AodNativeFFI.xcframework.zip --into <folder>

The page is that of the tag in the environment variable TAG, in the repository GITHUB_REPOSITORY. Calls `cargo bindgen
package swift` and copies the package.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from common import ROOT, Failure, parser, run, run_main, sha256, variable, version_of_tag


def asset_url(repository: str, tag: str, name: str) -> str:
    """Return the URL of a file on the page of a release."""
    version_of_tag(tag)
    return f"https://github.com/{repository}/releases/download/{tag}/{name}"


def main(arguments: Sequence[str]) -> None:
    """Make the package."""
    options = parser(__doc__)
    options.add_argument("--framework", type=Path, required=True)
    options.add_argument("--into", type=Path, required=True)
    given = options.parse_args(arguments)
    if not given.framework.is_file():
        raise Failure(f"{given.framework} is missing")
    url = asset_url(variable("GITHUB_REPOSITORY"), variable("TAG"), given.framework.name)
    os.environ["AOD_SWIFT_RELEASE_URL"] = url
    # What `swift package compute-checksum` prints.
    os.environ["AOD_SWIFT_RELEASE_CHECKSUM"] = sha256(given.framework)
    run(["cargo", "bindgen", "package", "swift"], cwd=ROOT)
    shutil.copytree(ROOT / "dist/swift/AgentOnDemand", given.into)


if __name__ == "__main__":
    run_main(main)
