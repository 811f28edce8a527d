"""Whether somebody's name may be shown in the status of battles that the host declares: not unless they say so."""

from alembic import op

from arena.chassis.db.migrate import run_script

revision = "0002"
down_revision = "0001"
floor = "0001"


def upgrade() -> None:
    """Add the consent."""
    run_script(op.get_bind(), "alter table account add column share_name boolean not null default false")
