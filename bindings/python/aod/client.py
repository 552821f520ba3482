"""The clients."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from types import TracebackType
from typing import Any

from typing_extensions import Self

from ._core import Core
from ._options import call_options, client_config
from ._wire import read_object
from .resources import Agents, AsyncAgents, AsyncEnvironments, AsyncSessions, Environments, Sessions

__all__ = ["AsyncClient", "Client"]


class Client:
    """A client of one server, with one token.

    Threads may share it. After a fork it connects afresh.
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        token: str | None = None,
        timeout: Any = None,
        transport: None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        stream_idle_timeout: float | None = None,
        proxy: str | None = None,
        ca_certificate: str | None = None,
    ) -> None:
        """Set up a client.

        `base_url` and `token` are taken from `AOD_API_URL` and `AOD_API_TOKEN` when not given. `timeout` is seconds for
        a whole call, or an httpx timeout, and does not end streams. `transport` is here for the sake of older programs
        and must be None. `headers` go with every request; those that the client sets itself, such as `Authorization`,
        stay its own. `ca_certificate` is PEM text.
        """
        self._use(
            Core(
                client_config(
                    base_url=base_url,
                    token=token,
                    timeout=timeout,
                    transport=transport,
                    max_retries=max_retries,
                    headers=headers,
                    stream_idle_timeout=stream_idle_timeout,
                    proxy=proxy,
                    ca_certificate=ca_certificate,
                )
            )
        )

    def _use(self, core: Core) -> None:
        self._core = core
        self.agents = Agents(core)
        self.environments = Environments(core)
        self.sessions = Sessions(core)

    def with_options(
        self,
        *,
        timeout: Any = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        stream_idle_timeout: float | None = None,
    ) -> Self:
        """Give a client with other options for some calls; what is None stays."""
        other = copy(self)
        other._use(
            self._core.with_options(
                call_options(
                    timeout=timeout, max_retries=max_retries, headers=headers, stream_idle_timeout=stream_idle_timeout
                )
            )
        )
        return other

    def health(self) -> dict[str, Any]:
        """Ask whether the server is well."""
        return read_object(self._core.call("Health"))

    def close(self) -> None:
        """Close the client; calls fail from then on."""
        self._core.close()

    def __enter__(self) -> Self:
        """Give the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        self._core.close()


class AsyncClient:
    """A client of one server, with one token, for asyncio.

    It may be used from several event loops. After a fork it connects afresh.
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        token: str | None = None,
        timeout: Any = None,
        transport: None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        stream_idle_timeout: float | None = None,
        proxy: str | None = None,
        ca_certificate: str | None = None,
    ) -> None:
        """Set up a client.

        `base_url` and `token` are taken from `AOD_API_URL` and `AOD_API_TOKEN` when not given. `timeout` is seconds for
        a whole call, or an httpx timeout, and does not end streams. `transport` is here for the sake of older programs
        and must be None. `headers` go with every request; those that the client sets itself, such as `Authorization`,
        stay its own. `ca_certificate` is PEM text.
        """
        self._use(
            Core(
                client_config(
                    base_url=base_url,
                    token=token,
                    timeout=timeout,
                    transport=transport,
                    max_retries=max_retries,
                    headers=headers,
                    stream_idle_timeout=stream_idle_timeout,
                    proxy=proxy,
                    ca_certificate=ca_certificate,
                )
            )
        )

    def _use(self, core: Core) -> None:
        self._core = core
        self.agents = AsyncAgents(core)
        self.environments = AsyncEnvironments(core)
        self.sessions = AsyncSessions(core)

    def with_options(
        self,
        *,
        timeout: Any = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        stream_idle_timeout: float | None = None,
    ) -> Self:
        """Give a client with other options for some calls; what is None stays."""
        other = copy(self)
        other._use(
            self._core.with_options(
                call_options(
                    timeout=timeout, max_retries=max_retries, headers=headers, stream_idle_timeout=stream_idle_timeout
                )
            )
        )
        return other

    async def health(self) -> dict[str, Any]:
        """Ask whether the server is well."""
        return read_object(await self._core.call_async("Health"))

    async def aclose(self) -> None:
        """Close the client; calls fail from then on."""
        self._core.close()

    async def __aenter__(self) -> Self:
        """Give the client."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        self._core.close()
