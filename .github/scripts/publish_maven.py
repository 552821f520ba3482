#!/usr/bin/env python3
"""Publishes the Maven packages to Maven Central, as one deployment of its Publisher Portal.

usage: publish_maven.py --files <folder> [--portal https://central.sonatype.com]

The folder has the POM and the other files of each package, and optionally their Sigstore bundles (`.sigstore.json`).
Packages that Maven Central has already are skipped. The others are signed with GPG and uploaded in one bundle, which
the portal validates as a whole: either all of them are published, or none. Waits until they are published.

Environment variables: MAVEN_USERNAME and MAVEN_PASSWORD, the user token of the portal; GPG_KEY, the private key as
text; GPG_PASSPHRASE.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import tempfile
import time
import urllib.parse
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from common import Failure, get_json, parser, request, run, run_main, variable

SIGSTORE = ".sigstore.json"
POM = "{http://maven.apache.org/POM/4.0.0}"
POLLS = 240


@dataclass(frozen=True)
class Package:
    """A package of the release."""

    group: str
    name: str
    version: str
    files: tuple[Path, ...]

    @property
    def folder(self) -> str:
        """The folder in a Maven repository."""
        return f"{self.group.replace('.', '/')}/{self.name}/{self.version}"


def packages(folder: Path) -> list[Package]:
    """Return the packages in a folder.

    Raises:
        Failure: The folder has no package, or a file that belongs to no package.
    """
    found = []
    left = {path for path in folder.iterdir() if path.is_file()}
    for pom in sorted(folder.glob("*.pom")):
        root = ElementTree.parse(pom).getroot()
        group, name, version = (root.findtext(f"{POM}{key}", "") for key in ("groupId", "artifactId", "version"))
        if not (group and pom.name == f"{name}-{version}.pom"):
            raise Failure(f"{pom.name} is the POM of {group}:{name}:{version}")
        prefix = re.compile(re.escape(f"{name}-{version}") + r"[.-]")
        files = tuple(sorted(path for path in left if prefix.match(path.name)))
        left -= set(files)
        found.append(Package(group, name, version, files))
    if left or not found:
        raise Failure(f"{folder}: no POM belongs to {', '.join(sorted(path.name for path in left)) or 'anything'}")
    return found


def sign(files: Sequence[Path], into: Path) -> dict[Path, bytes]:
    """Return the signature of each file."""
    os.environ["GNUPGHOME"] = str(into / "gnupg")
    (into / "gnupg").mkdir(mode=0o700)
    gpg = ["gpg", "--batch", "--quiet", "--yes"]
    run([*gpg, "--import"], stdin=variable("GPG_KEY"))
    signatures = {}
    for file in files:
        signature = into / f"{file.name}.asc"
        options = ["--pinentry-mode", "loopback", "--passphrase-fd", "0", "--output", str(signature)]
        run([*gpg, *options, "--armor", "--detach-sign", str(file)], stdin=variable("GPG_PASSPHRASE"))
        signatures[file] = signature.read_bytes()
    return signatures


def bundle(missing: Sequence[Package], path: Path) -> None:
    """Write the bundle of some packages: each file with its signature and checksums."""
    files = [file for package in missing for file in package.files if not file.name.endswith(SIGSTORE)]
    with tempfile.TemporaryDirectory() as work, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        signatures = sign(files, Path(work))
        for package in missing:
            for file in package.files:
                name = f"{package.folder}/{file.name}"
                data = file.read_bytes()
                archive.writestr(name, data)
                if file in signatures:
                    archive.writestr(f"{name}.asc", signatures[file])
                    archive.writestr(f"{name}.md5", hashlib.md5(data, usedforsecurity=False).hexdigest())
                    archive.writestr(f"{name}.sha1", hashlib.sha1(data, usedforsecurity=False).hexdigest())


class Portal:
    """The Publisher Portal of Maven Central."""

    def __init__(self, url: str) -> None:
        """Take the user token from the environment."""
        token = f"{variable('MAVEN_USERNAME')}:{variable('MAVEN_PASSWORD')}"
        self._url = f"{url}/api/v1/publisher"
        self._headers = {"Authorization": "Bearer " + base64.b64encode(token.encode()).decode()}

    def has(self, package: Package) -> bool:
        """Return whether a package is published."""
        query = urllib.parse.urlencode({"namespace": package.group, "name": package.name, "version": package.version})
        answer = get_json(f"{self._url}/published?{query}", headers=self._headers)
        return bool(answer and answer.get("published"))

    def upload(self, path: Path, name: str) -> str:
        """Upload a bundle that is published once it is valid, and return the id of the deployment."""
        boundary = uuid.uuid4().hex
        body = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="bundle"; filename="{path.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        body += path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        query = urllib.parse.urlencode({"name": name, "publishingType": "AUTOMATIC"})
        headers = self._headers | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = request(f"{self._url}/upload?{query}", headers=headers, method="POST", body=body)
        if not answer:
            raise Failure("the portal accepted no bundle")
        return answer.decode().strip()

    def wait(self, deployment: str) -> None:
        """Wait until a deployment is published.

        Raises:
            Failure: It is invalid, or is not published in time.
        """
        query = urllib.parse.urlencode({"id": deployment})
        for _ in range(POLLS):
            answer = get_json(f"{self._url}/status?{query}", headers=self._headers, method="POST") or {}
            state = answer.get("deploymentState")
            print(f"deployment {deployment}: {state}")
            if state == "PUBLISHED":
                return
            if state == "FAILED":
                raise Failure(f"the deployment {deployment} is refused: {answer.get('errors')}")
            time.sleep(float(os.environ.get("POLL_SECONDS", "15")))
        raise Failure(f"the deployment {deployment} is not published yet: look at it in the portal")


def main(arguments: Sequence[str]) -> None:
    """Publish what is missing."""
    options = parser(__doc__)
    options.add_argument("--files", type=Path, required=True)
    options.add_argument("--portal", default=os.environ.get("PORTAL") or "https://central.sonatype.com")
    given = options.parse_args(arguments)
    portal = Portal(given.portal.rstrip("/"))
    missing = []
    for package in packages(given.files):
        if portal.has(package):
            print(f"{package.name} {package.version} is published already")
        else:
            missing.append(package)
    if missing:
        with tempfile.TemporaryDirectory() as work:
            path = Path(work) / "bundle.zip"
            bundle(missing, path)
            portal.wait(portal.upload(path, f"{missing[0].name}-{missing[0].version}"))


if __name__ == "__main__":
    run_main(main)
