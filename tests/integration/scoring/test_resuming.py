"""Scoring does not go on from tables that know less than its log: it would say everything twice."""

import asyncio

import pytest

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.source import PostgresSource
from arena.chassis.db.provision import provision
from arena.chassis.testing.databases import TestDatabase, TestServer
from arena.contracts.registry import LOGS, PARTITIONS, STANDINGS, STREAKS
from arena.embedded.platform import SCHEMAS
from arena.embedded.rebuilding import rebuild
from arena.scoring.use_cases.resuming import TablesBehind, check_tables
from tests.integration.cli.past import by_the_administrator, past
from tests.integration.scoring.ground import Ground


async def check(ground: Ground) -> None:
    standings, streaks = (PostgresSource(ground.scoring.engine, log.number, range(PARTITIONS), Bell("")) for log in (STANDINGS, STREAKS))
    async with ground.scoring.begin(read_only=True) as uow:
        await check_tables(uow, standings, streaks)


async def test_a_fresh_installation_and_one_with_a_past_may_start(ground: Ground) -> None:
    await check(ground)
    await past(ground)
    await check(ground)


async def test_after_the_schema_was_dropped_scoring_is_built_anew_first(
    ground: Ground, database: TestDatabase, postgres_server: TestServer
) -> None:
    await past(ground)
    by_the_administrator(database, "drop schema scoring cascade")
    await asyncio.to_thread(provision, database.admin, SCHEMAS, LOGS, postgres_server.passwords)
    with pytest.raises(TablesBehind, match="Run `arena replay scoring`"):
        await check(ground)
    await rebuild(database.admin, database.url("scoring"), ground.scoring, lambda _: None)
    await check(ground)


@pytest.mark.parametrize(
    "restored",
    [
        "update scoring.battle set revision = revision - 1 where battle_id = '{running}'",
        "update scoring.battle set result_hash = null where battle_id = '{ended}'",
        "delete from scoring.battle where battle_id = '{running}'",
    ],
)
async def test_tables_of_an_earlier_day_are_not_gone_on_from(ground: Ground, database: TestDatabase, restored: str) -> None:
    story = await past(ground)
    changed = by_the_administrator(database, restored.format(running=story.running.id, ended=story.ended[0].id))
    assert changed == [(1,)]
    with pytest.raises(TablesBehind):
        await check(ground)


async def test_streaks_alone_tell_too(ground: Ground, database: TestDatabase) -> None:
    await past(ground)
    by_the_administrator(database, f"delete from log.event where topic = {STANDINGS.number}")
    assert by_the_administrator(database, f"select sum(position) > 0 from log.head where topic = {STREAKS.number}") == [(True,)]
    await check(ground)
    await ground.forget()
    with pytest.raises(TablesBehind):
        await check(ground)


async def test_a_battle_that_is_missing_because_its_event_is_parked_holds_nothing_up(ground: Ground, database: TestDatabase) -> None:
    story = await past(ground)
    by_the_administrator(database, f"delete from scoring.battle where battle_id = '{story.running.id}'")
    by_the_administrator(
        database,
        "insert into scoring.parked (consumer, topic, partition, position, at, key, type, payload, reason) "
        f"values ('scoring.battles', 3, 1, 1, now(), '{story.running.id}', 'BattleOpened', '{{}}', 'why')",
    )
    await check(ground)
