"""A backup holds everything, and a restore brings it back, proved, all or nothing."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text

from arena.chassis.core.errors import Named
from arena.chassis.db.migrate import migrate
from arena.chassis.db.provision import LOG_VERSIONS, ServiceSchema, provision
from arena.chassis.testing.databases import TestDatabase, TestServer, dsn
from arena.contracts.registry import LOGS
from arena.embedded.backup.archive import KEYS
from arena.embedded.backup.manifest import Place
from arena.embedded.backup.refusals import BackupDamaged, BackupRefused, BackupTooNew, NotABackup, NotEmpty, NotEqual
from arena.embedded.backup.restoring import refuse_unusable
from arena.embedded.backup.schemas import ROOMS, SERVICES, versions_of
from arena.embedded.backup.taking import new_file, take
from arena.embedded.rebuilding import StillRunning
from tests.integration.cli.backups import (
    KEY_FILE,
    contents,
    empty_database,
    flipped,
    keep_results,
    load,
    opened,
    other_zip,
    places,
    rewritten,
    save,
)
from tests.integration.cli.past import Past, by_the_administrator, past
from tests.integration.scoring.ground import Ground

NAME = "restored"
ACCOUNT = "insert into identity.account values (gen_random_uuid(), 'a@example.org', '', 'A', 'en', '{}', now())"


@pytest.fixture
async def story(ground: Ground, database: TestDatabase) -> Past:
    """An installation in which something happened."""
    told = await past(ground)
    await keep_results(ground, database, told)
    return told


@pytest.fixture
def target(postgres_server: TestServer) -> Iterator[TestDatabase]:
    """An empty database to restore into."""
    with empty_database(postgres_server.admin, NAME) as made:
        yield made


@pytest.fixture
def saved(story: Past, database: TestDatabase, tmp_path: Path) -> Path:
    """A backup of the story."""
    del story
    save(database.admin, tmp_path / "saved.arena")
    return tmp_path / "saved.arena"


@pytest.fixture
def small(database: TestDatabase, tmp_path: Path) -> Path:
    """A backup of an installation with one account."""
    by_the_administrator(database, ACCOUNT)
    save(database.admin, tmp_path / "small.arena")
    return tmp_path / "small.arena"


async def test_every_row_of_every_table_comes_back(saved: Path, story: Past, database: TestDatabase, target: TestDatabase) -> None:
    before = contents(database.admin)
    manifest = load(target.admin, saved).manifest
    assert contents(target.admin) == before
    assert sum(len(rows) for rows in before.values()) == sum(part.rows for part in manifest.tables)
    assert set(manifest.census.results) == {str(match.id) for match in story.ended}
    assert (manifest.census.wrong, manifest.census.events) == ((), len(before["log.event"]))


async def test_what_was_restored_goes_on_and_counts_nothing_twice(saved: Path, story: Past, ground: Ground, target: TestDatabase) -> None:
    load(target.admin, saved)
    restored = Ground.over(target)
    more = story.tale.log(story.people[3], story.running.timetable.start)
    try:
        for one in (ground, restored):
            one.restart()
            await one.append(more)
            await one.drain()
        assert await restored.standings(story.running.id) == await ground.standings(story.running.id)
    finally:
        await restored.close()


async def test_months_long_past_are_cut_as_they_were(
    story: Past, ground: Ground, database: TestDatabase, target: TestDatabase, tmp_path: Path
) -> None:
    del story, ground
    by_the_administrator(
        database, "create table log.event_2021_12 partition of log.event for values from ('2021-12-01 00:00+00') to ('2022-01-01 00:00+00')"
    )
    by_the_administrator(database, "update log.event set at = '2021-12-31 23:59:59.999999+00' where partition = 3")
    save(database.admin, tmp_path / "old.arena")
    load(target.admin, tmp_path / "old.arena")
    counted = "select tableoid::regclass::text, count(*) from log.event group by 1 order by 1"
    assert by_the_administrator(target, counted) == by_the_administrator(database, counted)


def test_no_schema_has_what_is_more_than_rows(database: TestDatabase) -> None:
    rooms = ", ".join(f"'{room}'" for room in ROOMS)
    held = f"from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ({rooms})"
    assert by_the_administrator(database, f"select c.relname {held} and c.relkind in ('S', 'm', 'f')") == []
    triggers = f"select tgname from pg_trigger where not tgisinternal and tgrelid in (select c.oid {held})"
    assert by_the_administrator(database, triggers) == []


def test_a_snapshot_holds_all_of_a_transaction_or_nothing(database: TestDatabase, tmp_path: Path) -> None:
    with psycopg.connect(dsn(database.admin)) as other:
        other.execute(ACCOUNT)
        assert save(database.admin, tmp_path / "during.arena").manifest.rows("identity.account") == 0
    assert save(database.admin, tmp_path / "after.arena").manifest.rows("identity.account") == 1


def test_no_table_changes_its_shape_while_it_is_saved(small: Path, database: TestDatabase, tmp_path: Path) -> None:
    del small
    seen: list[object] = []

    def look(read: int) -> None:
        if not seen and read:
            with psycopg.connect(dsn(database.admin)) as other, pytest.raises(psycopg.errors.LockNotAvailable) as refused:
                other.execute("lock table battles.battle in access exclusive mode nowait")
            seen.append(refused)

    with new_file(tmp_path / "held.arena") as out:
        take(database.admin, None, out, look)
    assert seen


def test_a_backup_that_is_interrupted_leaves_nothing_behind(small: Path, database: TestDatabase, tmp_path: Path) -> None:
    small.unlink()

    def cancel(read: int) -> None:
        raise KeyboardInterrupt(read)

    with pytest.raises(KeyboardInterrupt), new_file(tmp_path / "cancelled.arena") as out:
        take(database.admin, None, out, cancel)
    gc.collect()  # what was opened and given up is ended now, and has nothing to complain of
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_file_in_which_one_bit_is_another_is_refused_wherever_it_lies(small: Path, seed: int) -> None:
    whole, chance = small.read_bytes(), Random(seed)  # noqa: S311 - a seeded test
    somewhere = [chance.randrange(start, end) for start, end in places(small).values()]
    for at in (*somewhere, 0, len(whole) - 1, chance.randrange(len(whole)), len(whole) - 71, len(whole) - 75):
        small.write_bytes(flipped(whole, at))
        with pytest.raises((BackupDamaged, NotABackup)), opened(small):
            pass


def test_a_file_that_was_cut_off_is_refused_wherever_that_was(small: Path) -> None:
    whole = small.read_bytes()
    for left in (50, 71, 4096, len(whole) // 2, len(whole) - 72, len(whole) - 1):
        small.write_bytes(whole[:left])
        with pytest.raises(BackupDamaged, match="its end is missing"), opened(small):
            pass


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"hello", b"\x00" * 4096, other_zip()], ids=["nothing", "two bytes", "text", "zeros", "a ZIP"]
)
def test_a_file_of_another_kind_is_told_apart(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(NotABackup), opened(path):
        pass


def in_part(name: str) -> Callable[[str, bytes], bytes]:
    """Another digit in one part."""
    return lambda found, data: data.replace(b"0", b"9", 1) if found == name else data


def test_every_part_is_proved_again_while_it_is_loaded(saved: Path, target: TestDatabase, tmp_path: Path) -> None:
    for part in ("habits.alembic_version", "log.event", "scoring.fact"):
        name = f"tables/{part}.copy"
        changed = rewritten(saved, tmp_path / "changed.arena", in_part(name))
        with pytest.raises((BackupDamaged, psycopg.Error)):
            load(target.admin, changed)
        assert contents(target.admin) == {}


def test_what_does_not_come_out_as_it_was_counted_is_taken_back(saved: Path, target: TestDatabase, tmp_path: Path) -> None:
    with opened(saved) as archive:
        told = archive.manifest.census
    battle = next(iter(told.results))
    results = {battle: {"kept": "0" * 64, "computed": "0" * 64, "announced": "0" * 64}}
    census = {
        "logs": {log: {str(n): place_of(place) for n, place in places.items()} for log, places in told.logs.items()},
        "results": results,
    }
    with pytest.raises(NotEqual, match=battle):
        load(target.admin, rewritten(saved, tmp_path / "other.arena", census=census))
    assert contents(target.admin) == {}


def place_of(place: Place) -> dict[str, int]:
    return {"head": place.head, "events": place.events, "last": place.last}


async def test_a_gap_in_a_log_and_a_changed_result_are_told_when_they_are_saved(
    story: Past, database: TestDatabase, target: TestDatabase, tmp_path: Path
) -> None:
    battle = story.ended[0].id
    by_the_administrator(
        database, f"update battles.result set document = replace(document, 'rank\":1', 'rank\":2') where battle_id = '{battle}'"
    )
    by_the_administrator(database, "delete from log.event where position = 1 and type = 'HabitCreated'")
    wrong = save(database.admin, tmp_path / "torn.arena").manifest.census.wrong
    assert [words for words in wrong if "partition" in words]
    assert [words for words in wrong if str(battle) in words]
    assert load(target.admin, tmp_path / "torn.arena").manifest.census.wrong == wrong


async def test_a_restore_that_is_interrupted_has_changed_nothing_and_is_repeated(
    small: Path, database: TestDatabase, target: TestDatabase
) -> None:
    def power_cut() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(target.admin, small, power_cut)
    assert contents(target.admin) == {}
    load(target.admin, small)
    assert contents(target.admin) == contents(database.admin)


async def test_an_installation_that_holds_something_is_left_alone(small: Path, database: TestDatabase) -> None:
    before = contents(database.admin)
    with pytest.raises(NotEmpty, match="not empty"):
        load(database.admin, small)
    assert contents(database.admin) == before


async def test_an_installation_that_nobody_has_used_yet_takes_a_backup(
    small: Path, database: TestDatabase, postgres_server: TestServer
) -> None:
    with postgres_server.database() as unused:
        load(unused.admin, small)
        assert contents(unused.admin) == contents(database.admin)


def test_a_platform_that_is_connected_is_not_restored_under_its_feet(small: Path, postgres_server: TestServer) -> None:
    with postgres_server.database() as unused:
        before = contents(unused.admin)
        with psycopg.connect(dsn(unused.url("habits"))), pytest.raises(StillRunning):
            load(unused.admin, small)
        assert contents(unused.admin) == before


@pytest.mark.parametrize(
    "change", [{"version": "99.0.0"}, {"format": 2}, {"revisions": {"log": "9999"}}], ids=["version", "form", "revision"]
)
def test_what_a_later_version_wrote_is_refused(small: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    later = rewritten(small, tmp_path / "later.arena", **change)
    with pytest.raises(BackupTooNew, match="restore it with"), opened(later) as archive:
        refuse_unusable(archive.manifest)


async def test_an_older_backup_is_migrated_by_the_steps_of_an_upgrade(
    postgres_server: TestServer, target: TestDatabase, tmp_path: Path
) -> None:
    with empty_database(postgres_server.admin, "older") as older:
        provision(older.admin, [first_version(service, tmp_path) for service in SERVICES], LOGS, postgres_server.passwords)
        first_version_of_the_log(older)
        by_the_administrator(older, ACCOUNT)
        taken = save(older.admin, tmp_path / "older.arena")
    assert set(taken.manifest.revisions.values()) == {"0001"}
    load(target.admin, tmp_path / "older.arena")
    assert by_the_administrator(target, "select email, share_name from identity.account") == [("a@example.org", False)]
    for room in ("battles", "log"):
        assert by_the_administrator(target, f"select version_num from {room}.alembic_version") != [("0001",)]


def first_version_of_the_log(older: TestDatabase) -> None:
    """The log before there was an archive."""
    engine = create_engine(older.admin)
    with engine.begin() as connection:
        connection.execute(text("drop schema log cascade; create schema log"))
        migrate(connection, "log", LOG_VERSIONS, "0001")
    engine.dispose()


def first_version(service: ServiceSchema, folder: Path) -> ServiceSchema:
    """A service as its first release was."""
    versions = folder / service.name
    versions.mkdir()
    for path in versions_of(service.name).glob("0001*"):
        (versions / path.name).write_bytes(path.read_bytes())
    return ServiceSchema(service.name, versions)


def test_the_keys_are_in_it_unless_they_are_left_out(database: TestDatabase, tmp_path: Path) -> None:
    for name, keys in (("with", KEY_FILE), ("without", None)):
        save(database.admin, tmp_path / name, keys)
        with opened(tmp_path / name) as archive:
            assert archive.keys() == keys
        assert (KEYS.encode() in (tmp_path / name).read_bytes()) == (keys is not None)


@pytest.mark.parametrize("refusal", BackupRefused.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_name_of_its_own(refusal: type[BackupRefused]) -> None:
    assert isinstance(refusal(""), Named)
    assert refusal.slug != BackupRefused.slug
