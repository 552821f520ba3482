"""Agents."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from .._core import Core
from .._wire import Clear, encode, identifier, read, read_list
from ..models import Agent, AgentVersion
from ._requests import JsonObject, cleared, reference

__all__ = ["Agents", "AsyncAgents"]


class Agents:
    """The agents of the account."""

    def __init__(self, core: Core) -> None:
        """Use a client's connections."""
        self._core = core

    def list(self) -> builtins.list[Agent]:
        """Give all agents."""
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
        """Create an agent. Older servers take `runtime`, newer ones `provider`."""
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
        """Give an agent."""
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
        """Change an agent that is still at `version`. `None` leaves a field as it is, `aod.CLEAR` empties it."""
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
        """Archive an agent."""
        return read(Agent, self._core.call("ArchiveAgent", identifier(agent_id, "agent_id")))

    def versions(self, agent_id: str | UUID) -> builtins.list[AgentVersion]:
        """Give all versions of an agent."""
        return read_list(AgentVersion, self._core.call("ListAgentVersions", identifier(agent_id, "agent_id")))


class AsyncAgents:
    """The agents of the account, for asyncio."""

    def __init__(self, core: Core) -> None:
        """Use a client's connections."""
        self._core = core

    async def list(self) -> builtins.list[Agent]:
        """Give all agents."""
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
        """Create an agent. Older servers take `runtime`, newer ones `provider`."""
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
        """Give an agent."""
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
        """Change an agent that is still at `version`. `None` leaves a field as it is, `aod.CLEAR` empties it."""
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
        """Archive an agent."""
        return read(Agent, await self._core.call_async("ArchiveAgent", identifier(agent_id, "agent_id")))

    async def versions(self, agent_id: str | UUID) -> builtins.list[AgentVersion]:
        """Give all versions of an agent."""
        answer = await self._core.call_async("ListAgentVersions", identifier(agent_id, "agent_id"))
        return read_list(AgentVersion, answer)
