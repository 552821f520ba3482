#!/usr/bin/env python3
"""Names the version of a rehearsal: that of the workspace with `-dev.<number of the run>`, which no release has.

usage: rehearsal_version.py

The number is that of the environment variable GITHUB_RUN_NUMBER. An index never takes a file twice, so each rehearsal
needs a version of its own. Sets the output `version`.
"""

from __future__ import annotations

from collections.abc import Sequence

import versions
from common import ROOT, VERSION, Failure, parser, run_main, set_output, variable


def main(arguments: Sequence[str]) -> None:
    """Name the version."""
    parser(__doc__).parse_args(arguments)
    version = f"{versions.current(ROOT).partition('-')[0]}-dev.{variable('GITHUB_RUN_NUMBER')}"
    if not VERSION.fullmatch(version):
        raise Failure(f"{version!r} is not a version")
    set_output("version", version)


if __name__ == "__main__":
    run_main(main)
