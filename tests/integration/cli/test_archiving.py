"""With its events archived an installation is what it was: results, streaks, backups, and what is said of them."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from arena.chassis.bus import barrier
from arena.chassis.bus.archive.archiving import Archiving, Moved
from arena.chassis.bus.archive.reading import Archive
from arena.chassis.bus.archive.store import FolderStore
from arena.chassis.bus.archive.troubles import ArchiveUnnamed
from arena.chassis.bus.archive.verifying import verify
from arena.chassis.db.database import open_units
from arena.chassis.testing.databases import TestDatabase, TestServer
from arena.contracts.registry import BATTLES, LEDGER
from arena.embedded.archiving import archive_session
from arena.embedded.backup.manifest import ARCHIVED
from arena.embedded.rebuilding import rebuild
from arena.scoring.domain.differences import differences
from tests.integration.cli.backups import contents, empty_database, keep_results, load, save
from tests.integration.cli.past import CATALOGUE, Past, by_the_administrator, past, replay, revision
from tests.integration.scoring.ground import Ground

MONTH = "2000_01"
STREAKS = "select habit_id, length, since, lost from streak order by habit_id"


class Archived(NamedTuple):
    """A story whose events are in the archive but for the last ones, and scoring as it starts afterwards."""

    story: Past
    before: dict[str, object]
    ground: Ground
    database: TestDatabase
    folder: Path

    async def now(self) -> dict[str, object]:
        return await state(self.ground, self.story)


@pytest.fixture
async def archived(ground: Ground, database: TestDatabase, tmp_path: Path) -> AsyncIterator[Archived]:
    story = await past(ground)
    await keep_results(ground, database, story)
    cut(database, await ground.now())
    await ground.append(story.tale.log(story.people[3], story.running.timetable.start))
    await ground.drain()
    while await ground.act():
        pass
    before = await state(ground, story)
    with archive_session(database.admin) as session:
        [moved] = Archiving(session, FolderStore(tmp_path / "archive")).run(timedelta(0))
    assert isinstance(moved, Moved)
    assert moved.events > 30
    await ground.close()
    later = reading_on(database, tmp_path / "archive")
    yield Archived(story, before, later, database, tmp_path / "archive")
    await later.close()


@pytest.fixture
def target(postgres_server: TestServer) -> Iterator[TestDatabase]:
    """An empty database to restore into."""
    with empty_database(postgres_server.admin, "restored_archived") as made:
        yield made


def reading_on(database: TestDatabase, folder: Path) -> Ground:
    """Scoring over a database whose log goes on into a folder."""
    ground = Ground.over(database)
    ground.scoring = open_units(database.url("scoring"), CATALOGUE, archive=Archive(FolderStore(folder)))
    ground.owners["scoring"] = ground.scoring
    ground.restart()
    return ground


async def state(ground: Ground, story: Past) -> dict[str, object]:
    """All that scoring tells of the story."""
    matches = (*story.ended, story.running)
    return {
        "standings": [await ground.standings(match.id) for match in matches],
        "hashes": [await ground.result_hash(match.id) for match in matches],
        "revisions": [await revision(ground, match.id) for match in matches],
        "streaks": [tuple(row) for row in await ground.rows(STREAKS)],
    }


def cut(database: TestDatabase, at: datetime) -> None:
    """Let what was stamped before `at` be a month of its own."""
    [(now, begins, ends)] = by_the_administrator(
        database, "select month, begins, ends from log.segments() where now() between begins and ends"
    )
    by_the_administrator(
        database,
        f"alter table log.event detach partition log.event_{now}; alter table log.event_{now} rename to whole; "
        f"create table log.event_{MONTH} partition of log.event for values from ('{begins}') to ('{at}'); "
        f"create table log.event_{now} partition of log.event for values from ('{at}') to ('{ends}'); "
        "insert into log.event select * from log.whole; drop table log.whole",
    )


async def test_every_result_is_recomputed_from_the_archive(archived: Archived) -> None:
    for match in archived.story.ended:
        told = await replay(archived.ground).battle(match.id)
        assert differences(told.announced.result, told.document) == []
        assert told.result_hash == told.announced.result_hash == await archived.ground.result_hash(match.id)


async def test_scoring_comes_back_from_the_archive_after_its_schema_was_dropped(archived: Archived) -> None:
    by_the_administrator(archived.database, "drop schema scoring cascade")
    told = await rebuild(archived.database.admin, archived.database.url("scoring"), archived.ground.scoring, lambda _: None)
    assert told.replaced
    assert {one.battle_id for one in told.hashes} == {match.id for match in archived.story.ended}
    assert all(one.equal for one in told.hashes)
    assert await archived.now() == archived.before


async def test_without_the_archive_nothing_is_rebuilt_from_half_a_log(archived: Archived, ground: Ground) -> None:
    with pytest.raises(ArchiveUnnamed, match=f"Events of {MONTH} are in the archive: let ARENA_ARCHIVE name it"):
        await rebuild(archived.database.admin, archived.database.url("scoring"), ground.scoring, lambda _: None)
    assert await archived.now() == archived.before


async def test_the_vectors_of_ended_battles_are_taken_again_as_they_were(archived: Archived) -> None:
    for match in archived.story.ended:
        vector = (await replay(archived.ground).battle(match.id)).announced.result["vector"]
        for log, at in ((LEDGER, match.timetable.grace_ends), (BATTLES, match.timetable.audit_ends)):
            taken = await barrier.take(archived.ground.scoring.engine, log.number, at)
            assert [position for _, position in sorted(taken.items())] == vector[log.name]


async def test_a_backup_names_the_archive_and_a_restored_installation_reads_on_into_it(
    archived: Archived, target: TestDatabase, tmp_path: Path
) -> None:
    before = contents(archived.database.admin)
    taken = save(archived.database.admin, tmp_path / "saved.arena")
    assert taken.manifest.archived == {MONTH: str(archived.folder)}
    assert taken.manifest.census.wrong == ()
    assert {final.announced for final in taken.manifest.census.results.values()} == {ARCHIVED}
    load(target.admin, tmp_path / "saved.arena")
    assert contents(target.admin) == before
    restored = reading_on(target, archived.folder)
    try:
        for match in archived.story.ended:
            assert (await replay(restored).battle(match.id)).result_hash == await archived.ground.result_hash(match.id)
    finally:
        await restored.close()


async def test_a_backup_tells_of_events_that_are_neither_here_nor_archived(archived: Archived, tmp_path: Path) -> None:
    by_the_administrator(archived.database, "update log.archived set last = last - 1 where last > 1")
    taken = save(archived.database.admin, tmp_path / "torn.arena")
    assert taken.manifest.census.wrong[0].startswith(("battles.battle, partition", "habits.ledger, partition", "scoring."))


async def test_the_archive_is_proved_and_what_is_wrong_with_it_is_told(archived: Archived) -> None:
    archive = Archive(FolderStore(archived.folder))
    with archive_session(archived.database.admin) as session:
        [good] = verify(session, archive, lambda _: None)
        assert (good.month, good.wrong) == (MONTH, None)
        path = archived.folder / MONTH / "habits.ledger.jsonl.gz"
        whole = path.read_bytes()
        path.write_bytes(whole + b"more")
        [longer] = verify(session, archive, lambda _: None)
        path.unlink()
        [missing] = verify(session, archive, lambda _: None)
        path.write_bytes(whole)
        session.execute(
            "update log.archived set first = first + 1 where (topic, partition) = (select topic, partition from log.archived limit 1)"
        )
        [other] = verify(session, archive, lambda _: None)
    assert "habits.ledger.jsonl.gz is not what was archived" in str(longer.wrong)
    assert f"has no {MONTH}/habits.ledger.jsonl.gz" in str(missing.wrong)
    assert other.wrong == f"{MONTH} does not hold the positions that left the database."
