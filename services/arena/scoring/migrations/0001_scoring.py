"""Scoring keeps facts, not running totals: the ledger's facts with their history, the battles' rules, and what follows from both."""

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
  week_start text not null
);
create table habit (
  habit_id uuid primary key,
  user_id uuid not null,
  kind text not null,
  deleted boolean not null default false
);
create index habit_user on habit (user_id);
-- Every schedule and target a habit had: by civil day for streaks, by acceptance for the terms frozen when a battle starts.
create table terms (
  habit_id uuid not null,
  place integer not null,
  accepted_at timestamptz not null,
  from_day date not null,
  schedule jsonb not null,
  target_bound text,
  target_amount bigint,
  primary key (habit_id, place)
);
create table fact (
  fact_id uuid not null,
  revision smallint not null,
  user_id uuid not null,
  habit_id uuid not null,
  civil_day date not null,
  instant timestamptz,
  value bigint not null,
  source text not null,
  accepted_at timestamptz not null,
  ended_at timestamptz,
  primary key (fact_id, revision)
);
create index fact_habit on fact (habit_id, civil_day);

create table battle (
  battle_id uuid primary key,
  owner_id uuid not null,
  phase text not null,
  spec text not null,
  timetable text not null,
  closes_at timestamptz not null,
  version integer not null default 0,
  revision integer not null default 0,
  as_of timestamptz not null,
  vector jsonb,
  result jsonb,
  result_hash text
) with (fillfactor = 70);
create table contestant (
  battle_id uuid not null,
  user_id uuid not null,
  habits uuid[] not null,
  time_zone text not null,
  day_start smallint not null,
  week_start text not null,
  left_at timestamptz,
  disqualified_at timestamptz,
  primary key (battle_id, user_id)
);
create index contestant_user on contestant (user_id);
create table exclusion (
  battle_id uuid not null,
  user_id uuid not null,
  fact_id uuid not null,
  at timestamptz not null,
  primary key (battle_id, fact_id)
);
create table standing (
  battle_id uuid not null,
  user_id uuid not null,
  rank integer not null,
  score bigint not null,
  met_days integer not null,
  longest_streak integer not null,
  facts integer not null,
  last_counted_at timestamptz,
  primary key (battle_id, user_id)
) with (fillfactor = 70);

-- What was last announced of a streak; the streak itself is derived from facts whenever it is asked for.
create table streak (
  habit_id uuid primary key,
  user_id uuid not null,
  length integer not null,
  since date,
  lost integer not null,
  lost_since date,
  warned_day date
);
"""


def upgrade() -> None:
    """Create them."""
    create_standard_tables(op.get_bind())
    run_script(op.get_bind(), _TABLES)
