"""Battles that resources declare, and people invited by name."""

from alembic import op

from arena.chassis.db.migrate import run_script

revision = "0002"
down_revision = "0001"
floor = "0001"

_TABLES = """
-- One row a resource, by its uid. Once withdrawn only the uid is left, for a while: what is still on its way finds it and changes nothing.
create table declaration (
  uid text primary key,
  battle_id uuid unique references battle on delete cascade,
  kind text,
  namespace text,
  name text,
  generation bigint not null,
  fence bigint not null,
  protect boolean not null,
  declared_at timestamptz not null,
  withdrawn_at timestamptz,
  check ((withdrawn_at is null) = (battle_id is not null and kind is not null and namespace is not null and name is not null))
) with (fillfactor = 80);
create index declaration_withdrawn on declaration (withdrawn_at) where withdrawn_at is not null;

-- Who declined is remembered, so that declaring the same again does not ask them again.
create table invitation (
  battle_id uuid not null references battle on delete cascade,
  user_id uuid not null,
  invited_at timestamptz not null,
  declined_at timestamptz,
  primary key (battle_id, user_id)
);
create index invitation_user on invitation (user_id, battle_id);
"""


def upgrade() -> None:
    """Create them."""
    run_script(op.get_bind(), _TABLES)
