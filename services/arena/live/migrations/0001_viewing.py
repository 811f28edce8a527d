"""How many watch each battle, by the process that serves them."""

from alembic import op

from arena.chassis.db.migrate import run_script

revision = "0001"
down_revision = None
floor = "0001"

_TABLES = """
-- A process writes rows of its own only; what it has not confirmed for a while is not counted, and swept by whoever writes next.
create table viewing (
  instance uuid not null,
  battle_id uuid not null,
  viewers integer not null,
  seen_at timestamptz not null,
  primary key (instance, battle_id)
) with (fillfactor = 50);
create index viewing_battle on viewing (battle_id);
create index viewing_age on viewing (seen_at);
"""


def upgrade() -> None:
    """Create it."""
    run_script(op.get_bind(), _TABLES)
