"""The resources of the API, one method an endpoint."""

from .agents import Agents, AsyncAgents
from .environments import AsyncEnvironments, Environments
from .sessions import AsyncSessions, Sessions

__all__ = ["Agents", "AsyncAgents", "AsyncEnvironments", "AsyncSessions", "Environments", "Sessions"]
