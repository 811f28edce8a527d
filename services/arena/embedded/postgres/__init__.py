"""A PostgreSQL 18 of our own: started from a wheel, private to one process, safe to kill at any moment."""

from arena.embedded.postgres.endpoint import Endpoint
from arena.embedded.postgres.refusals import PostgresRefused
from arena.embedded.postgres.server import EmbeddedPostgres, find_running

__all__ = ["EmbeddedPostgres", "Endpoint", "PostgresRefused", "find_running"]
