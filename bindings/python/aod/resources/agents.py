"""The calls under `/agents`."""

from __future__ import annotations

import builtins
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from .._core import Core
from .._tracebacks import hide_frames
from .._wire import Clear, encode, identifier, read, read_list
from ..errors import ConflictError
from ..models import Agent, AgentVersion
from ._requests import JsonObject, cleared, reference
from ._update import update_with, update_with_async

__all__ = ["Agents", "AsyncAgents"]


@hide_frames
class Agents:
    """The calls under `/agents`, as `client.agents`.

    An agent is a definition: a model, the program that runs it, and the tools it may use. Updates create versions.

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

    def list(self) -> builtins.list[Agent]:
        """List the agents that are not archived (`GET /agents`).

        Returns:
            The agents, newest first. The list is not paginated. A record that cannot be decoded is logged and left out;
            if no record can be decoded, the call raises a `DecodeError`.

        Raises:
            AuthError: The token is missing, unknown, inactive or expired.
            AodError: Any other failure; see `aod.errors`.
        """
        return read_list(Agent, self._core.call("ListAgents"))

    def create(
        self,
        *,
        name: str,
        model: str,
        runtime: str | None = None,
        system: str | None = None,
        description: str | None = None,
        environment_id: str | UUID | None = None,
        skills: Sequence[JsonObject] | None = None,
        mcp_servers: Sequence[JsonObject] | None = None,
        metadata: Mapping[str, Any] | None = None,
        provider: str | None = None,
    ) -> Agent:
        """Create an agent (`POST /agents`).

        Servers before 2026-06-25 require `runtime`, servers since then require `provider`. Arguments that are `None`
        are not sent, so the server's defaults apply.

        Args:
            name: The name, at most 200 characters. It does not have to be unique.
            model: The model, such as `claude-sonnet-4-6`, at most 100 characters. Servers of 2026-04-30 require the
                provider as a prefix: `anthropic/claude-sonnet-4-6`.
            runtime: The program that runs the agent, such as `claude` or `codex`.
            system: Text that precedes the first prompt of each session.
            description: What the agent is for.
            environment_id: The environment of sessions that do not name one.
            skills: Up to 20 skills: `InlineSkill` or `GithubSkill` models, or mappings with the same fields.
            mcp_servers: Up to 20 MCP servers: `McpServerUrl` or `McpServerStdio` models, or mappings with the same
                fields.
            metadata: Your own JSON data.
            provider: The model's provider, such as `anthropic` or `openai`.

        Returns:
            The agent, at version 1.

        Raises:
            BadRequestError: The runtime is unknown.
            ConflictError: The environment is archived (servers since 2026-04-30).
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument cannot be written as JSON, such as NaN.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Examples:
            >>> agent = client.agents.create(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
        """
        body = encode(
            {
                "name": name,
                "model": model,
                "runtime": runtime,
                "provider": provider,
                "system": system,
                "description": description,
                "environment_id": reference(environment_id),
                "skills": skills,
                "mcp_servers": mcp_servers,
                "metadata": metadata,
            }
        )
        return read(Agent, self._core.call("CreateAgent", None, body))

    def get(self, agent_id: str | UUID) -> Agent:
        """Retrieve an agent, archived or not (`GET /agents/{id}`).

        Args:
            agent_id: The id of the agent.

        Returns:
            The agent at its current version.

        Raises:
            NotFoundError: The agent does not exist.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(Agent, self._core.call("GetAgent", identifier(agent_id, "agent_id")))

    def update(
        self,
        agent_id: str | UUID,
        *,
        version: int,
        name: str | None = None,
        model: str | None = None,
        runtime: str | None = None,
        system: str | Clear | None = None,
        description: str | Clear | None = None,
        environment_id: str | UUID | Clear | None = None,
        skills: Sequence[JsonObject] | Clear | None = None,
        mcp_servers: Sequence[JsonObject] | Clear | None = None,
        metadata: Mapping[str, Any] | None = None,
        provider: str | None = None,
    ) -> Agent:
        """Update an agent (`PUT /agents/{id}`).

        `None` leaves a field unchanged; `aod.CLEAR` empties it, where the type allows that. An update that changes
        nothing keeps the version. Running sessions keep the agent as it was when they started.

        Args:
            agent_id: The id of the agent.
            version: The version that the update is based on, which must be the current one.
            name: A new name.
            model: Another model.
            runtime: Another runtime (servers before 2026-06-25).
            system: Text that precedes the first prompt of each session.
            description: What the agent is for.
            environment_id: The environment of sessions that do not name one. Servers since 2026-04-30 detach it on
                `aod.CLEAR`; earlier ones leave it unchanged.
            skills: The skills that replace all current ones.
            mcp_servers: The MCP servers that replace all current ones.
            metadata: Entries to merge into the metadata; an entry with an empty string as its value is removed.
            provider: Another provider (servers since 2026-06-25).

        Returns:
            The updated agent.

        Raises:
            BadRequestError: The runtime is unknown.
            ConflictError: The version is not the current one (`reason` is `version_mismatch`), the agent is archived,
                or, on servers since 2026-04-30, the new environment is archived.
            NotFoundError: The agent or the environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Examples:
            >>> agent = client.agents.update(agent.id, version=agent.version, system="Be brief.")
        """
        body = encode(
            {
                "version": version,
                "name": name,
                "model": model,
                "runtime": runtime,
                "provider": provider,
                "system": cleared(system, ""),
                "description": cleared(description, ""),
                "environment_id": reference(environment_id),
                "skills": cleared(skills, []),
                "mcp_servers": cleared(mcp_servers, []),
                "metadata": metadata,
            }
        )
        return read(Agent, self._core.call("UpdateAgent", identifier(agent_id, "agent_id"), body))

    def update_with(self, agent_id: str | UUID, change: Callable[[Agent], Mapping[str, Any]]) -> Agent:
        r"""Retrieve an agent, and update it with the arguments that a function returns.

        Sends `GET /agents/{id}` and `PUT /agents/{id}`. If another caller updates the agent in between, both requests
        are repeated, and `change` is called again with the current agent. There are at most ten attempts.

        Args:
            agent_id: The id of the agent.
            change: A function that is called with the agent and returns the arguments of `update` as a mapping. A
                `version` in it is ignored.

        Returns:
            The updated agent.

        Raises:
            ConflictError: The agent is archived, or its version did not match in ten attempts.
            NotFoundError: The agent or the environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as JSON.
            TypeError: `change` returned an argument that `update` does not have, or an argument has a type that JSON
                cannot represent.
            AodError: Any other failure; see `aod.errors`.
            Exception: Whatever `change` raises.

        Examples:
            >>> client.agents.update_with(agent_id, lambda agent: {"system": f"{agent.system or ''}\nBe brief."})
        """
        return update_with(lambda: self.get(agent_id), change, lambda fields: self.update(agent_id, **fields))

    def ensure(
        self,
        *,
        name: str,
        model: str,
        runtime: str | None = None,
        system: str | None = None,
        description: str | None = None,
        environment_id: str | UUID | None = None,
        skills: Sequence[JsonObject] | None = None,
        mcp_servers: Sequence[JsonObject] | None = None,
        metadata: Mapping[str, Any] | None = None,
        provider: str | None = None,
    ) -> Agent:
        """Return the agent with the given name, and create or update it if necessary.

        Sends `GET /agents`, and then `POST /agents` or `PUT /agents/{id}` if necessary. Fields whose argument is `None`
        or an empty list, and metadata entries that are not passed, keep their values. If several agents have the name,
        the oldest one is used; archived agents are ignored. If several callers create the agent at the same time, each
        of them archives the agent that it created if the server lists an older one, and uses the older one.

        Args:
            name: The name, at most 200 characters.
            model: The model; see `create`.
            runtime: The program that runs the agent; see `create`.
            system: Text that precedes the first prompt of each session. An empty text removes the current one.
            description: What the agent is for. An empty text removes the current one.
            environment_id: The environment of sessions that do not name one.
            skills: The skills that replace all current ones; see `create`.
            mcp_servers: The MCP servers that replace all current ones; see `create`.
            metadata: Entries to merge into the metadata. An empty string as the value removes an entry.
            provider: The model's provider; see `create`.

        Returns:
            The agent. Its version is unchanged if it already had all these values.

        Raises:
            BadRequestError: The runtime is unknown.
            ConflictError: The agent was archived in the meantime, or its version did not match in ten attempts.
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument has a value or type that the API does not accept, or cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure of one of the requests; see `aod.errors`.

        Examples:
            >>> agent = client.agents.ensure(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
        """
        body = encode(
            {
                "name": name,
                "model": model,
                "runtime": runtime,
                "provider": provider,
                "system": system,
                "description": description,
                "environment_id": reference(environment_id),
                "skills": skills,
                "mcp_servers": mcp_servers,
                "metadata": metadata,
            }
        )
        return read(Agent, self._core.call("EnsureAgent", None, body))

    def archive(self, agent_id: str | UUID) -> Agent:
        """Archive an agent permanently (`POST /agents/{id}/archive`).

        An archived agent is not listed, takes no updates and starts no sessions. Its running sessions continue.

        Args:
            agent_id: The id of the agent.

        Returns:
            The agent, with `archived_at` set.

        Raises:
            ConflictError: The agent is already archived.
            NotFoundError: The agent does not exist.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(Agent, self._core.call("ArchiveAgent", identifier(agent_id, "agent_id")))

    def ensure_archived(self, agent_id: str | UUID) -> Agent:
        """Archive an agent like `archive`, and return it, even if it is already archived.

        Sends `POST /agents/{id}/archive`, and `GET /agents/{id}` if it is already archived.

        Args:
            agent_id: The id of the agent.

        Returns:
            The agent, with `archived_at` set.

        Raises:
            NotFoundError: The agent does not exist.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        try:
            return self.archive(agent_id)
        except ConflictError as error:
            if error.reason != "already_archived":
                raise
        return self.get(agent_id)

    def versions(self, agent_id: str | UUID) -> builtins.list[AgentVersion]:
        """List all versions of an agent (`GET /agents/{id}/versions`).

        Args:
            agent_id: The id of the agent, archived or not.

        Returns:
            The versions, highest first.

        Raises:
            NotFoundError: The agent does not exist.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read_list(AgentVersion, self._core.call("ListAgentVersions", identifier(agent_id, "agent_id")))


@hide_frames
class AsyncAgents:
    """The calls under `/agents` for asyncio, as `client.agents` of an `AsyncClient`.

    An agent is a definition: a model, the program that runs it, and the tools it may use. Updates create versions.

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

    async def list(self) -> builtins.list[Agent]:
        """List the agents that are not archived (`GET /agents`).

        Returns:
            The agents, newest first. The list is not paginated. A record that cannot be decoded is logged and left out;
            if no record can be decoded, the call raises a `DecodeError`.

        Raises:
            AuthError: The token is missing, unknown, inactive or expired.
            AodError: Any other failure; see `aod.errors`.
        """
        return read_list(Agent, await self._core.call_async("ListAgents"))

    async def create(
        self,
        *,
        name: str,
        model: str,
        runtime: str | None = None,
        system: str | None = None,
        description: str | None = None,
        environment_id: str | UUID | None = None,
        skills: Sequence[JsonObject] | None = None,
        mcp_servers: Sequence[JsonObject] | None = None,
        metadata: Mapping[str, Any] | None = None,
        provider: str | None = None,
    ) -> Agent:
        """Create an agent (`POST /agents`).

        Servers before 2026-06-25 require `runtime`, servers since then require `provider`. Arguments that are `None`
        are not sent, so the server's defaults apply.

        Args:
            name: The name, at most 200 characters. It does not have to be unique.
            model: The model, such as `claude-sonnet-4-6`, at most 100 characters. Servers of 2026-04-30 require the
                provider as a prefix: `anthropic/claude-sonnet-4-6`.
            runtime: The program that runs the agent, such as `claude` or `codex`.
            system: Text that precedes the first prompt of each session.
            description: What the agent is for.
            environment_id: The environment of sessions that do not name one.
            skills: Up to 20 skills: `InlineSkill` or `GithubSkill` models, or mappings with the same fields.
            mcp_servers: Up to 20 MCP servers: `McpServerUrl` or `McpServerStdio` models, or mappings with the same
                fields.
            metadata: Your own JSON data.
            provider: The model's provider, such as `anthropic` or `openai`.

        Returns:
            The agent, at version 1.

        Raises:
            BadRequestError: The runtime is unknown.
            ConflictError: The environment is archived (servers since 2026-04-30).
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument cannot be written as JSON, such as NaN.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Examples:
            >>> agent = await client.agents.create(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
        """
        body = encode(
            {
                "name": name,
                "model": model,
                "runtime": runtime,
                "provider": provider,
                "system": system,
                "description": description,
                "environment_id": reference(environment_id),
                "skills": skills,
                "mcp_servers": mcp_servers,
                "metadata": metadata,
            }
        )
        return read(Agent, await self._core.call_async("CreateAgent", None, body))

    async def get(self, agent_id: str | UUID) -> Agent:
        """Retrieve an agent, archived or not (`GET /agents/{id}`).

        Args:
            agent_id: The id of the agent.

        Returns:
            The agent at its current version.

        Raises:
            NotFoundError: The agent does not exist.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(Agent, await self._core.call_async("GetAgent", identifier(agent_id, "agent_id")))

    async def update(
        self,
        agent_id: str | UUID,
        *,
        version: int,
        name: str | None = None,
        model: str | None = None,
        runtime: str | None = None,
        system: str | Clear | None = None,
        description: str | Clear | None = None,
        environment_id: str | UUID | Clear | None = None,
        skills: Sequence[JsonObject] | Clear | None = None,
        mcp_servers: Sequence[JsonObject] | Clear | None = None,
        metadata: Mapping[str, Any] | None = None,
        provider: str | None = None,
    ) -> Agent:
        """Update an agent (`PUT /agents/{id}`).

        `None` leaves a field unchanged; `aod.CLEAR` empties it, where the type allows that. An update that changes
        nothing keeps the version. Running sessions keep the agent as it was when they started.

        Args:
            agent_id: The id of the agent.
            version: The version that the update is based on, which must be the current one.
            name: A new name.
            model: Another model.
            runtime: Another runtime (servers before 2026-06-25).
            system: Text that precedes the first prompt of each session.
            description: What the agent is for.
            environment_id: The environment of sessions that do not name one. Servers since 2026-04-30 detach it on
                `aod.CLEAR`; earlier ones leave it unchanged.
            skills: The skills that replace all current ones.
            mcp_servers: The MCP servers that replace all current ones.
            metadata: Entries to merge into the metadata; an entry with an empty string as its value is removed.
            provider: Another provider (servers since 2026-06-25).

        Returns:
            The updated agent.

        Raises:
            BadRequestError: The runtime is unknown.
            ConflictError: The version is not the current one (`reason` is `version_mismatch`), the agent is archived,
                or, on servers since 2026-04-30, the new environment is archived.
            NotFoundError: The agent or the environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Examples:
            >>> agent = await client.agents.update(agent.id, version=agent.version, system="Be brief.")
        """
        body = encode(
            {
                "version": version,
                "name": name,
                "model": model,
                "runtime": runtime,
                "provider": provider,
                "system": cleared(system, ""),
                "description": cleared(description, ""),
                "environment_id": reference(environment_id),
                "skills": cleared(skills, []),
                "mcp_servers": cleared(mcp_servers, []),
                "metadata": metadata,
            }
        )
        return read(Agent, await self._core.call_async("UpdateAgent", identifier(agent_id, "agent_id"), body))

    async def update_with(
        self, agent_id: str | UUID, change: Callable[[Agent], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]
    ) -> Agent:
        r"""Retrieve an agent, and update it with the arguments that a function returns.

        Sends `GET /agents/{id}` and `PUT /agents/{id}`. If another caller updates the agent in between, both requests
        are repeated, and `change` is called again with the current agent. There are at most ten attempts.

        Args:
            agent_id: The id of the agent.
            change: A function or coroutine function that is called with the agent and returns the arguments of `update`
                as a mapping. A `version` in it is ignored.

        Returns:
            The updated agent.

        Raises:
            ConflictError: The agent is archived, or its version did not match in ten attempts.
            NotFoundError: The agent or the environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as JSON.
            TypeError: `change` returned an argument that `update` does not have, or an argument has a type that JSON
                cannot represent.
            AodError: Any other failure; see `aod.errors`.
            Exception: Whatever `change` raises.

        Examples:
            >>> await client.agents.update_with(agent_id, lambda agent: {"system": f"{agent.system or ''}\nBe brief."})
        """
        return await update_with_async(
            lambda: self.get(agent_id), change, lambda fields: self.update(agent_id, **fields)
        )

    async def ensure(
        self,
        *,
        name: str,
        model: str,
        runtime: str | None = None,
        system: str | None = None,
        description: str | None = None,
        environment_id: str | UUID | None = None,
        skills: Sequence[JsonObject] | None = None,
        mcp_servers: Sequence[JsonObject] | None = None,
        metadata: Mapping[str, Any] | None = None,
        provider: str | None = None,
    ) -> Agent:
        """Return the agent with the given name, and create or update it if necessary.

        Sends `GET /agents`, and then `POST /agents` or `PUT /agents/{id}` if necessary. Fields whose argument is `None`
        or an empty list, and metadata entries that are not passed, keep their values. If several agents have the name,
        the oldest one is used; archived agents are ignored. If several callers create the agent at the same time, each
        of them archives the agent that it created if the server lists an older one, and uses the older one.

        Args:
            name: The name, at most 200 characters.
            model: The model; see `create`.
            runtime: The program that runs the agent; see `create`.
            system: Text that precedes the first prompt of each session. An empty text removes the current one.
            description: What the agent is for. An empty text removes the current one.
            environment_id: The environment of sessions that do not name one.
            skills: The skills that replace all current ones; see `create`.
            mcp_servers: The MCP servers that replace all current ones; see `create`.
            metadata: Entries to merge into the metadata. An empty string as the value removes an entry.
            provider: The model's provider; see `create`.

        Returns:
            The agent. Its version is unchanged if it already had all these values.

        Raises:
            BadRequestError: The runtime is unknown.
            ConflictError: The agent was archived in the meantime, or its version did not match in ten attempts.
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument has a value or type that the API does not accept, or cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure of one of the requests; see `aod.errors`.

        Examples:
            >>> agent = await client.agents.ensure(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
        """
        body = encode(
            {
                "name": name,
                "model": model,
                "runtime": runtime,
                "provider": provider,
                "system": system,
                "description": description,
                "environment_id": reference(environment_id),
                "skills": skills,
                "mcp_servers": mcp_servers,
                "metadata": metadata,
            }
        )
        return read(Agent, await self._core.call_async("EnsureAgent", None, body))

    async def archive(self, agent_id: str | UUID) -> Agent:
        """Archive an agent permanently (`POST /agents/{id}/archive`).

        An archived agent is not listed, takes no updates and starts no sessions. Its running sessions continue.

        Args:
            agent_id: The id of the agent.

        Returns:
            The agent, with `archived_at` set.

        Raises:
            ConflictError: The agent is already archived.
            NotFoundError: The agent does not exist.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        return read(Agent, await self._core.call_async("ArchiveAgent", identifier(agent_id, "agent_id")))

    async def ensure_archived(self, agent_id: str | UUID) -> Agent:
        """Archive an agent like `archive`, and return it, even if it is already archived.

        Sends `POST /agents/{id}/archive`, and `GET /agents/{id}` if it is already archived.

        Args:
            agent_id: The id of the agent.

        Returns:
            The agent, with `archived_at` set.

        Raises:
            NotFoundError: The agent does not exist.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        try:
            return await self.archive(agent_id)
        except ConflictError as error:
            if error.reason != "already_archived":
                raise
        return await self.get(agent_id)

    async def versions(self, agent_id: str | UUID) -> builtins.list[AgentVersion]:
        """List all versions of an agent (`GET /agents/{id}/versions`).

        Args:
            agent_id: The id of the agent, archived or not.

        Returns:
            The versions, highest first.

        Raises:
            NotFoundError: The agent does not exist.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode.
            AodError: Any other failure; see `aod.errors`.
        """
        response = await self._core.call_async("ListAgentVersions", identifier(agent_id, "agent_id"))
        return read_list(AgentVersion, response)


def __dir__() -> list[str]:
    return sorted(__all__)
