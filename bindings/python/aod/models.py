"""The models of responses, and of nested objects in requests.

Models keep the fields that a newer server adds, and the enumerations accept values that this version does not know. An
optional field or list element of a response that has an unexpected type is kept as the server sent it. A response
without a required field raises `DecodeError`; in the response of a list method, such a record is left out and logged.

The `repr` of a model omits fields that this version does not know, and values of an unexpected type, because they may
contain secrets.

See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetPydanticSchema,
    SerializeAsAny,
    field_validator,
    model_serializer,
)

from .events import StreamEvent, StreamEventType

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from .transcript import Transcript

__all__ = [
    "Agent",
    "AgentVersion",
    "Environment",
    "EnvironmentVersion",
    "GithubRepoResource",
    "GithubSkill",
    "InlineSkill",
    "McpServer",
    "McpServerStdio",
    "McpServerUrl",
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
    "UnknownMcpServer",
]

SessionStatus = Literal["pending", "running", "completed", "failed", "terminated"] | str
"""The status of a session; a newer server may send other values."""
TurnStatus = Literal["pending", "running", "completed", "failed", "interrupted"] | str
"""The status of a turn; a newer server may send other values. `interrupted` exists on servers since 2026-06-25."""
NetworkingType = Literal["unrestricted", "limited"] | str
"""The type of a network rule; a newer server may send other values."""
PackageManager = Literal["apt", "cargo", "gem", "go", "npm", "pip"] | str
"""A package manager of environments; a newer server may accept other values."""


class _Omitted:
    """Stands for a value in a `repr`."""

    def __init__(self, value: object) -> None:
        self._type = type(value).__name__

    def __repr__(self) -> str:
        return f"<{self._type}>"


def _is_declared(annotation: Any, value: Any) -> bool:
    """Return whether a value has the type that the annotation of its field declares."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return True
    if origin is Annotated:
        return _is_declared(args[0], value)
    if origin in (Union, UnionType):
        return any(_is_declared(part, value) for part in args)
    if origin is Literal:
        return value in args
    if origin is list:
        return isinstance(value, list) and all(_is_declared(args[0], part) for part in cast("list[Any]", value))
    if origin is dict:
        if not isinstance(value, dict):
            return False
        return all(_is_declared(args[1], part) for part in cast("dict[Any, Any]", value).values())
    return isinstance(value, annotation)


class _Model(BaseModel):
    # Schemas are built on first use: a program uses few of them. Errors of pydantic do not repeat the input, which may
    # contain secrets.
    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
        defer_build=True,
        protected_namespaces=(),
        hide_input_in_errors=True,
    )

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Omit unknown fields, and values of an unexpected type, which may contain secrets."""
        fields = type(self).model_fields
        for name, value in super().__repr_args__():
            if name in fields:
                yield name, value if _is_declared(fields[name].annotation, value) else _Omitted(value)


def _without_user(url: Any) -> Any:
    """Omit user information in a URL."""
    return re.sub("//[^/]*@", "//", url) if isinstance(url, str) else url


class McpServer(_Model):
    """An MCP server of an agent, as the API returns it.

    Attributes:
        name: The name, unique within the agent.
        type: The transport, `url` or `stdio`. The default is `url`, because servers may omit it.
        url: The URL, if `type` is `url`. Not in the `repr`, because it may contain a secret.
        command: The program, if `type` is `stdio`.
        headers: The HTTP headers, if `type` is `url`. Not in the `repr`.
        args: The arguments of the program, if `type` is `stdio`. Not in the `repr`.
        env: The environment variables of the program, if `type` is `stdio`. Not in the `repr`.
    """

    name: str
    type: Literal["url", "stdio"] | str = "url"
    url: str | None = Field(default=None, repr=False)
    command: str | None = None
    headers: dict[str, Any] | None = Field(default=None, repr=False)
    args: list[Any] | None = Field(default=None, repr=False)
    env: dict[str, Any] | None = Field(default=None, repr=False)


class UnknownMcpServer(McpServer):
    """An entry of an agent's MCP servers that is not a valid MCP server, as the server stores it.

    Serializing it returns `raw`, so that an update can send it unchanged.

    Attributes:
        name: The name, if the entry has one; otherwise empty.
        type: The type, if the entry has one; otherwise empty.
        raw: The entry: any JSON value. Not in the `repr`, because it may contain a secret.
    """

    name: str = ""
    type: Literal["url", "stdio"] | str = ""
    raw: Any = Field(default=None, repr=False)

    @model_serializer
    def _as_sent(self) -> Any:
        return self.raw


def _read_unknown_mcp_server(value: Any) -> UnknownMcpServer:
    given = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    shown = {key: given[key] for key in ("name", "type") if isinstance(given.get(key), str)}
    return UnknownMcpServer(raw=value, **shown)


def _mcp_server_schema(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Return the schema of a server that is read without a call of Python, unless it is not a valid one."""
    from pydantic_core import core_schema

    unknown = core_schema.no_info_plain_validator_function(_read_unknown_mcp_server)
    return core_schema.union_schema([handler(source), unknown], mode="left_to_right")


class McpServerUrl(_Model):
    """An MCP server at a URL, as an argument of `agents.create` and `agents.update`.

    Attributes:
        name: The name, unique within the agent.
        url: The URL. Not in the `repr`, because it may contain a secret.
        headers: Headers to send with every request to the server. Not in the `repr`.
    """

    type: Literal["url"] = "url"
    name: str
    url: str = Field(repr=False)
    headers: dict[str, str] | None = Field(default=None, repr=False)


class McpServerStdio(_Model):
    """An MCP server that is a program in the sandbox, as an argument of `agents.create` and `agents.update`.

    Attributes:
        name: The name, unique within the agent.
        command: The program.
        args: Its arguments. Not in the `repr`, because they may contain a secret.
        env: Its environment variables. Not in the `repr`.
    """

    type: Literal["stdio"] = "stdio"
    name: str
    command: str
    args: list[str] | None = Field(default=None, repr=False)
    env: dict[str, str] | None = Field(default=None, repr=False)


class InlineSkill(_Model):
    """A skill with its text, as an argument of `agents.create` and `agents.update`.

    Attributes:
        name: The name, unique within the agent: 1 to 64 lowercase letters, digits and hyphens. It must not start with a
            hyphen.
        description: When to use the skill, at most 1,024 characters.
        content: The text of the skill, at most 65,536 bytes, without the text `SKILL_EOF`.
    """

    name: str
    description: str
    content: str


class GithubSkill(_Model):
    """A skill from a GitHub repository, for servers since 2026-04-30.

    Attributes:
        source: The repository, as `owner/repo`.
        description: When to use the skill.
        name: The name of one skill in the repository. By default, all skills of the repository.
    """

    type: Literal["github"] = "github"
    source: str
    description: str
    name: str | None = None


class GithubRepoResource(_Model):
    """A GitHub repository to clone into a session's sandbox, as an argument of `sessions.create`.

    Attributes:
        url: The URL, `https://github.com/<owner>/<repo>`, with or without `.git`. The `repr` omits user information.
        mount_path: The absolute path of the folder in the sandbox to clone into. It must not be `/` or `/home/sprite`.
            By default, the server uses `/workspace/<repo>`.
        authorization_token: The GitHub token to clone a private repository with. Not in the `repr`.
    """

    type: Literal["github_repository"] = "github_repository"
    url: str
    mount_path: str | None = None
    authorization_token: str | None = Field(default=None, repr=False)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Omit user information in the URL."""
        for name, value in super().__repr_args__():
            yield name, _without_user(value) if name == "url" else value


class Networking(_Model):
    """The network rule of an environment.

    Attributes:
        type: `unrestricted`, or `limited` to `allowed_hosts`.
        allowed_hosts: The hosts that `limited` allows. An empty list blocks everything.
    """

    type: NetworkingType
    allowed_hosts: list[str] = Field(default_factory=list[str])

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _coerce_hosts(cls, value: Any) -> list[str]:
        # Servers of 2026-04-21 do not validate the hosts of an update.
        if isinstance(value, list):
            return [str(host) for host in cast("list[Any]", value)]
        return [value] if isinstance(value, str) else []


class SessionResource(_Model):
    """A repository that is cloned into a session's sandbox. The API never returns its token.

    Attributes:
        type: The kind of resource: `github_repository`.
        url: The URL, without `.git`. The `repr` omits user information in it.
        mount_path: The absolute path of the clone in the sandbox.
    """

    type: Literal["github_repository"] | str
    url: str
    mount_path: str | None = None

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Omit user information in the URL."""
        for name, value in super().__repr_args__():
            yield name, _without_user(value) if name == "url" else value


_SKILL_FIELDS = frozenset({"type", "name", "description", "content", "source"})


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
    # Serialized by the type of each value, without warnings, which would show values.
    mcp_servers: SerializeAsAny[list[Annotated[McpServer, GetPydanticSchema(_mcp_server_schema)]]] = Field(
        default_factory=list[McpServer]
    )
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])
    version: int

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Omit unknown fields of skills, which may contain secrets."""
        for name, value in super().__repr_args__():
            if name == "skills" and isinstance(value, list):
                skills = cast("list[dict[str, Any]]", value)
                yield name, [{key: skill[key] for key in skill if key in _SKILL_FIELDS} for skill in skills]
            else:
                yield name, value


class AgentVersion(_AgentFields):
    """One version of an agent.

    Attributes:
        id: The id of the agent.
        type: Always `agent`.
        name: The name.
        description: What the agent is for.
        system: Text that precedes the first prompt of each session.
        model: The model, as the server spells it.
        runtime: The program that runs the agent (servers before 2026-06-25).
        provider: The model's provider (servers since 2026-06-25).
        environment_id: The environment of sessions that do not name one.
        skills: The skills, as they were submitted.
        mcp_servers: The MCP servers, as they were submitted. One that does not have the form of an MCP server is an
            `UnknownMcpServer`.
        metadata: Your own JSON data.
        version: The number of the version, from 1.
        created_at: When the version was created.
    """

    created_at: datetime


class Agent(_AgentFields):
    """A definition of what runs in sessions.

    Attributes:
        id: The id.
        type: Always `agent`.
        name: The name, which does not have to be unique.
        description: What the agent is for.
        system: Text that precedes the first prompt of each session.
        model: The model, as the server spells it.
        runtime: The program that runs the agent (servers before 2026-06-25).
        provider: The model's provider (servers since 2026-06-25).
        environment_id: The environment of sessions that do not name one.
        skills: The skills, as they were submitted.
        mcp_servers: The MCP servers, as they were submitted. One that does not have the form of an MCP server is an
            `UnknownMcpServer`.
        metadata: Your own JSON data.
        version: The number of the version, which each update that changes something increases by 1.
        archived_at: When the agent was archived; `None` while it is active.
        created_at: When the agent was created.
        updated_at: When the agent was last changed.
    """

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
    """One version of an environment.

    Attributes:
        id: The id of the environment.
        type: Always `environment`.
        name: The name.
        packages: The packages, by package manager.
        setup_script: The shell script that runs once, after the packages are installed.
        networking: What the sandbox may reach.
        version: The number of the version, from 1.
        created_at: When the version was created.
    """

    created_at: datetime


class Environment(_EnvironmentFields):
    """The setup of a session's sandbox. The API never returns its environment variables.

    Attributes:
        id: The id.
        type: Always `environment`.
        name: The name, unique among the environments that are not archived.
        packages: The packages, by package manager.
        setup_script: The shell script that runs once, after the packages are installed.
        networking: What the sandbox may reach.
        version: The number of the version, which each update that changes something increases by 1.
        archived_at: When the environment was archived; `None` while it is active.
        created_at: When the environment was created.
        updated_at: When the environment was last changed.
    """

    archived_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class Session(_Model):
    """One sandbox in which an agent works on prompts, one turn each.

    See [Sessions and turns](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#sessions-and-turns).

    Attributes:
        id: The id.
        agent_id: The agent.
        environment_id: The environment; `None` if the session has no environment.
        runtime: The program that runs the agent (servers before 2026-06-25).
        provider: The model's provider (servers since 2026-06-25).
        status: `pending` (being set up, or a turn is queued), `running`, `completed` (a prompt starts the next turn),
            `failed` (no further turn can start) or `terminated`.
        exit_code: The exit code of the last turn; `None` while the turn is active, or if it ended without an exit code.
        created_at: When the session was created.
        updated_at: When the session was last changed.
        resources: The repositories in the sandbox.
        turn_count: The number of turns.
        current_turn: The highest turn number.
    """

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
    """A turn of a session: a prompt and its outcome.

    Attributes:
        turn_number: The number, from 1.
        prompt: The prompt, without the agent's system text.
        status: `pending`, `running`, `completed`, `failed` or `interrupted`.
        exit_code: The exit code; `None` while the turn is active, or if it ended without an exit code.
        created_at: When the prompt was accepted.
        started_at: When the turn started.
        ended_at: When the turn ended.
    """

    turn_number: int
    prompt: str
    status: TurnStatus
    exit_code: int | None = None
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


class SessionAck(_Model):
    """The response to `create`, `prompt`, `terminate` and `interrupt`; `get` returns the whole session.

    Attributes:
        id: The id of the session.
        status: The status of the session; after `interrupt`, the previous status.
        stream_url: The path of the stream, relative to the server (`create` and `prompt` only).
        environment_id: The environment (`create` only).
        resources: The repositories (`create` only).
        current_turn: The number of the new turn (`create` and `prompt` only).
    """

    id: UUID
    status: SessionStatus
    stream_url: str | None = None
    environment_id: UUID | None = None
    resources: list[SessionResource] = Field(default_factory=list[SessionResource])
    current_turn: int | None = None


class RunResult(BaseModel):
    """The result of `sessions.run`, `sessions.ask` and `sessions.wait_for_completion`.

    Attributes:
        session: The session, retrieved after the turn has ended.
        events: The events that were read, in order: those of the turn for `run` and `ask`; for `wait_for_completion`,
            all events after `since`. Empty if they were not collected.
        turn: The number of the turn, from 1, for `run` and `ask`; otherwise `None`.
    """

    session: Session
    events: list[StreamEvent] = Field(default_factory=list[StreamEvent])
    turn: int | None = None

    @property
    def stdout(self) -> str:
        """Everything that the agent printed on standard output in `events`, usually one JSON object per line."""
        return "".join(event.stdout or "" for event in self.events)

    @property
    def text(self) -> str | None:
        """The answer: the last message of the agent in the last turn of `events`.

        `None` if the agent wrote no message, if its runtime is not known, or if the events were not collected.
        """
        return self.transcript().final_text

    def transcript(self) -> Transcript:
        """Return the events as data: turns with messages, tool calls and plans, how they ended, tokens and cost.

        Returns:
            A new transcript.
        """
        from .transcript import Transcript

        transcript = Transcript()
        for event in self.events:
            transcript._apply(event, self.turn)  # pyright: ignore[reportPrivateUsage]
        if self.events:  # there may be no terminal event
            transcript._finish(self.turn)  # pyright: ignore[reportPrivateUsage]
        return transcript


def __dir__() -> list[str]:
    return sorted(__all__)
