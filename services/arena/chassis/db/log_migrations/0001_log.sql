create table log.topic (
  number smallint primary key,
  name text not null unique,
  owner text not null
);
create table log.reader (
  topic smallint not null references log.topic,
  role text not null,
  primary key (topic, role)
);

-- One hot row a partition: room for HOT updates in the page, vacuumed early, never throttled.
create table log.head (
  topic smallint not null references log.topic,
  partition smallint not null,
  position bigint not null default 0,
  at timestamptz not null default '-infinity',
  primary key (topic, partition)
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- Uniqueness of positions rests on the head row: a key across segments would have to contain `at`.
create table log.event (
  topic smallint not null,
  partition smallint not null,
  position bigint not null,
  at timestamptz not null,
  key text not null,
  type text not null,
  payload text not null,
  headers text
) partition by range (at);
create index event_position on log.event (topic, partition, position);
-- Where clocks leap past the prepared months: nothing is refused, and the watch in ensure_segments tells.
create table log.event_beyond partition of log.event default;

-- Prepares the months from the current one on; answers how many events lie outside any month.
create function log.ensure_segments(ahead integer) returns bigint language plpgsql security definer set search_path = log, pg_temp as $$
declare
  month timestamptz := date_trunc('month', now(), 'UTC');
  stray bigint;
begin
  perform pg_advisory_xact_lock(hashtext('log.ensure_segments'));
  for i in 0..ahead loop
    if to_regclass(format('log.event_%s', to_char(month at time zone 'UTC', 'YYYY_MM'))) is null
       and not exists (select from log.event_beyond where at >= month and at < month + interval '1 month') then
      execute format('create table log.event_%s partition of log.event for values from (%L) to (%L)',
                     to_char(month at time zone 'UTC', 'YYYY_MM'), month, month + interval '1 month');
    end if;
    month := month + interval '1 month';
  end loop;
  select count(*) into stray from log.event_beyond;
  return stray;
end $$;

-- The last step before commit. Locks the touched heads in ascending order, advances them and inserts, in one statement.
create function log.append(topics smallint[], partitions smallint[], keys text[], types text[], payloads text[], headers text[])
returns table (topic smallint, partition smallint, last_position bigint, stamped timestamptz)
language plpgsql security definer set search_path = log, pg_temp as $$
#variable_conflict use_column
declare
  expected bigint := coalesce(array_length(topics, 1), 0);
  written bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'log.append needs READ COMMITTED, this transaction is %', current_setting('transaction_isolation');
  end if;
  if current_setting('arena.appended', true) = 'yes' then
    raise exception 'log.append is called once a transaction, as its last step';
  end if;
  perform set_config('arena.appended', 'yes', true);
  if exists (select from unnest(topics) t(n) where not exists (select from log.topic o where o.number = t.n and o.owner = session_user)) then
    raise exception 'role % may append only to the logs it owns', session_user using errcode = 'insufficient_privilege';
  end if;
  with ev as materialized (
    select e.*, row_number() over (partition by e.t, e.p order by e.ord) rn
    from unnest(topics, partitions, keys, types, payloads, headers) with ordinality e(t, p, k, ty, pl, h, ord)
  ), want as materialized (
    select e.t, e.p, count(*) n from ev e group by 1, 2
  ), lck as materialized (
    select h.topic, h.partition, w.n from log.head h join want w on (h.topic, h.partition) = (w.t, w.p)
    order by h.topic, h.partition for no key update of h
  ), upd as (
    update log.head h set position = h.position + lck.n, at = greatest(h.at, clock_timestamp()) from lck
    where (h.topic, h.partition) = (lck.topic, lck.partition)
    returning h.topic, h.partition, h.position - lck.n as base, h.at
  )
  insert into log.event (topic, partition, position, key, type, payload, headers, at)
  select e.t, e.p, u.base + e.rn, e.k, e.ty, e.pl, e.h, u.at from ev e join upd u on (u.topic, u.partition) = (e.t, e.p);
  get diagnostics written = row_count;
  if written <> expected then
    raise exception 'log.append wrote % of % events: a head row is missing', written, expected;
  end if;
  return query select h.topic, h.partition, h.position, h.at from log.head h
    where (h.topic, h.partition) in (select distinct a.t, a.p from unnest(topics, partitions) a(t, p));
end $$;

create function log.check_reader(wanted smallint) returns void language plpgsql stable security definer set search_path = log, pg_temp as $$
begin
  if not exists (select from log.reader r where r.topic = wanted and r.role = session_user)
     and not exists (select from log.topic o where o.number = wanted and o.owner = session_user)
     and not pg_has_role(session_user, (select tableowner from pg_tables where schemaname = 'log' and tablename = 'event'), 'member') then
    raise exception 'role % does not read log %', session_user, wanted using errcode = 'insufficient_privilege';
  end if;
end $$;

-- Events after the given positions, in order, at most `most` of each partition.
create function log.read(wanted smallint, partitions smallint[], positions bigint[], most integer)
returns table (partition smallint, "position" bigint, at timestamptz, key text, type text, payload text, headers text)
language plpgsql stable security definer set search_path = log, pg_temp rows 1000 as $$
begin
  perform log.check_reader(wanted);
  return query
    select e.partition, e.position, e.at, e.key, e.type, e.payload, e.headers
    from unnest(partitions, positions) c(p, pos) cross join lateral (
      select l.* from log.event l
      where l.topic = wanted and l.partition = c.p and l.position > c.pos
      order by l.position limit most) e;
end $$;

-- Where a log stands: the last position of each partition.
create function log.heads(wanted smallint) returns table (partition smallint, "position" bigint)
language plpgsql stable security definer set search_path = log, pg_temp as $$
begin
  perform log.check_reader(wanted);
  return query select h.partition, h.position from log.head h where h.topic = wanted order by h.partition;
end $$;

-- The barrier of T: per partition the last position stamped before T. Raises every head to T first, so the answer never changes afterwards.
create function log.barrier(wanted smallint, t timestamptz) returns table (partition smallint, "position" bigint)
language plpgsql security definer set search_path = log, pg_temp as $$
#variable_conflict use_column
begin
  perform log.check_reader(wanted);
  if t > clock_timestamp() then
    raise exception 'the barrier of % lies in the future', t using errcode = 'invalid_parameter_value';
  end if;
  perform 1 from log.head h where h.topic = wanted order by h.partition for no key update;
  update log.head h set at = t where h.topic = wanted and h.at < t;
  return query
    select h.partition, coalesce((select max(e.position) from log.event e where e.topic = wanted and e.partition = h.partition and e.at < t), 0::bigint)
    from log.head h where h.topic = wanted order by h.partition;
end $$;

revoke all on all tables in schema log from public;
revoke all on all functions in schema log from public;
