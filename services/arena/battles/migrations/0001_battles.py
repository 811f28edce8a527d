"""Battles, who takes part, what arbiters decided, results."""

from alembic import op

from arena.chassis.db.migrate import run_script
from arena.chassis.db.standard_tables import create_standard_tables

revision = "0001"
down_revision = None
floor = "0001"

_TABLES = """
-- The links are kept as they are, not as digests: their owner is shown them whenever they look at the battle, each opens this battle only,
-- and who reads this table sees the battles anyway.
create table battle (
  id uuid primary key,
  owner_id uuid not null,
  name text not null,
  spec jsonb not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  grace_ends_at timestamptz not null,
  audit_ends_at timestamptz not null,
  tzdata text not null,
  phase text not null,
  joined integer not null,
  cancelled_for text,
  result_hash text,
  invite text not null unique,
  spectator text not null unique,
  created_at timestamptz not null
) with (fillfactor = 80);
create index battle_owner on battle (owner_id, id);
create index battle_public on battle (id) where phase = 'open' and spec ->> 'invite_only' = 'false';

-- Who went while the battle ran has left_at; who went before is simply not here.
create table participant (
  battle_id uuid not null references battle on delete cascade,
  user_id uuid not null,
  habits uuid[] not null,
  time_zone text not null,
  day_start smallint not null,
  week_start text not null,
  joined_at timestamptz not null,
  left_at timestamptz,
  primary key (battle_id, user_id)
);
create index participant_user on participant (user_id, battle_id);
create index participant_place on participant (battle_id, joined_at, user_id);

create table decision (
  id uuid primary key,
  battle_id uuid not null references battle on delete cascade,
  user_id uuid not null,
  action text not null,
  fact_id uuid,
  reason text not null,
  decided_by uuid not null,
  decided_at timestamptz not null,
  unique nulls not distinct (battle_id, user_id, action, fact_id)
);
create index decision_user on decision (user_id);

-- The document in the form its hash is over (RFC 8785).
create table result (
  battle_id uuid primary key references battle on delete cascade,
  document text not null,
  hash text not null,
  finalised_at timestamptz not null
);
"""


def upgrade() -> None:
    """Create them."""
    create_standard_tables(op.get_bind())
    run_script(op.get_bind(), _TABLES)
