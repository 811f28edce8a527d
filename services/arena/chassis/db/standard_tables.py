"""The tables every service has in its own schema, made by its first migration: positions, parked events, due times, idempotency keys."""

from sqlalchemy import Connection

from arena.chassis.db.migrate import run_script

_TABLES = """
-- Up to where a consumer has applied each partition; written in the transaction of the effects.
create table applied (
  consumer text not null,
  topic smallint not null,
  partition smallint not null,
  position bigint not null default 0,
  at timestamptz not null default '-infinity',
  primary key (consumer, topic, partition)
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- What could not be applied (with its reason) and, behind it, the later events of the same key.
create table parked (
  consumer text not null,
  topic smallint not null,
  partition smallint not null,
  position bigint not null,
  at timestamptz not null,
  key text not null,
  type text not null,
  payload text not null,
  headers text,
  reason text,
  attempts integer not null default 0,
  parked_at timestamptz not null default now(),
  primary key (consumer, topic, partition, position)
);
create index parked_key on parked (consumer, topic, key);
create table discarded (
  like parked,
  discarded_at timestamptz not null default now(),
  discarded_by text not null
);

-- What happens at an instant: claimed in the transaction of its effects, so once, and late if nobody was there.
create table due (
  kind text not null,
  key text not null,
  at timestamptz not null,
  attempts integer not null default 0,
  primary key (kind, key)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index due_at on due (at);

create table idempotency_key (
  principal text not null,
  key text not null,
  request_hash text not null,
  status integer,
  body bytea,
  created_at timestamptz not null default now(),
  primary key (principal, key)
);
create index idempotency_key_age on idempotency_key (created_at);
"""

_DEAD_LETTERS = """
-- What became of events that could not be applied: one line an act. Who reads Kafka is told of each; mirrored_at says when.
create table dead_letter (
  id uuid primary key default gen_random_uuid(),
  at timestamptz not null default clock_timestamp(),
  act text not null check (act in ('parked', 'failed', 'replayed', 'discarded')),
  consumer text not null,
  topic smallint not null,
  partition smallint not null,
  position bigint not null,
  key text not null,
  type text not null,
  attempts integer not null,
  why text,
  done_by text,
  mirrored_at timestamptz
);
create index dead_letter_at on dead_letter (at);
create index dead_letter_unmirrored on dead_letter (at) where mirrored_at is null;
"""


def create_standard_tables(connection: Connection) -> None:
    """Create them in the schema being migrated."""
    run_script(connection, _TABLES)


def create_dead_letters(connection: Connection) -> None:
    """Create what a service with consumers has beside them: the record of its dead letters."""
    run_script(connection, _DEAD_LETTERS)
