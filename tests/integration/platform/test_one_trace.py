"""One trace runs from the request over the log and the consumer to what the consumer says."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from arena.chassis.core.ids import new_id
from arena.chassis.db.unit_of_work import Units
from arena.contracts.battle_spec import BattleKind, BattleSpec, Phase, WindowSpec
from arena.contracts.events.battles import BattleOpened, ParticipantJoined, PhaseChanged, Timetable
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, HabitId, UserId
from arena.contracts.registry import LEDGER, STANDINGS, partition_of
from arena.embedded.testing import TestPlatform

TRACE = "0af7651916cd43dd8448eb211c80319c"


async def headers_of(units: Units, topic: int, key: str) -> list[str | None]:
    async with units.begin(read_only=True) as uow:
        rows = await uow.connection.execute(
            text(
                "select headers from log.read(cast(:topic as smallint), array[cast(:p as smallint)], array[0::bigint], 1000) "
                "where key = :key"
            ),
            {"topic": topic, "p": partition_of(key), "key": key},
        )
        return [row.headers for row in rows]


async def running_battle(platform: TestPlatform, user_id: UserId, habit_id: HabitId) -> BattleId:
    battle_id = BattleId(new_id())
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    table = Timetable(now, now + hour, now + 2 * hour, now + 2 * hour, "2026a")
    window = WindowSpec(table.start.replace(tzinfo=None), table.end.replace(tzinfo=None), "UTC")
    async with platform.parts.units["battles"].begin() as uow:
        uow.emit(BattleOpened(battle_id, user_id, BattleSpec(BattleKind.FREE_FOR_ALL, window), table))
        uow.emit(ParticipantJoined(battle_id, user_id, (habit_id,), "UTC", 0, Weekday.MON))
        uow.emit(PhaseChanged(battle_id, Phase.RUNNING, table))
    return battle_id


async def test_the_standings_a_fact_moves_are_announced_in_the_trace_of_the_request_that_logged_it(platform: TestPlatform) -> None:
    ann = await platform.person("Ann")
    habit = (await ann.http.post("/api/habits", json={"name": "Run", "kind": "yes_no"})).json()
    battle_id = await running_battle(platform, UserId(UUID(ann.id)), HabitId(UUID(habit["id"])))
    units = platform.parts.units["scoring"]
    async with asyncio.timeout(10):
        while not await headers_of(units, STANDINGS.number, str(battle_id)):  # noqa: ASYNC110 - a table has no event to wait for
            await asyncio.sleep(0.02)
    body = {"logged_at": datetime.now(UTC).isoformat()}
    sent = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    (await ann.http.post(f"/api/habits/{habit['id']}/logs", json=body, headers=sent)).raise_for_status()
    await ann.http.get(f"/api/scoring/habits/{habit['id']}/streak")  # answers once scoring has applied the fact
    assert TRACE in str((await headers_of(units, LEDGER.number, ann.id))[-1])
    assert TRACE in str((await headers_of(units, STANDINGS.number, str(battle_id)))[-1])
