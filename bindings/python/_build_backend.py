"""The build backend of the source distribution: that of maturin, but it does not download Rust if it is missing."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Mapping
from typing import Any

import maturin
from maturin import build_editable, build_sdist, build_wheel, prepare_metadata_for_build_wheel

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def get_requires_for_build_wheel(config_settings: Mapping[str, Any] | None = None) -> list[str]:
    """Return what the build needs besides maturin, or exit with a sentence that says what is missing."""
    if shutil.which("cargo") is None:
        platform = sysconfig.get_platform()
        sys.exit(
            f"Building aod-sdk for {platform}, instead of installing a wheel, needs Rust 1.88 or later, which "
            "is missing: install it from https://rustup.rs."
        )
    return maturin.get_requires_for_build_wheel(config_settings)


get_requires_for_build_editable = get_requires_for_build_wheel
prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel
