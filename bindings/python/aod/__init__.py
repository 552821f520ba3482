"""Python SDK for the Agent on Demand API."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
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
        ValidationError,
    )
    from .models import (
        Agent,
        AgentVersion,
        Environment,
        EnvironmentVersion,
        McpServer,
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
    )
    from .stream import AsyncEventStream, EventStream, Listener

__all__ = [
    "CLEAR",
    "Agent",
    "AgentVersion",
    "AodConnectionError",
    "AodError",
    "AodHTTPError",
    "AodTimeoutError",
    "AsyncClient",
    "AsyncEventStream",
    "AuthError",
    "BadRequestError",
    "Client",
    "ClosedError",
    "ConflictError",
    "DecodeError",
    "Environment",
    "EnvironmentVersion",
    "EventStream",
    "Listener",
    "McpServer",
    "Networking",
    "NetworkingType",
    "NotFoundError",
    "PackageManager",
    "RateLimitError",
    "RunResult",
    "ServerError",
    "Session",
    "SessionAck",
    "SessionResource",
    "SessionStatus",
    "SessionTurn",
    "StreamEvent",
    "StreamEventType",
    "TurnStatus",
    "ValidationError",
    "__version__",
]

# pydantic takes most of the time that importing all of this takes: a program pays for it when it first uses a name.
_NAMES = {
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
        "ValidationError",
    ),
    ".models": (
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
    ),
    ".stream": (
        "AsyncEventStream",
        "EventStream",
        "Listener",
    ),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}
_SUBMODULES = ("client", "errors", "events", "models", "resources", "stream")


if not TYPE_CHECKING:
    # Type checkers have the names above, and would take any other for given.

    def __getattr__(name: str) -> Any:
        if name in _SUBMODULES:
            return import_module(f".{name}", __name__)
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_SUBMODULES})
