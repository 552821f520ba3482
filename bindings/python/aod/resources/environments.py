"""Environments."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from uuid import UUID

from .._core import Core
from .._wire import Clear, encode, identifier, read, read_list
from ..models import Environment, EnvironmentVersion
from ._requests import JsonObject, cleared

__all__ = ["AsyncEnvironments", "Environments"]


class Environments:
    """The environments of the account."""

    def __init__(self, core: Core) -> None:
        """Use a client's connections."""
        self._core = core

    def list(self) -> builtins.list[Environment]:
        """Give all environments."""
        return read_list(Environment, self._core.call("ListEnvironments"))

    def create(
        self,
        *,
        name: str,
        packages: Mapping[str, Sequence[str]] | None = None,
        env_vars: Mapping[str, str] | None = None,
        setup_script: str | None = None,
        networking: JsonObject | None = None,
    ) -> Environment:
        """Create an environment."""
        body = encode(
            {
                "name": name,
                "packages": packages,
                "env_vars": env_vars,
                "setup_script": setup_script,
                "networking": networking,
            }
        )
        return read(Environment, self._core.call("CreateEnvironment", None, body))

    def get(self, environment_id: str | UUID) -> Environment:
        """Give an environment."""
        return read(Environment, self._core.call("GetEnvironment", identifier(environment_id, "environment_id")))

    def update(
        self,
        environment_id: str | UUID,
        *,
        version: int,
        name: str | None = None,
        packages: Mapping[str, Sequence[str]] | Clear | None = None,
        env_vars: Mapping[str, str] | Clear | None = None,
        setup_script: str | Clear | None = None,
        networking: JsonObject | None = None,
    ) -> Environment:
        """Change an environment that is still at `version`. `env_vars` replaces all variables."""
        body = encode(
            {
                "version": version,
                "name": name,
                "packages": cleared(packages, {}),
                "env_vars": cleared(env_vars, {}),
                "setup_script": cleared(setup_script, ""),
                "networking": networking,
            }
        )
        return read(
            Environment, self._core.call("UpdateEnvironment", identifier(environment_id, "environment_id"), body)
        )

    def archive(self, environment_id: str | UUID) -> Environment:
        """Archive an environment."""
        return read(Environment, self._core.call("ArchiveEnvironment", identifier(environment_id, "environment_id")))

    def delete(self, environment_id: str | UUID) -> None:
        """Delete an environment that no session points at."""
        self._core.call("DeleteEnvironment", identifier(environment_id, "environment_id"))

    def versions(self, environment_id: str | UUID) -> builtins.list[EnvironmentVersion]:
        """Give all versions of an environment."""
        return read_list(
            EnvironmentVersion,
            self._core.call("ListEnvironmentVersions", identifier(environment_id, "environment_id")),
        )


class AsyncEnvironments:
    """The environments of the account, for asyncio."""

    def __init__(self, core: Core) -> None:
        """Use a client's connections."""
        self._core = core

    async def list(self) -> builtins.list[Environment]:
        """Give all environments."""
        return read_list(Environment, await self._core.call_async("ListEnvironments"))

    async def create(
        self,
        *,
        name: str,
        packages: Mapping[str, Sequence[str]] | None = None,
        env_vars: Mapping[str, str] | None = None,
        setup_script: str | None = None,
        networking: JsonObject | None = None,
    ) -> Environment:
        """Create an environment."""
        body = encode(
            {
                "name": name,
                "packages": packages,
                "env_vars": env_vars,
                "setup_script": setup_script,
                "networking": networking,
            }
        )
        return read(Environment, await self._core.call_async("CreateEnvironment", None, body))

    async def get(self, environment_id: str | UUID) -> Environment:
        """Give an environment."""
        answer = await self._core.call_async("GetEnvironment", identifier(environment_id, "environment_id"))
        return read(Environment, answer)

    async def update(
        self,
        environment_id: str | UUID,
        *,
        version: int,
        name: str | None = None,
        packages: Mapping[str, Sequence[str]] | Clear | None = None,
        env_vars: Mapping[str, str] | Clear | None = None,
        setup_script: str | Clear | None = None,
        networking: JsonObject | None = None,
    ) -> Environment:
        """Change an environment that is still at `version`. `env_vars` replaces all variables."""
        body = encode(
            {
                "version": version,
                "name": name,
                "packages": cleared(packages, {}),
                "env_vars": cleared(env_vars, {}),
                "setup_script": cleared(setup_script, ""),
                "networking": networking,
            }
        )
        return read(
            Environment,
            await self._core.call_async("UpdateEnvironment", identifier(environment_id, "environment_id"), body),
        )

    async def archive(self, environment_id: str | UUID) -> Environment:
        """Archive an environment."""
        answer = await self._core.call_async("ArchiveEnvironment", identifier(environment_id, "environment_id"))
        return read(Environment, answer)

    async def delete(self, environment_id: str | UUID) -> None:
        """Delete an environment that no session points at."""
        await self._core.call_async("DeleteEnvironment", identifier(environment_id, "environment_id"))

    async def versions(self, environment_id: str | UUID) -> builtins.list[EnvironmentVersion]:
        """Give all versions of an environment."""
        return read_list(
            EnvironmentVersion,
            await self._core.call_async("ListEnvironmentVersions", identifier(environment_id, "environment_id")),
        )
