"""The resources of the API, with one method per endpoint."""

from .agents import Agents, AsyncAgents
from .environments import AsyncEnvironments, Environments
from .sessions import AsyncSessions, Sessions

__all__ = ["Agents", "AsyncAgents", "AsyncEnvironments", "AsyncSessions", "Environments", "Sessions"]


def __dir__() -> list[str]:
    return sorted(__all__)
