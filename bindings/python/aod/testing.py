"""A development server for the tests of programs that use the SDK."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from .errors import AodError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["DevServer"]


class DevServer:
    """An `aod-devserver` of its own, which stops when the `with` block is left or the program dies.

    The binary is the one that `AOD_DEVSERVER` names, else the one on the PATH.
    """

    url: str
    token: str

    def __init__(self, *, generation: str = "s0", token: str = "aod_dev", binary: str | None = None) -> None:
        """Start a server and wait until it serves."""
        path = binary or os.environ.get("AOD_DEVSERVER") or shutil.which("aod-devserver")
        if path is None:
            raise AodError("aod-devserver is not installed: put it on the PATH, or name it in AOD_DEVSERVER")
        try:
            self._process = subprocess.Popen(
                [path, "--generation", generation, "--token", token, "--exit-with-stdin"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            raise AodError(f"aod-devserver does not start: {error.strerror}") from None
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self.token = token
        if not self.url:
            self.stop()
            raise AodError("aod-devserver ended before it served")

    def stop(self) -> None:
        """Stop the server."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def __enter__(self) -> Self:
        """Give the server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.stop()
