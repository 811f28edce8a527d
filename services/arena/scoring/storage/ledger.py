"""The ledger as scoring keeps it: settings, habits with their terms, facts with their history."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import text

from arena.chassis.bus.catalogue import Recorded
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.habits import FactLogged, FactVoided, HabitChanged, HabitCreated, SettingsChanged
from arena.contracts.habit import Bound, HabitKind, Schedule, Target, Weekday
from arena.contracts.ids import HabitId, UserId
from arena.scoring.domain.streaks_history import Calendar, DayFact, History, Terms

_COPY = "copy fact (fact_id, revision, user_id, habit_id, civil_day, instant, value, source, accepted_at) from stdin (format binary)"
_COPY_TYPES = ("uuid", "int2", "uuid", "uuid", "date", "timestamptz", "int8", "text", "timestamptz")


async def save_settings(uow: UnitOfWork, changes: Iterable[SettingsChanged]) -> None:
    """Keep the settings each user has now."""
    for change in changes:
        await uow.connection.execute(
            text(
                "insert into settings values (:user, :zone, :start, :week) on conflict (user_id) do update "
                "set time_zone = excluded.time_zone, day_start = excluded.day_start, week_start = excluded.week_start"
            ),
            {"user": change.user_id, "zone": change.time_zone, "start": change.day_start, "week": change.week_start.value},
        )


async def add_habits(uow: UnitOfWork, created: Sequence[HabitCreated]) -> None:
    """Keep new habits."""
    driver = await uow.driver()
    await driver.execute(
        "insert into habit (habit_id, user_id, kind) select * from unnest(%b::uuid[], %b::uuid[], %b::text[])",
        ([c.habit_id for c in created], [c.user_id for c in created], [c.kind.value for c in created]),
    )


async def add_terms(uow: UnitOfWork, changes: Sequence[Recorded[Any]]) -> None:
    """Keep what a habit asks for from a day on; `place` numbers the terms of a habit in the order they were accepted."""
    driver = await uow.driver()
    rows = [_terms_row(change.event, change.at) for change in changes]
    await driver.execute(
        "insert into terms (habit_id, place, accepted_at, from_day, schedule, target_bound, target_amount) "
        "select n.habit_id, n.turn + (select count(*) from terms t where t.habit_id = n.habit_id), n.at, n.day, n.schedule, "
        "n.bound, n.amount "
        "from (select *, row_number() over (partition by u.habit_id order by u.ord) as turn from unnest(%b::uuid[], %b::timestamptz[], "
        "%b::date[], %b::jsonb[], %b::text[], %b::bigint[]) with ordinality u(habit_id, at, day, schedule, bound, amount, ord)) n",
        [list(column) for column in zip(*rows, strict=True)],
    )


async def delete_habits(uow: UnitOfWork, habits: Sequence[HabitId]) -> None:
    """Forget that they are due; their facts stay, for the battles they counted in."""
    await uow.connection.execute(text("update habit set deleted = true where habit_id = any(:habits)"), {"habits": list(habits)})


async def add_facts(uow: UnitOfWork, facts: Sequence[Recorded[FactLogged]]) -> None:
    """Keep accepted facts (and corrected ones: another revision)."""
    driver = await uow.driver()
    async with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_COPY_TYPES)
        for record in facts:
            fact = record.event
            await copy.write_row(
                (
                    fact.fact_id,
                    fact.revision,
                    fact.user_id,
                    fact.habit_id,
                    fact.civil_day,
                    fact.instant,
                    fact.value,
                    fact.source.value,
                    record.at,
                )
            )


async def end_facts(uow: UnitOfWork, ended: Sequence[Recorded[FactVoided]] | Sequence[tuple[Any, int, datetime]]) -> None:
    """Close revisions that were taken back or replaced: (fact id, revision, when)."""
    driver = await uow.driver()
    await driver.execute(
        "update fact f set ended_at = e.at from unnest(%b::uuid[], %b::smallint[], %b::timestamptz[]) e(fact_id, revision, at) "
        "where (f.fact_id, f.revision) = (e.fact_id, e.revision)",
        [list(column) for column in zip(*ended, strict=True)],
    )


async def end_facts_of(uow: UnitOfWork, habits: Sequence[tuple[HabitId, datetime]]) -> None:
    """Close every fact in force of deleted habits: (habit, when)."""
    driver = await uow.driver()
    await driver.execute(
        "update fact f set ended_at = e.at from unnest(%b::uuid[], %b::timestamptz[]) e(habit_id, at) "
        "where f.habit_id = e.habit_id and f.ended_at is null",
        [list(column) for column in zip(*habits, strict=True)],
    )


class OwnedHistory(NamedTuple):
    """A habit's history and whose it is."""

    habit_id: HabitId
    user_id: UserId
    history: History


async def histories(uow: UnitOfWork, habits: Sequence[HabitId]) -> list[OwnedHistory]:
    """What the streaks of these habits are computed from; deleted habits are left out."""
    driver = await uow.driver()
    owned = await driver.execute(
        "select h.habit_id, h.user_id, h.kind, s.time_zone, s.day_start, s.week_start from habit h left join settings s using (user_id) "
        "where h.habit_id = any(%b) and not h.deleted order by h.habit_id",
        (list(habits),),
        binary=True,
    )
    rows = await owned.fetchall()
    terms, facts = await _terms(uow, habits), await _facts(uow, habits)
    return [
        OwnedHistory(habit, user, History(HabitKind(kind), _calendar(*settings), tuple(terms[habit]), tuple(facts.get(habit, ()))))
        for habit, user, kind, *settings in rows
    ]


async def habits_of(uow: UnitOfWork, user_id: UserId) -> list[HabitId]:
    """The user's habits that are not deleted."""
    rows = await uow.connection.execute(
        text("select habit_id from habit where user_id = :user and not deleted order by habit_id"), {"user": user_id}
    )
    return [row.habit_id for row in rows]


async def _terms(uow: UnitOfWork, habits: Sequence[HabitId]) -> Mapping[HabitId, list[Terms]]:
    driver = await uow.driver()
    cursor = await driver.execute(
        "select habit_id, from_day, schedule::text, target_bound, target_amount from terms where habit_id = any(%b) "
        "order by habit_id, place",
        (list(habits),),
        binary=True,
    )
    found: dict[HabitId, list[Terms]] = {}
    for habit_id, from_day, schedule, bound, amount in await cursor.fetchall():
        found.setdefault(habit_id, []).append(Terms(from_day, to_schedule(schedule), to_target(bound, amount)))
    return found


async def _facts(uow: UnitOfWork, habits: Sequence[HabitId]) -> Mapping[HabitId, list[DayFact]]:
    driver = await uow.driver()
    cursor = await driver.execute(
        "select habit_id, fact_id, civil_day, value from fact where habit_id = any(%b) and ended_at is null", (list(habits),), binary=True
    )
    found: dict[HabitId, list[DayFact]] = {}
    for habit_id, fact_id, day, value in await cursor.fetchall():
        found.setdefault(habit_id, []).append(DayFact(fact_id, day, value))
    return found


@lru_cache(maxsize=4096)
def to_schedule(stored: str) -> Schedule:
    """A schedule from its column, read as text; most habits have the same few."""
    return msgspec.json.decode(stored, type=Schedule)


def to_target(bound: str | None, amount: int | None) -> Target | None:
    """A target from its two columns."""
    return None if bound is None or amount is None else Target(Bound(bound), amount)


def _calendar(zone: str | None, day_start: int, week_start: str) -> Calendar:
    return Calendar("UTC") if zone is None else Calendar(zone, day_start, Weekday(week_start))


def _terms_row(change: HabitCreated | HabitChanged, at: datetime) -> tuple[HabitId, datetime, date, str, str | None, int | None]:
    target = change.target
    schedule = msgspec.json.encode(change.schedule).decode()
    return change.habit_id, at, change.from_day, schedule, target.bound.value if target else None, target.amount if target else None
