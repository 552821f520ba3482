"""What the API answers with. Fields and words that a newer server adds are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .events import StreamEvent, StreamEventType

__all__ = [
    "Agent",
    "AgentVersion",
    "Environment",
    "EnvironmentVersion",
    "McpServer",
    "Networking",
    "NetworkingType",
    "PackageManager",
    "RunResult",
    "Session",
    "SessionAck",
    "SessionResource",
    "SessionStatus",
    "SessionTurn",
    "StreamEvent",
    "StreamEventType",
    "TurnStatus",
]

SessionStatus = Literal["pending", "running", "completed", "failed", "terminated"] | str
TurnStatus = Literal["pending", "running", "completed", "failed", "interrupted"] | str
NetworkingType = Literal["unrestricted", "limited"] | str
PackageManager = Literal["apt", "cargo", "gem", "go", "npm", "pip"] | str


class _Model(BaseModel):
    # Schemas are built when first needed: a program uses few of them.
    model_config = ConfigDict(extra="allow", populate_by_name=True, defer_build=True, protected_namespaces=())


class McpServer(_Model):
    """A tool server of an agent."""

    name: str
    type: Literal["url", "stdio"] | str = "url"
    url: str | None = None
    command: str | None = None
    headers: dict[str, Any] | None = None
    args: list[Any] | None = None
    env: dict[str, Any] | None = None


class Networking(_Model):
    """What an environment may reach."""

    type: NetworkingType
    allowed_hosts: list[str] = Field(default_factory=list[str])

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _coerce_hosts(cls, value: Any) -> list[str]:
        # Servers store what an update sends without a look at it.
        if isinstance(value, list):
            return [str(host) for host in cast("list[Any]", value)]
        return [value] if isinstance(value, str) else []


class SessionResource(_Model):
    """A repository cloned for a session. Its token is never returned."""

    type: Literal["github_repository"] | str
    url: str
    mount_path: str | None = None


class _AgentFields(_Model):
    id: UUID
    type: Literal["agent"] | str = "agent"
    name: str
    description: str | None = None
    system: str | None = None
    model: str
    runtime: str | None = None
    provider: str | None = None
    environment_id: UUID | None = None
    skills: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    mcp_servers: list[McpServer] = Field(default_factory=list[McpServer])
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])
    version: int


class AgentVersion(_AgentFields):
    """An agent as it was in one version."""

    created_at: datetime


class Agent(_AgentFields):
    """A definition of what runs in sessions."""

    archived_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class _EnvironmentFields(_Model):
    id: UUID
    type: Literal["environment"] | str = "environment"
    name: str
    packages: dict[str, list[str]] = Field(default_factory=dict[str, list[str]])
    setup_script: str | None = None
    networking: Networking
    version: int


class EnvironmentVersion(_EnvironmentFields):
    """An environment as it was in one version."""

    created_at: datetime


class Environment(_EnvironmentFields):
    """What agents run in. Its variables are never returned."""

    archived_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class Session(_Model):
    """A conversation with an agent, in a sandbox of its own."""

    id: UUID
    agent_id: UUID | None = None
    environment_id: UUID | None = None
    runtime: str | None = None
    provider: str | None = None
    status: SessionStatus
    exit_code: int | None = None
    created_at: datetime
    updated_at: datetime
    resources: list[SessionResource] = Field(default_factory=list[SessionResource])
    turn_count: int = 0
    current_turn: int | None = None


class SessionTurn(_Model):
    """A prompt and what became of it."""

    turn_number: int
    prompt: str
    status: TurnStatus
    exit_code: int | None = None
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


class SessionAck(_Model):
    """The answer to `create`, `prompt` and `terminate`; `get` has the whole session."""

    id: UUID
    status: SessionStatus
    stream_url: str | None = None
    environment_id: UUID | None = None
    resources: list[SessionResource] = Field(default_factory=list[SessionResource])
    current_turn: int | None = None


class RunResult(BaseModel):
    """A session that came to its end, and its events."""

    session: Session
    events: list[StreamEvent] = Field(default_factory=list[StreamEvent])
