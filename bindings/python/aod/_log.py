"""The logger `aod`. The environment variable `AOD_LOG` sets its level and logs to standard error."""

import logging
import os

logger = logging.getLogger("aod")
logger.addHandler(logging.NullHandler())


def _from_environment() -> None:
    level = getattr(logging, os.environ.get("AOD_LOG", "").upper(), None)
    if isinstance(level, int):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(level)


_from_environment()
