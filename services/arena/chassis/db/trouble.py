"""Which failures are the database's and pass, so that the same work is worth trying again."""

import psycopg
from psycopg.errors import IdleInTransactionSessionTimeout, TransactionTimeout
from sqlalchemy import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

TOO_LONG = (IdleInTransactionSessionTimeout, TransactionTimeout)
"""The server ended a transaction because its client was silent: it was stopped, or had no processor. The driver files it as internal."""
PASSING = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    *TOO_LONG,
    PoolTimeout,
    OSError,
    TimeoutError,
)
"""Lost connections, deadlocks, time-outs, a server that starts or stops: through SQLAlchemy, or from the driver at commit."""


def passes(failure: BaseException) -> bool:
    """Whether the same work may well succeed later."""
    return isinstance(failure, PASSING) or (isinstance(failure, DBAPIError) and failure.connection_invalidated)


def told_rightly(context: ExceptionContext) -> OperationalError | None:
    """For the engine's event `handle_error`: what the server ended is a connection that was lost, not an internal error."""
    if not isinstance(context.original_exception, TOO_LONG):
        return None
    context.is_disconnect = True
    return OperationalError(context.statement, None, context.original_exception)
