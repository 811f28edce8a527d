"""New ids: UUIDv7, so that ids made later sort later."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7; within a process each sorts after the one before."""
    return uuid7()
