"""A typed client of the public API, as any other program would use it; web, CLI and simulation are built on it."""

from arena.client.client import ArenaClient
from arena.client.errors import ApiProblem, Unreachable

__all__ = ["ApiProblem", "ArenaClient", "Unreachable"]
