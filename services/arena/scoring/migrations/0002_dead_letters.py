"""The record of what became of events that could not be applied."""

from alembic import op

from arena.chassis.db.standard_tables import create_dead_letters

revision = "0002"
down_revision = "0001"
floor = "0001"


def upgrade() -> None:
    """Create it."""
    create_dead_letters(op.get_bind())
