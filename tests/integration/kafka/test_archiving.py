"""With a relay at work a month leaves the log's table only after Kafka has confirmed all of it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from arena.chassis.bus.archive.archiving import Archiving, Kept, Moved
from arena.chassis.bus.archive.store import FolderStore
from arena.chassis.db.provision import RELAY
from arena.embedded.archiving import archive_session
from tests.integration.cli.test_archiving import cut
from tests.integration.kafka.relaying import Ground

pytestmark = pytest.mark.kafka
NOWHERE = "127.0.0.1:9"


async def archive(ground: Ground, folder: Path) -> list[Moved | Kept]:
    """What becomes of the months that are over."""

    def run() -> list[Moved | Kept]:
        with archive_session(ground.database.admin) as session:
            return list(Archiving(session, FolderStore(folder), (RELAY,)).run(timedelta(0)))

    return await asyncio.to_thread(run)


async def test_a_month_stays_until_kafka_has_confirmed_it_and_the_relay_goes_on_behind_it(ground: Ground, tmp_path: Path) -> None:
    relay = ground.start(ground.relay())
    await ground.emit(50)
    await ground.caught_up()
    await ground.stop(relay)
    cut_off = ground.start(ground.relay(bootstrap=NOWHERE))
    await ground.emit(40)
    cut(ground.database, await ground.now())
    [kept] = await archive(ground, tmp_path)
    assert isinstance(kept, Kept)
    confirmed, needs = await ground.confirmed(), {need.partition: need for need in kept.needs}
    assert {need.by for need in kept.needs} == {RELAY}
    assert sum(need.last - need.applied for need in kept.needs) == 40
    assert all(need.applied == confirmed[partition] for partition, need in needs.items())

    await ground.stop(cut_off)
    relay = ground.start(ground.relay())
    await ground.caught_up()
    [moved] = await archive(ground, tmp_path)
    assert isinstance(moved, Moved)
    assert moved.events == 90
    await ground.emit(10)
    await ground.caught_up()
    assert len((await ground.seen()).records) == 100
