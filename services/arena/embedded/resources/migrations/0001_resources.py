"""Resources, what they own, and what was told about them."""

from alembic import op

from arena.chassis.db.migrate import run_script
from arena.chassis.db.standard_tables import create_standard_tables

revision = "0001"
down_revision = None
floor = "0001"

_TABLES = """
-- json, not jsonb: fields stay in the order in which they were written.
create table resource (
  uid uuid primary key,
  kind text not null,
  namespace text not null,
  name text not null,
  generation integer not null,
  resource_version bigint not null,
  labels json not null,
  annotations json not null,
  finalizers text[] not null,
  owner uuid references resource on delete cascade,
  spec json not null,
  status json not null,
  created_at timestamptz not null,
  deleting_since timestamptz,
  failures integer not null default 0,
  unique (kind, namespace, name)
);
create index resource_owner on resource (owner);

-- What a resource owns beside other resources: the ConfigMap of a result.
create table owned (
  owner uuid not null references resource on delete cascade,
  kind text not null,
  name text not null,
  manifest json not null,
  primary key (owner, kind, name)
);

-- As Kubernetes events: the same words again count up.
create table notice (
  owner uuid not null references resource on delete cascade,
  reason text not null,
  message text not null,
  warning boolean not null,
  times integer not null default 1,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (owner, reason, message)
);
"""


def upgrade() -> None:
    """Create them."""
    create_standard_tables(op.get_bind())
    run_script(op.get_bind(), _TABLES)
