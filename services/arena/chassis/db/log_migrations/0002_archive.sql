-- Months that lie in the archive, and by what digest their manifest is known again.
create table log.archived_month (
  month text primary key,
  begins timestamptz not null,
  ends timestamptz not null,
  location text not null,
  manifest text not null,
  events bigint not null,
  archived_at timestamptz not null default clock_timestamp()
);
-- Which positions of which partition are in which of them.
create table log.archived (
  topic smallint not null references log.topic,
  partition smallint not null,
  first bigint not null,
  last bigint not null,
  month text not null references log.archived_month,
  primary key (topic, partition, last)
);

-- Only who owns the log may take it out of its table.
create function log.check_archivist() returns void language plpgsql stable security definer set search_path = log, pg_temp as $$
begin
  if not pg_has_role(session_user, (select tableowner from pg_tables where schemaname = 'log' and tablename = 'event'), 'member') then
    raise exception 'role % may not archive the log', session_user using errcode = 'insufficient_privilege';
  end if;
end $$;

-- The months in the table, oldest first.
create function log.segments() returns table (month text, begins timestamptz, ends timestamptz, bytes bigint)
language plpgsql stable security definer set search_path = log, pg_temp set timezone = 'UTC' as $$
begin
  perform log.check_archivist();
  return query
    select substring(c.relname from 7), bound[1]::timestamptz, bound[2]::timestamptz, pg_total_relation_size(c.oid)
    from pg_inherits i join pg_class c on c.oid = i.inhrelid,
         regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') bound
    where i.inhparent = 'log.event'::regclass and c.relname ~ '^event_[0-9]{4}_[0-9]{2}$' order by 1;
end $$;

-- Which positions of which partition a month has.
create function log.extent(wanted text) returns table (topic smallint, partition smallint, first bigint, last bigint, events bigint)
language plpgsql stable security definer set search_path = log, pg_temp as $$
begin
  perform log.check_archivist();
  return query execute format(
    'select topic, partition, min(position), max(position), count(*) from log.%I group by 1, 2 order by 1, 2', 'event_' || wanted);
end $$;

-- Who has not applied all of a month: every schema's table `applied` is asked. Schemas in `must` need to have applied all there is.
create function log.needed(wanted text, must text[]) returns table (by text, log text, partition smallint, applied bigint, last bigint)
language plpgsql stable security definer set search_path = log, pg_temp as $$
declare
  room text;
begin
  perform log.check_archivist();
  for room in select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where c.relname = 'applied' and c.relkind = 'r' order by 1
  loop
    return query execute format(
      'select a.consumer, t.name, e.partition, a.position, e.last from log.extent($1) e join log.topic t on t.number = e.topic
       join %I.applied a on a.topic = e.topic and a.partition = e.partition where a.position < e.last order by 1, 2, 3', room) using wanted;
  end loop;
  foreach room in array must loop
    if to_regclass(format('%I.applied', room)) is null then
      return query select room, t.name, e.partition, 0::bigint, e.last from log.extent(wanted) e join log.topic t on t.number = e.topic;
    else
      return query execute format(
        'select $2, t.name, e.partition, 0::bigint, e.last from log.extent($1) e join log.topic t on t.number = e.topic
         where not exists (select from %I.applied a where a.topic = e.topic and a.partition = e.partition)', room) using wanted, room;
    end if;
  end loop;
end $$;

-- Takes a month that lies in the archive out of the table, at once and for good. What is passed is what the archive was proved to hold:
-- if the table holds anything else, or somebody still needs it, nothing happens.
create function log.let_go(
  wanted text, kept_at text, known_by text, topics smallint[], partitions smallint[], firsts bigint[], lasts bigint[], must text[])
returns void language plpgsql security definer set search_path = log, pg_temp as $$
declare
  span record;
begin
  perform log.check_archivist();
  select s.* into strict span from log.segments() s where s.month = wanted;
  if exists (select from log.segments() s where s.month < wanted) then
    raise exception 'a month before % is still in the table', wanted;
  end if;
  -- A head at or after the end: nothing will ever be stamped before it.
  if span.ends > now() or exists (select from log.head h where h.at < span.ends) then
    raise exception 'the month % is not closed', wanted;
  end if;
  if exists (
    select from log.extent(wanted) e
    full join unnest(topics, partitions, firsts, lasts) k(t, p, f, l) on (e.topic, e.partition) = (k.t, k.p)
    where (e.first, e.last, e.events) is distinct from (k.f, k.l, k.l - k.f + 1)) then
    raise exception 'the archive does not hold what the table has of %', wanted;
  end if;
  if exists (
    select from unnest(topics, partitions, firsts) k(t, p, f)
    where k.f <> 1 + coalesce((select max(a.last) from log.archived a where a.topic = k.t and a.partition = k.p), 0)) then
    raise exception 'events before % lie outside any month', wanted;
  end if;
  if exists (select from log.needed(wanted, must)) then
    raise exception 'somebody has not applied all of %', wanted;
  end if;
  insert into log.archived_month (month, begins, ends, location, manifest, events)
    values (wanted, span.begins, span.ends, kept_at, known_by, coalesce((select sum(l - f + 1) from unnest(firsts, lasts) k(f, l)), 0));
  insert into log.archived (topic, partition, first, last, month)
    select k.t, k.p, k.f, k.l, wanted from unnest(topics, partitions, firsts, lasts) k(t, p, f, l);
  -- Everybody waits behind us here: where a reader takes long we give up, and come again.
  perform set_config('lock_timeout', '1500ms', true);
  execute format('drop table log.%I', 'event_' || wanted);
end $$;

-- What of a log is in the archive.
create function log.archived_of(wanted smallint)
returns table (partition smallint, first bigint, last bigint, month text, ends timestamptz, manifest text, location text)
language plpgsql stable security definer set search_path = log, pg_temp as $$
begin
  perform log.check_reader(wanted);
  return query select a.partition, a.first, a.last, a.month, m.ends, m.manifest, m.location
    from log.archived a join log.archived_month m on m.month = a.month where a.topic = wanted order by a.partition, a.last;
end $$;

-- As before, but what lies in the archive is refused. It is looked for after the rows, by a newer snapshot (hence volatile) and while we
-- hold the table: a month that was let go before they were read is told by then, and none can go until we end.
drop function if exists log.read(smallint, smallint[], bigint[], integer, timestamptz);  -- of before the first release
create or replace function log.read(wanted smallint, partitions smallint[], positions bigint[], most integer)
returns table (partition smallint, "position" bigint, at timestamptz, key text, type text, payload text, headers text)
language plpgsql volatile security definer set search_path = log, pg_temp rows 1000 as $$
begin
  perform log.check_reader(wanted);
  return query
    select e.partition, e.position, e.at, e.key, e.type, e.payload, e.headers
    from unnest(partitions, positions) c(p, pos) cross join lateral (
      select l.* from log.event l
      where l.topic = wanted and l.partition = c.p and l.position > c.pos
      order by l.position limit most) e;
  if exists (select from unnest(partitions, positions) c(p, pos)
             join log.archived a on a.topic = wanted and a.partition = c.p and a.last > c.pos) then
    raise exception 'events of log % after these positions are in the archive', wanted using errcode = 'AR001';
  end if;
end $$;

-- As before; an instant within an archived month is answered from the archive by who asks, if there are events in that month.
create or replace function log.barrier(wanted smallint, t timestamptz) returns table (partition smallint, "position" bigint)
language plpgsql security definer set search_path = log, pg_temp as $$
#variable_conflict use_column
begin
  perform log.check_reader(wanted);
  if t > clock_timestamp() then
    raise exception 'the barrier of % lies in the future', t using errcode = 'invalid_parameter_value';
  end if;
  perform 1 from log.head h where h.topic = wanted order by h.partition for no key update;
  update log.head h set at = t where h.topic = wanted and h.at < t;
  lock table only log.event in access share mode;  -- from here on no month is let go
  if exists (select from log.archived a join log.archived_month m on m.month = a.month
             where a.topic = wanted and m.begins < t and t < m.ends) then
    raise exception 'the instant % of log % is in the archive', t, wanted using errcode = 'AR001';
  end if;
  return query
    select h.partition, coalesce(
      (select max(e.position) from log.event e where e.topic = wanted and e.partition = h.partition and e.at < t),
      (select max(a.last) from log.archived a join log.archived_month m on m.month = a.month
       where a.topic = wanted and a.partition = h.partition and m.ends <= t), 0::bigint)
    from log.head h where h.topic = wanted order by h.partition;
end $$;

revoke all on all tables in schema log from public;
revoke all on all functions in schema log from public;
