"""The calls under `/agents`."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from .._core import Core
from .._tracebacks import hide_frames
from .._wire import Clear, encode, identifier, read, read_list
from ..models import Agent, AgentVersion
from ._requests import JsonObject, cleared, reference

__all__ = ["Agents", "AsyncAgents"]


@hide_frames
class Agents:
    """The calls under `/agents`, as `client.agents`.

    An agent is a definition: a model, the program that runs it, and the tools it may use. Updates create versions.

    Ids are `UUID` objects or strings. A string that is not a UUID is sent as one percent-encoded segment of the path,
    and the server answers 404; an id of another type raises `TypeError`.
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
            The agents, newest first. The API has no pages.

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
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument cannot be written as JSON, such as NaN.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Example:
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
            skills: The skills that replace all present ones.
            mcp_servers: The MCP servers that replace all present ones.
            metadata: Entries to merge into the metadata; an entry with an empty string as its value is removed.
            provider: Another provider (servers since 2026-06-25).

        Returns:
            The updated agent.

        Raises:
            ConflictError: The version is not the current one (`reason` is `version_mismatch`), or the agent is
                archived.
            NotFoundError: The agent or the environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Example:
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
    and the server answers 404; an id of another type raises `TypeError`.
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
            The agents, newest first. The API has no pages.

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
            NotFoundError: The environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: An argument cannot be written as JSON, such as NaN.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Example:
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
            skills: The skills that replace all present ones.
            mcp_servers: The MCP servers that replace all present ones.
            metadata: Entries to merge into the metadata; an entry with an empty string as its value is removed.
            provider: Another provider (servers since 2026-06-25).

        Returns:
            The updated agent.

        Raises:
            ConflictError: The version is not the current one (`reason` is `version_mismatch`), or the agent is
                archived.
            NotFoundError: The agent or the environment does not exist.
            ValidationError: The server rejects a field; `detail` says which.
            ValueError: `agent_id` is empty, `.`, `..` or not valid Unicode, or an argument cannot be written as JSON.
            TypeError: An argument has a type that JSON cannot represent.
            AodError: Any other failure; see `aod.errors`.

        Example:
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
