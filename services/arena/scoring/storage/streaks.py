"""What was last announced of each streak."""

from collections.abc import Mapping, Sequence

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import HabitId, UserId
from arena.scoring.domain.streaks_news import Announced


async def announced(uow: UnitOfWork, habits: Sequence[HabitId]) -> Mapping[HabitId, Announced]:
    """What was said of these habits' streaks, held until the transaction ends."""
    driver = await uow.driver()
    cursor = await driver.execute(
        "select habit_id, length, since, lost, lost_since, warned_day from streak where habit_id = any(%b) "
        "order by habit_id for no key update",
        (list(habits),),
        binary=True,
    )
    return {habit: Announced(*said) for habit, *said in await cursor.fetchall()}


async def save(uow: UnitOfWork, rows: Sequence[tuple[HabitId, UserId, Announced]]) -> None:
    """Keep what has been said now."""
    driver = await uow.driver()
    flat = [(habit, user, a.length, a.since, a.lost, a.lost_since, a.warned_day) for habit, user, a in sorted(rows, key=lambda row: row[0])]
    await driver.execute(
        "insert into streak select * from unnest(%b::uuid[], %b::uuid[], %b::int[], %b::date[], %b::int[], %b::date[], %b::date[]) "
        "on conflict (habit_id) do update set length = excluded.length, since = excluded.since, lost = excluded.lost, "
        "lost_since = excluded.lost_since, warned_day = excluded.warned_day",
        [list(column) for column in zip(*flat, strict=True)],
    )
