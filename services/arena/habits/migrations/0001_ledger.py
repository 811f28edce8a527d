"""The civil-day ledger: settings, habits, and facts in revisions that are closed but never changed."""

from alembic import op

from arena.chassis.db.migrate import run_script
from arena.chassis.db.standard_tables import create_standard_tables

revision = "0001"
down_revision = None
floor = "0001"

_TABLES = """
create table settings (
  user_id uuid primary key,
  time_zone text not null,
  day_start smallint not null,
  week_start text not null,
  changed_at timestamptz not null
);
create table habit (
  id uuid primary key,
  user_id uuid not null,
  name text not null,
  kind text not null,
  unit text,
  target_bound text,
  target_amount bigint,
  schedule jsonb not null,
  archived boolean not null default false,
  source text,
  source_id text,
  created_at timestamptz not null,
  deleted_at timestamptz
);
create index habit_user on habit (user_id, id) where deleted_at is null;
create unique index habit_source on habit (user_id, source, source_id) where deleted_at is null;

-- A fact's revision in force has no closed_at; a correction closes it and adds the next, an undo closes it.
create table fact (
  id uuid not null,
  revision smallint not null,
  user_id uuid not null,
  habit_id uuid not null,
  civil_day date not null,
  instant timestamptz,
  time_zone text not null,
  day_start smallint not null,
  value bigint not null,
  note text,
  client_id text,
  source text not null,
  accepted_at timestamptz not null,
  closed_at timestamptz,
  primary key (id, revision)
);
create index fact_day on fact (habit_id, civil_day, id) where closed_at is null;
create index fact_user on fact (user_id);
create unique index fact_client on fact (habit_id, client_id) where client_id is not null and revision = 1;
"""


def upgrade() -> None:
    """Create them."""
    create_standard_tables(op.get_bind())
    run_script(op.get_bind(), _TABLES)
