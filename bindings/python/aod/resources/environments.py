"""The calls under `/environments`."""

from __future__ import annotations

import builtins
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from .._core import Core
from .._tracebacks import hide_frames
from .._wire import Clear, encode, identifier, read, read_list
from ..errors import ConflictError
from ..models import Environment, EnvironmentVersion
from ._requests import JsonObject, cleared
from ._update import update_with, update_with_async

__all__ = ["AsyncEnvironments", "Environments"]


@hide_frames
class Environments:
    """The calls under `/environments`, as `client.environments`.

    An environment is what a session's sandbox is set up with: packages, variables, a script and network rules.

    Ids are `UUID` objects or strings. A string that is not a UUID is sent as one percent-encoded segment of the path,
    and the server answers 404; an id that is neither raises `TypeError`.

    See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
    """

    def __init__(self, core: Core) -> None:
        """Create the resource; clients do this.

        Args:
            core: The client's connection to the native library.
        """
        self._core = core

    def list(self) -> builtins.list[Environment]:
        """List the environments that are not archived (`GET /environments`).

        Returns:
            The environments, newest first. The list is not paginated. A record that cannot be decoded is logged and
            left out; if no record can be decoded, the call raises a `DecodeError`.

        Raises:
            AuthError: The token is missing, unknown, inactive or expired.
            AodError: Any other failure; see `aod.errors`.
        """
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
        """Create an environment (`POST /environments`).

        Args:
            name: The name, at most 200 characters, unique among the environments that are not archived.
            packages: Packages to install, by package manager: `apt`, `cargo`, `gem`, `go`, `npm`, `pip`.
            env_vars: Environment variables of the sandbox. They are secret: the API never returns them.
            setup_script: A shell script that runs once, after the packages are installed.
            networking: What the sandbox may reach: a mapping, or a `Networking` model. The default is unrestricted.

        Returns:
            The environment, at version 1.

        Raises:
            ConflictError: The name is taken (`reason` is `name_taken`). Servers of 2026-04-21 answer 500, a
                `ServerError`.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument cannot be written as JSON, such as NaN.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Examples:
            >>> environment = client.environments.create(
            ...     name="ci",
            ...     packages={"pip": ["pytest"]},
            ...     networking=aod.Networking(type="limited", allowed_hosts=["pypi.org"]),
            ... )
        """
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
        """Retrieve an environment, archived or not (`GET /environments/{id}`).

        Args:
            environment_id: The id of the environment.

        Returns:
            The environment at its current version.

        Raises:
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
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
        """Update an environment (`PUT /environments/{id}`).

        `None` leaves a field unchanged; `aod.CLEAR` empties it, where the type allows that. An update that changes
        nothing keeps the version. Sandboxes that are already set up do not change.

        Args:
            environment_id: The id of the environment.
            version: The version that the update is based on, which must be the current one.
            name: A new name.
            packages: The packages that replace all current ones, by package manager.
            env_vars: The environment variables that replace all current ones.
            setup_script: The shell script that runs once, after the packages are installed.
            networking: What the sandbox may reach, which replaces the current rule.

        Returns:
            The updated environment.

        Raises:
            ConflictError: The version is not the current one (`reason` is `version_mismatch`), the environment is
                archived, or the name is taken.
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as
                JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.
        """
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

    def update_with(
        self, environment_id: str | UUID, change: Callable[[Environment], Mapping[str, Any]]
    ) -> Environment:
        """Retrieve an environment, and update it with the arguments that a function returns.

        Sends `GET /environments/{id}` and `PUT /environments/{id}`. If another caller updates the environment in
        between, both requests are repeated, and `change` is called again with the current environment. There are at
        most ten attempts.

        Args:
            environment_id: The id of the environment.
            change: A function that is called with the environment and returns the arguments of `update` as a
                mapping. A `version` in it is ignored.

        Returns:
            The updated environment.

        Raises:
            ConflictError: The environment is archived, the new name is taken, or the version did not match in ten
                attempts.
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as
                JSON.
            TypeError: `change` returned an argument that `update` does not have, or an argument has a type that JSON
                cannot represent.
            AodError: Any other failure; see `aod.errors`.
            Exception: Whatever `change` raises.

        Examples:
            >>> client.environments.update_with(
            ...     environment_id, lambda environment: {"packages": environment.packages | {"apt": ["jq"]}}
            ... )
        """
        return update_with(
            lambda: self.get(environment_id), change, lambda fields: self.update(environment_id, **fields)
        )

    def ensure(
        self,
        *,
        name: str,
        packages: Mapping[str, Sequence[str]] | None = None,
        env_vars: Mapping[str, str] | None = None,
        setup_script: str | None = None,
        networking: JsonObject | None = None,
    ) -> Environment:
        """Return the environment with the given name, and create or update it if necessary.

        Sends `GET /environments`, and then `POST /environments` or `PUT /environments/{id}` if necessary. Fields whose
        argument is `None` or an empty mapping keep their values. Archived environments are ignored. If several callers
        create the environment at the same time, one of them succeeds, and all get that environment.

        Args:
            name: The name, at most 200 characters.
            packages: The packages that replace all current ones, by package manager; see `create`.
            env_vars: Environment variables of the sandbox. The API never returns them, so they cannot be compared: they
                are sent only if the environment is created or another argument differs. Replace them with `update`.
            setup_script: The shell script that runs once, after the packages are installed. An empty text removes the
                current one.
            networking: What the sandbox may reach, which replaces the current rule; see `create`.

        Returns:
            The environment. Its version is unchanged if it already had all these values.

        Raises:
            ConflictError: The environment was archived in the meantime, or its version did not match in ten attempts.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument has a value or type that the API does not accept, or cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure of one of the requests; see `aod.errors`.

        Examples:
            >>> environment = client.environments.ensure(name="ci", packages={"pip": ["pytest"]})
        """
        body = encode(
            {
                "name": name,
                "packages": packages,
                "env_vars": env_vars,
                "setup_script": setup_script,
                "networking": networking,
            }
        )
        return read(Environment, self._core.call("EnsureEnvironment", None, body))

    def archive(self, environment_id: str | UUID) -> Environment:
        """Archive an environment permanently (`POST /environments/{id}/archive`).

        An archived environment is not listed, takes no updates and starts no sessions. Its name can be used again.

        Args:
            environment_id: The id of the environment.

        Returns:
            The environment, with `archived_at` set.

        Raises:
            ConflictError: The environment is already archived.
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(Environment, self._core.call("ArchiveEnvironment", identifier(environment_id, "environment_id")))

    def ensure_archived(self, environment_id: str | UUID) -> Environment:
        """Archive an environment like `archive`, and return it, even if it is already archived.

        Sends `POST /environments/{id}/archive`, and `GET /environments/{id}` if it is already archived.

        Args:
            environment_id: The id of the environment.

        Returns:
            The environment, with `archived_at` set.

        Raises:
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        try:
            return self.archive(environment_id)
        except ConflictError as error:
            if error.reason != "already_archived":
                raise
        return self.get(environment_id)

    def delete(self, environment_id: str | UUID) -> None:
        """Delete an environment and its versions (`DELETE /environments/{id}/delete`).

        Agents that refer to the environment lose the reference.

        Args:
            environment_id: The id of the environment, archived or not.

        Raises:
            ConflictError: A session refers to the environment (`reason` is `in_use`).
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        self._core.call("DeleteEnvironment", identifier(environment_id, "environment_id"))

    def versions(self, environment_id: str | UUID) -> builtins.list[EnvironmentVersion]:
        """List all versions of an environment (`GET /environments/{id}/versions`).

        Args:
            environment_id: The id of the environment, archived or not.

        Returns:
            The versions, highest first.

        Raises:
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read_list(
            EnvironmentVersion,
            self._core.call("ListEnvironmentVersions", identifier(environment_id, "environment_id")),
        )


@hide_frames
class AsyncEnvironments:
    """The calls under `/environments` for asyncio, as `client.environments` of an `AsyncClient`.

    An environment is what a session's sandbox is set up with: packages, variables, a script and network rules.

    Ids are `UUID` objects or strings. A string that is not a UUID is sent as one percent-encoded segment of the path,
    and the server answers 404; an id that is neither raises `TypeError`.

    See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
    """

    def __init__(self, core: Core) -> None:
        """Create the resource; clients do this.

        Args:
            core: The client's connection to the native library.
        """
        self._core = core

    async def list(self) -> builtins.list[Environment]:
        """List the environments that are not archived (`GET /environments`).

        Returns:
            The environments, newest first. The list is not paginated. A record that cannot be decoded is logged and
            left out; if no record can be decoded, the call raises a `DecodeError`.

        Raises:
            AuthError: The token is missing, unknown, inactive or expired.
            AodError: Any other failure; see `aod.errors`.
        """
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
        """Create an environment (`POST /environments`).

        Args:
            name: The name, at most 200 characters, unique among the environments that are not archived.
            packages: Packages to install, by package manager: `apt`, `cargo`, `gem`, `go`, `npm`, `pip`.
            env_vars: Environment variables of the sandbox. They are secret: the API never returns them.
            setup_script: A shell script that runs once, after the packages are installed.
            networking: What the sandbox may reach: a mapping, or a `Networking` model. The default is unrestricted.

        Returns:
            The environment, at version 1.

        Raises:
            ConflictError: The name is taken (`reason` is `name_taken`). Servers of 2026-04-21 answer 500, a
                `ServerError`.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument cannot be written as JSON, such as NaN.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Examples:
            >>> environment = await client.environments.create(
            ...     name="ci",
            ...     packages={"pip": ["pytest"]},
            ...     networking=aod.Networking(type="limited", allowed_hosts=["pypi.org"]),
            ... )
        """
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
        """Retrieve an environment, archived or not (`GET /environments/{id}`).

        Args:
            environment_id: The id of the environment.

        Returns:
            The environment at its current version.

        Raises:
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        response = await self._core.call_async("GetEnvironment", identifier(environment_id, "environment_id"))
        return read(Environment, response)

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
        """Update an environment (`PUT /environments/{id}`).

        `None` leaves a field unchanged; `aod.CLEAR` empties it, where the type allows that. An update that changes
        nothing keeps the version. Sandboxes that are already set up do not change.

        Args:
            environment_id: The id of the environment.
            version: The version that the update is based on, which must be the current one.
            name: A new name.
            packages: The packages that replace all current ones, by package manager.
            env_vars: The environment variables that replace all current ones.
            setup_script: The shell script that runs once, after the packages are installed.
            networking: What the sandbox may reach, which replaces the current rule.

        Returns:
            The updated environment.

        Raises:
            ConflictError: The version is not the current one (`reason` is `version_mismatch`), the environment is
                archived, or the name is taken.
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as
                JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.
        """
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

    async def update_with(
        self,
        environment_id: str | UUID,
        change: Callable[[Environment], Mapping[str, Any] | Awaitable[Mapping[str, Any]]],
    ) -> Environment:
        """Retrieve an environment, and update it with the arguments that a function returns.

        Sends `GET /environments/{id}` and `PUT /environments/{id}`. If another caller updates the environment in
        between, both requests are repeated, and `change` is called again with the current environment. There are at
        most ten attempts.

        Args:
            environment_id: The id of the environment.
            change: A function or coroutine function that is called with the environment and returns the arguments of
                `update` as a mapping. A `version` in it is ignored.

        Returns:
            The updated environment.

        Raises:
            ConflictError: The environment is archived, the new name is taken, or the version did not match in ten
                attempts.
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as
                JSON.
            TypeError: `change` returned an argument that `update` does not have, or an argument has a type that JSON
                cannot represent.
            AodError: Any other failure; see `aod.errors`.
            Exception: Whatever `change` raises.

        Examples:
            >>> await client.environments.update_with(
            ...     environment_id, lambda environment: {"packages": environment.packages | {"apt": ["jq"]}}
            ... )
        """
        return await update_with_async(
            lambda: self.get(environment_id), change, lambda fields: self.update(environment_id, **fields)
        )

    async def ensure(
        self,
        *,
        name: str,
        packages: Mapping[str, Sequence[str]] | None = None,
        env_vars: Mapping[str, str] | None = None,
        setup_script: str | None = None,
        networking: JsonObject | None = None,
    ) -> Environment:
        """Return the environment with the given name, and create or update it if necessary.

        Sends `GET /environments`, and then `POST /environments` or `PUT /environments/{id}` if necessary. Fields whose
        argument is `None` or an empty mapping keep their values. Archived environments are ignored. If several callers
        create the environment at the same time, one of them succeeds, and all get that environment.

        Args:
            name: The name, at most 200 characters.
            packages: The packages that replace all current ones, by package manager; see `create`.
            env_vars: Environment variables of the sandbox. The API never returns them, so they cannot be compared: they
                are sent only if the environment is created or another argument differs. Replace them with `update`.
            setup_script: The shell script that runs once, after the packages are installed. An empty text removes the
                current one.
            networking: What the sandbox may reach, which replaces the current rule; see `create`.

        Returns:
            The environment. Its version is unchanged if it already had all these values.

        Raises:
            ConflictError: The environment was archived in the meantime, or its version did not match in ten attempts.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument has a value or type that the API does not accept, or cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure of one of the requests; see `aod.errors`.

        Examples:
            >>> environment = await client.environments.ensure(name="ci", packages={"pip": ["pytest"]})
        """
        body = encode(
            {
                "name": name,
                "packages": packages,
                "env_vars": env_vars,
                "setup_script": setup_script,
                "networking": networking,
            }
        )
        return read(Environment, await self._core.call_async("EnsureEnvironment", None, body))

    async def archive(self, environment_id: str | UUID) -> Environment:
        """Archive an environment permanently (`POST /environments/{id}/archive`).

        An archived environment is not listed, takes no updates and starts no sessions. Its name can be used again.

        Args:
            environment_id: The id of the environment.

        Returns:
            The environment, with `archived_at` set.

        Raises:
            ConflictError: The environment is already archived.
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        response = await self._core.call_async("ArchiveEnvironment", identifier(environment_id, "environment_id"))
        return read(Environment, response)

    async def ensure_archived(self, environment_id: str | UUID) -> Environment:
        """Archive an environment like `archive`, and return it, even if it is already archived.

        Sends `POST /environments/{id}/archive`, and `GET /environments/{id}` if it is already archived.

        Args:
            environment_id: The id of the environment.

        Returns:
            The environment, with `archived_at` set.

        Raises:
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        try:
            return await self.archive(environment_id)
        except ConflictError as error:
            if error.reason != "already_archived":
                raise
        return await self.get(environment_id)

    async def delete(self, environment_id: str | UUID) -> None:
        """Delete an environment and its versions (`DELETE /environments/{id}/delete`).

        Agents that refer to the environment lose the reference.

        Args:
            environment_id: The id of the environment, archived or not.

        Raises:
            ConflictError: A session refers to the environment (`reason` is `in_use`).
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        await self._core.call_async("DeleteEnvironment", identifier(environment_id, "environment_id"))

    async def versions(self, environment_id: str | UUID) -> builtins.list[EnvironmentVersion]:
        """List all versions of an environment (`GET /environments/{id}/versions`).

        Args:
            environment_id: The id of the environment, archived or not.

        Returns:
            The versions, highest first.

        Raises:
            NotFoundError: The environment does not exist.
            ValueError: `environment_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read_list(
            EnvironmentVersion,
            await self._core.call_async("ListEnvironmentVersions", identifier(environment_id, "environment_id")),
        )


def __dir__() -> list[str]:
    return sorted(__all__)
