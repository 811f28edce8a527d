"""The archive: what of the log has left its table, who still needs what has not, and the one function that lets a month go.

`log.read` and `log.barrier` refuse what lies in the archive (AR001) instead of telling half of it. Code that knows no archive runs on,
and is refused too where it would otherwise have seen a hole.
"""

from pathlib import Path

from alembic import op

from arena.chassis.db.migrate import run_script

revision = "0002"
down_revision = "0001"
floor = "0001"


def upgrade() -> None:
    """Create its tables and functions."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql").read_text())
