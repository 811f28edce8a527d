"""SQL of the ledger; rows become domain objects here."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

import msgspec
from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.habits import Source
from arena.contracts.habit import Bound, HabitKind, Schedule, Target, Weekday
from arena.contracts.ids import FactId, HabitId, UserId
from arena.habits.domain import Fact, Habit, LedgerSettings

_HABIT = "id, user_id, name, kind, unit, target_bound, target_amount, schedule, archived, created_at"
_FACT = "id, revision, user_id, habit_id, civil_day, instant, time_zone, day_start, value, note, client_id, source, accepted_at, closed_at"


async def settings(uow: UnitOfWork, user_id: UserId) -> LedgerSettings:
    """The settings in force; the defaults where none were chosen."""
    rows = await uow.connection.execute(
        text("select time_zone, day_start, week_start from settings where user_id = :user"), {"user": user_id}
    )
    row = rows.first()
    return LedgerSettings() if row is None else _settings(row)


async def save_settings(uow: UnitOfWork, user_id: UserId, chosen: LedgerSettings) -> None:
    """Put them in force."""
    await uow.connection.execute(
        text(
            "insert into settings values (:user, :zone, :start, :week, :now) on conflict (user_id) do update "
            "set time_zone = excluded.time_zone, day_start = excluded.day_start, week_start = excluded.week_start, changed_at = "
            "excluded.changed_at"
        ),
        {"user": user_id, "zone": chosen.time_zone, "start": chosen.day_start, "week": chosen.week_start.value, "now": uow.now},
    )


async def add_habits(uow: UnitOfWork, habits: Sequence[Habit], sources: Mapping[HabitId, tuple[str, str]] | None = None) -> None:
    """Insert habits; `sources` names where an imported one came from."""
    for habit in habits:
        source, source_id = (sources or {}).get(habit.id, (None, None))
        await uow.connection.execute(
            text(
                f"insert into habit ({_HABIT}, source, source_id) values (:id, :user_id, :name, :kind, :unit, :target_bound, "
                ":target_amount, cast(:schedule as jsonb), :archived, :created_at, :source, :source_id)"
            ),
            _habit_row(habit) | {"source": source, "source_id": source_id},
        )


async def save_habit(uow: UnitOfWork, habit: Habit) -> None:
    """Store what may change of a habit."""
    await uow.connection.execute(
        text(
            "update habit set name = :name, unit = :unit, target_bound = :target_bound, target_amount = :target_amount, "
            "schedule = cast(:schedule as jsonb), archived = :archived where id = :id"
        ),
        _habit_row(habit),
    )


async def find_habit(uow: UnitOfWork, user_id: UserId, habit_id: HabitId, *, lock: bool = False) -> Habit | None:
    """The user's habit, if it is theirs and still there."""
    rows = await uow.connection.execute(
        text(
            f"select {_HABIT} from habit where id = :id and user_id = :user and deleted_at is null" + (" for no key update" if lock else "")
        ),
        {"id": habit_id, "user": user_id},
    )
    row = rows.first()
    return None if row is None else _habit(row)


async def habits_of(
    uow: UnitOfWork, user_id: UserId, *, after: HabitId | None, limit: int, ids: Sequence[HabitId] | None = None
) -> list[Habit]:
    """The user's habits by age, from `after` on; only `ids` where given."""
    rows = await uow.connection.execute(
        text(
            f"select {_HABIT} from habit where user_id = :user and deleted_at is null "
            "and (cast(:after as uuid) is null or id > :after) and (cast(:ids as uuid[]) is null or id = any(:ids)) order by id "
            "limit :limit"
        ),
        {"user": user_id, "after": after, "limit": limit, "ids": None if ids is None else list(ids)},
    )
    return [_habit(row) for row in rows]


async def delete_habit(uow: UnitOfWork, habit_id: HabitId) -> None:
    """Take a habit and its facts out of the ledger."""
    await uow.connection.execute(text("update habit set deleted_at = :now where id = :id"), {"id": habit_id, "now": uow.now})
    await uow.connection.execute(
        text("update fact set closed_at = :now where habit_id = :id and closed_at is null"), {"id": habit_id, "now": uow.now}
    )


async def erase(uow: UnitOfWork, user_ids: Sequence[UserId]) -> None:
    """Delete every row about these people. Their habits are held first, in order: facts that are being logged are then there too."""
    users = {"users": list(user_ids)}
    await uow.connection.execute(text("select from habit where user_id = any(:users) order by id for update"), users)
    for table in ("fact", "habit", "settings"):
        await uow.connection.execute(text(f"delete from {table} where user_id = any(:users)"), users)


async def ledger_of(uow: UnitOfWork, wanted: Sequence[tuple[UserId, HabitId]]) -> list[tuple[HabitKind, LedgerSettings] | None]:
    """For each (user, habit) the habit's kind and the user's settings in force; None where the habit is not theirs.

    The habits are held: whoever deletes one waits, and then closes the facts that come to it now.
    """
    driver = await uow.driver()
    habits = [habit for _, habit in wanted]
    cursor = await driver.execute(
        "with held as materialized "
        "(select id, user_id, kind from habit where id = any(%b::uuid[]) and deleted_at is null order by id for share) "
        "select h.kind, s.time_zone, s.day_start, s.week_start "
        "from unnest(%b::uuid[], %b::uuid[]) with ordinality w(user_id, habit_id, place) "
        "left join held h on h.id = w.habit_id and h.user_id = w.user_id "
        "left join settings s on s.user_id = w.user_id order by w.place",
        (habits, [user for user, _ in wanted], habits),
        binary=True,
    )
    return [
        None if kind is None else (HabitKind(kind), LedgerSettings() if zone is None else LedgerSettings(zone, start, Weekday(week)))
        for kind, zone, start, week in await cursor.fetchall()
    ]


async def add_facts(uow: UnitOfWork, facts: Sequence[Fact]) -> frozenset[FactId]:
    """Insert facts and answer which are new; one whose client id its habit knows is not."""
    driver = await uow.driver()
    ordered = sorted(facts, key=lambda fact: (fact.habit_id, fact.client_id or ""))  # every writer locks in this order
    columns = [list(column) for column in zip(*(_fact_row(fact) for fact in ordered), strict=True)]
    cursor = await driver.execute(
        f"insert into fact ({_FACT}) select * from unnest(%b::uuid[], %b::smallint[], %b::uuid[], %b::uuid[], %b::date[], "
        "%b::timestamptz[], "
        "%b::text[], %b::smallint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[]) "
        "on conflict (habit_id, client_id) where client_id is not null and revision = 1 do nothing returning id",
        columns,
        binary=True,
    )
    return frozenset(cast("FactId", row[0]) for row in await cursor.fetchall())


async def facts_by_client(uow: UnitOfWork, pairs: Sequence[tuple[HabitId, str]]) -> dict[tuple[HabitId, str], Fact]:
    """The latest revision of the facts with these client ids."""
    rows = await uow.connection.execute(
        text(
            f"select distinct on (f.habit_id, f.client_id) {', '.join('f.' + c for c in _FACT.split(', '))} from fact f "
            "join unnest(cast(:habits as uuid[]), cast(:clients as text[])) w(habit_id, client_id) "
            "on f.habit_id = w.habit_id and f.client_id = w.client_id order by f.habit_id, f.client_id, f.revision desc"
        ),
        {"habits": [habit for habit, _ in pairs], "clients": [client for _, client in pairs]},
    )
    return {(fact.habit_id, fact.client_id or ""): fact for fact in map(_fact, rows)}


async def find_fact(uow: UnitOfWork, user_id: UserId, habit_id: HabitId, fact_id: FactId, *, lock: bool = False) -> Fact | None:
    """The fact's revision in force, if it is the user's."""
    rows = await uow.connection.execute(
        text(
            f"select {_FACT} from fact where id = :id and user_id = :user and habit_id = :habit and closed_at is null"
            + (" for no key update" if lock else "")
        ),
        {"id": fact_id, "user": user_id, "habit": habit_id},
    )
    row = rows.first()
    return None if row is None else _fact(row)


async def close_fact(uow: UnitOfWork, fact: Fact) -> None:
    """End a revision; it stays in the ledger."""
    await uow.connection.execute(
        text("update fact set closed_at = :now where id = :id and revision = :revision"),
        {"id": fact.id, "revision": fact.revision, "now": uow.now},
    )


async def facts_of(
    uow: UnitOfWork, habit_id: HabitId, *, first: date | None, last: date | None, before: tuple[date, FactId] | None, limit: int
) -> list[Fact]:
    """A habit's facts in force, latest day first; `before` continues a listing."""
    rows = await uow.connection.execute(
        text(
            f"select {_FACT} from fact where habit_id = :habit and closed_at is null "
            "and (cast(:first as date) is null or civil_day >= :first) and (cast(:last as date) is null or civil_day <= :last) "
            "and (cast(:day as date) is null or (civil_day, id) < (:day, :id)) order by civil_day desc, id desc limit :limit"
        ),
        {
            "habit": habit_id,
            "first": first,
            "last": last,
            "day": before[0] if before else None,
            "id": before[1] if before else None,
            "limit": limit,
        },
    )
    return [_fact(row) for row in rows]


async def imported_habits(uow: UnitOfWork, user_id: UserId, source: str) -> dict[str, HabitId]:
    """The habits that came from `source`, by their id there; held, as those that are logged to."""
    rows = await uow.connection.execute(
        text("select source_id, id from habit where user_id = :user and source = :source and deleted_at is null order by id for share"),
        {"user": user_id, "source": source},
    )
    return {row.source_id: row.id for row in rows}


def _settings(row: Any) -> LedgerSettings:
    return LedgerSettings(row.time_zone, row.day_start, Weekday(row.week_start))


def _habit(row: Any) -> Habit:
    target = None if row.target_bound is None else Target(Bound(row.target_bound), row.target_amount)
    schedule = msgspec.convert(row.schedule, Schedule)
    return Habit(row.id, row.user_id, row.name, HabitKind(row.kind), row.unit, target, schedule, row.archived, row.created_at)


def _habit_row(habit: Habit) -> dict[str, Any]:
    return {
        "id": habit.id,
        "user_id": habit.user_id,
        "name": habit.name,
        "kind": habit.kind.value,
        "unit": habit.unit,
        "target_bound": habit.target.bound.value if habit.target else None,
        "target_amount": habit.target.amount if habit.target else None,
        "schedule": msgspec.json.encode(habit.schedule).decode(),
        "archived": habit.archived,
        "created_at": habit.created_at,
    }


def _fact(row: Any) -> Fact:
    values = row._asdict() | {"source": Source(row.source)}
    return Fact(**values)


def _fact_row(fact: Fact) -> tuple[Any, ...]:
    return (
        fact.id,
        fact.revision,
        fact.user_id,
        fact.habit_id,
        fact.civil_day,
        fact.instant,
        fact.time_zone,
        fact.day_start,
        fact.value,
        fact.note,
        fact.client_id,
        fact.source.value,
        fact.accepted_at,
        fact.closed_at,
    )
