"""Which failures are the database's and pass, so that the same work is worth trying again."""

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

PASSING = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError, TimeoutError)
"""Lost connections, deadlocks, time-outs, a server that starts or stops: through SQLAlchemy, or from the driver at commit."""


def passes(failure: BaseException) -> bool:
    """Whether the same work may well succeed later."""
    return isinstance(failure, PASSING) or (isinstance(failure, DBAPIError) and failure.connection_invalidated)
