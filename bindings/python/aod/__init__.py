"""Python SDK for the Agent on Demand (AoD) API, which runs coding agents in cloud sandboxes.

`Client` and `AsyncClient` have the calls: `client.agents`, `client.environments` and `client.sessions`. The models are
in `aod.models`, the exceptions in `aod.errors`, the formatters of agents' output in `aod.pretty`, transcripts in
`aod.transcript`, and a server for tests in `aod.testing`.

See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/).

Examples:
    >>> import aod
    >>> with aod.Client() as client:  # reads AOD_API_URL and AOD_API_TOKEN
    ...     agent = client.agents.create(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
    ...     result = client.sessions.run(agent_id=agent.id, prompt="Fix the failing test")
    ...     print(result.session.status)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from ._options import RetryPolicy
    from ._wire import CLEAR
    from .client import AsyncClient, Client
    from .errors import (
        AodConnectionError,
        AodError,
        AodHTTPError,
        AodTimeoutError,
        AuthError,
        BadRequestError,
        ClosedError,
        ConflictError,
        DecodeError,
        NotFoundError,
        RateLimitError,
        ServerError,
        TokenProviderError,
        UnsupportedError,
        ValidationError,
    )
    from .events import TERMINAL_EVENT_TYPES, StageName
    from .models import (
        Agent,
        AgentVersion,
        Environment,
        EnvironmentVersion,
        GithubRepoResource,
        GithubSkill,
        InlineSkill,
        McpServer,
        McpServerStdio,
        McpServerUrl,
        Networking,
        NetworkingType,
        PackageManager,
        RunResult,
        Session,
        SessionAck,
        SessionResource,
        SessionStatus,
        SessionTurn,
        StreamEvent,
        StreamEventType,
        TurnStatus,
        UnknownMcpServer,
    )
    from .network import Network
    from .responses import ResponseInfo
    from .stream import AsyncEventStream, ConnectionState, EventStream, Subscription
    from .transcript import Transcript
    from .watch import AsyncWatchStream, SessionEvent, WatchStream

__all__ = [
    "CLEAR",
    "TERMINAL_EVENT_TYPES",
    "Agent",
    "AgentVersion",
    "AodConnectionError",
    "AodError",
    "AodHTTPError",
    "AodTimeoutError",
    "AsyncClient",
    "AsyncEventStream",
    "AsyncWatchStream",
    "AuthError",
    "BadRequestError",
    "Client",
    "ClosedError",
    "ConflictError",
    "ConnectionState",
    "DecodeError",
    "Environment",
    "EnvironmentVersion",
    "EventStream",
    "GithubRepoResource",
    "GithubSkill",
    "InlineSkill",
    "McpServer",
    "McpServerStdio",
    "McpServerUrl",
    "Network",
    "Networking",
    "NetworkingType",
    "NotFoundError",
    "PackageManager",
    "RateLimitError",
    "ResponseInfo",
    "RetryPolicy",
    "RunResult",
    "ServerError",
    "Session",
    "SessionAck",
    "SessionEvent",
    "SessionResource",
    "SessionStatus",
    "SessionTurn",
    "StageName",
    "StreamEvent",
    "StreamEventType",
    "Subscription",
    "TokenProviderError",
    "Transcript",
    "TurnStatus",
    "UnknownMcpServer",
    "UnsupportedError",
    "ValidationError",
    "WatchStream",
    "__version__",
]

# Most of the import time is pydantic's, so each name is imported when it is first used.
_NAMES = {
    "._options": ("RetryPolicy",),
    "._wire": ("CLEAR",),
    ".client": (
        "AsyncClient",
        "Client",
    ),
    ".errors": (
        "AodConnectionError",
        "AodError",
        "AodHTTPError",
        "AodTimeoutError",
        "AuthError",
        "BadRequestError",
        "ClosedError",
        "ConflictError",
        "DecodeError",
        "NotFoundError",
        "RateLimitError",
        "ServerError",
        "TokenProviderError",
        "UnsupportedError",
        "ValidationError",
    ),
    ".events": ("TERMINAL_EVENT_TYPES", "StageName"),
    ".models": (
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
    ),
    ".network": ("Network",),
    ".responses": ("ResponseInfo",),
    ".stream": (
        "AsyncEventStream",
        "ConnectionState",
        "EventStream",
        "Subscription",
    ),
    ".transcript": ("Transcript",),
    ".watch": ("AsyncWatchStream", "SessionEvent", "WatchStream"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}
_SUBMODULES = ("client", "errors", "events", "models", "resources", "stream", "transcript")


if not TYPE_CHECKING:
    # Hidden from type checkers, which would otherwise accept any name.

    def __getattr__(name: str) -> Any:
        if name in _SUBMODULES:
            return import_module(f".{name}", __name__)
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_SUBMODULES})
