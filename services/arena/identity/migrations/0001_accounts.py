"""Accounts, sessions with the digests of their refresh tokens, invitations."""

from alembic import op

from arena.chassis.db.migrate import run_script
from arena.chassis.db.standard_tables import create_standard_tables

revision = "0001"
down_revision = None
floor = "0001"

_TABLES = """
create table account (
  id uuid primary key,
  email text not null unique,
  password_hash text not null,
  display_name text not null,
  locale text not null,
  roles text[] not null,
  created_at timestamptz not null
);

-- One log-in; a session that ends is deleted, and its tokens with it.
create table session (
  id uuid primary key,
  user_id uuid not null references account on delete cascade,
  current bytea not null,
  previous bytea,
  sealed bytea,
  created_at timestamptz not null,
  rotated_at timestamptz not null,
  expires_at timestamptz not null
) with (fillfactor = 80);
create index session_of_user on session (user_id);
create index session_expiry on session (expires_at);

-- Digests of all refresh tokens of a session, used ones too: that is how a token used twice is recognised.
create table refresh_token (
  digest bytea primary key,
  session_id uuid not null references session on delete cascade,
  issued_at timestamptz not null
);
create index refresh_token_session on refresh_token (session_id, issued_at);

-- `used_by` is checked at commit: an invitation is used up before the account it admits is inserted.
create table invite (
  id uuid primary key,
  digest bytea not null unique,
  created_by uuid references account on delete set null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by uuid references account on delete set null deferrable initially deferred
);
create index invite_creator on invite (created_by);
create index invite_user on invite (used_by);
"""


def upgrade() -> None:
    """Create them."""
    create_standard_tables(op.get_bind())
    run_script(op.get_bind(), _TABLES)
