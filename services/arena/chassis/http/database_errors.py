"""Which refusals of the database are worth a name of their own.

SQLSTATE classes: PostgreSQL manual, appendix A.
"""

from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_BY_STATE: Final = {
    "40001": "try-again",  # serialization failure
    "40P01": "try-again",  # deadlock
    "55P03": "try-again",  # lock timeout
    "57014": "deadline-exceeded",  # statement timeout
    "53100": "storage-full",
    "23505": "conflict",  # unique violation
    "23P01": "conflict",  # exclusion violation
    "22021": "validation-failed",  # character the encoding cannot hold, such as NUL
    "22P05": "validation-failed",
    "22003": "validation-failed",  # number out of range
    "22008": "validation-failed",  # date out of range
}


def slug_of_database_error(failure: Exception) -> str | None:
    """The slug for what the database said; None when it is no such thing, or a mistake of ours."""
    if isinstance(failure, PoolTimeout):
        return "database-unavailable"
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    if not isinstance(cause, psycopg.Error):
        return None
    if slug := _BY_STATE.get(cause.sqlstate or ""):
        return slug
    return "database-unavailable" if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) else None
