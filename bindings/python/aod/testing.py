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
    """A running `aod-devserver`, an in-memory AoD server on the loopback interface.

    It stops when the `with` block is left or the process ends. The binary is the one that `AOD_DEVSERVER` names, else
    the one on the `PATH`.

    Attributes:
        url: The URL of the server.
        token: The token that the server accepts.

    Example:
        >>> with DevServer() as server, aod.Client(base_url=server.url, token=server.token) as client:
        ...     assert client.agents.list() == []
    """

    url: str
    token: str

    def __init__(self, *, generation: str = "2026-04-21", token: str = "aod_dev", binary: str | None = None) -> None:
        """Start a server and wait until it accepts connections.

        Args:
            generation: The version of the API to serve, by date: `2026-04-21` (the default),
                `2026-04-30` or `2026-06-25`.
            token: The token to accept.
            binary: The path of the binary. The default is that of `AOD_DEVSERVER`, else `aod-devserver` on the `PATH`.

        Raises:
            AodError: The binary is not installed, or the server does not start.
        """
        path = binary or os.environ.get("AOD_DEVSERVER") or shutil.which("aod-devserver")
        if path is None:
            raise AodError("aod-devserver was not found: put it on the PATH, or set AOD_DEVSERVER to its path")
        try:
            self._process = subprocess.Popen(
                [path, "--generation", generation, "--token", token, "--exit-with-stdin"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            raise AodError(f"aod-devserver could not be started: {error.strerror}") from None
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self.token = token
        if not self.url:
            self.stop()
            raise AodError("aod-devserver exited before it accepted connections")

    def stop(self) -> None:
        """Stop the server and wait until it has ended."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.stop()


def __dir__() -> list[str]:
    return sorted(__all__)
