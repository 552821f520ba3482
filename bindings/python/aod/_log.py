"""The logger `aod`. The environment variable `AOD_LOG` sets its level and logs to standard error."""

from __future__ import annotations

import json
import logging
import os
from typing import Final

logger = logging.getLogger("aod")
logger.addHandler(logging.NullHandler())

# The loggers of the native library, by the modules of its crates.
_LEVELS: Final = {1: logging.WARNING, 2: logging.INFO, 3: logging.DEBUG}

_collects = False


def follow() -> None:
    """Have the native library collect its lines if the logger has the level `DEBUG`."""
    global _collects
    from ._native import collect_log

    wanted = logger.isEnabledFor(logging.DEBUG)
    if wanted != _collects:
        _collects = wanted
        collect_log(wanted)


def drain() -> None:
    """Log the lines that the native library has collected, with the loggers `aod.core` and below."""
    if not _collects:
        return
    from ._native import take_log

    if lines := take_log():
        for level, target, text in json.loads(lines):
            if level > 1:  # The package logs the warnings itself.
                name = target.removeprefix("aod").removeprefix("_").replace("::", ".").lstrip(".")
                logging.getLogger(f"aod.core.{name}".rstrip(".")).log(_LEVELS[level], "%s", text)


def _from_environment() -> None:
    level = getattr(logging, os.environ.get("AOD_LOG", "").upper(), None)
    if isinstance(level, int):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(level)


_from_environment()
