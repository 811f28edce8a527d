"""The event log: heads with gapless positions, events in monthly segments, one function to append, one to read, one for barriers.

Every door is a SECURITY DEFINER function that checks the session's role against `log.topic` and `log.reader`.
"""

from pathlib import Path

from alembic import op

from arena.chassis.db.migrate import run_script

revision = "0001"
down_revision = None
floor = "0001"


def upgrade() -> None:
    """Create the schema `log`."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text())
