"""Scoring's whole schema dropped and built anew from the log: every hash and every standing is what it was."""

import asyncio

import psycopg

from arena.chassis.db.provision import provision
from arena.chassis.testing.databases import TestDatabase, TestServer, dsn
from arena.contracts.registry import LOGS
from arena.embedded.platform import SCHEMAS
from tests.integration.scoring.ground import Ground
from tests.integration.scoring.season import tell


async def test_scoring_built_anew_from_the_log_says_the_same_and_appends_nothing(
    ground: Ground, database: TestDatabase, postgres_server: TestServer
) -> None:
    season = await tell(ground, 6)
    await ground.drain()
    while len(await ground.scored()) < len(season.matches):
        await ground.act()
        await asyncio.sleep(0.05)
    said = {event.battle_id: event.result_hash for event in await ground.scored()}
    standings = {battle: await ground.standings(battle) for battle in said}
    streaks = await ground.rows("select * from streak order by habit_id")
    with psycopg.connect(dsn(database.admin), autocommit=True) as admin:
        before = admin.execute("select sum(position) from log.head").fetchone()
        admin.execute("drop schema scoring cascade")
        await asyncio.to_thread(provision, database.admin, SCHEMAS, LOGS, postgres_server.passwords)
        ground.restart(muted=True)
        await ground.drain()
        for _ in range(20):
            await ground.act()
            await asyncio.sleep(0.02)
        assert admin.execute("select sum(position) from log.head").fetchone() == before
    assert {battle: await ground.result_hash(battle) for battle in said} == said
    assert {battle: await ground.standings(battle) for battle in said} == standings
    assert await ground.rows("select * from streak order by habit_id") == streaks
