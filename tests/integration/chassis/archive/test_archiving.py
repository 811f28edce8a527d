"""A month leaves the table only when it is whole in the archive and nobody needs it any more, whatever ends when."""

import asyncio
import json
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import IO

import psycopg
import pytest

from arena.chassis.bus.archive.archiving import Kept, Moved
from arena.chassis.bus.archive.segments import Need
from arena.chassis.bus.archive.store import FolderStore
from arena.chassis.bus.archive.troubles import ArchiveRefused, ArchiveTrouble
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.consumer import Consumer, ConsumerRunner
from arena.chassis.bus.source import PostgresSource
from arena.chassis.testing.databases import dsn
from arena.chassis.testing.example import COUNTS
from tests.integration.chassis.archive.history import MONTHS, START, Ended, Failing, History, administrator, everything

GIVEN_UP_AFTER, ROOM = 1.5, 2.0
FILES = {"manifest.json", "writer.counts.jsonl.gz"}


async def test_every_month_past_retention_leaves_the_table_and_no_later_one(past: History) -> None:
    [(days,)] = past.ask("select extract(day from now() - timestamptz '2025-03-15')::int")
    told = past.archive(retention=timedelta(days=days))
    assert [one.month for one in told] == list(MONTHS[:2])
    assert past.months() == list(MONTHS[2:])
    assert {path.name for path in (past.folder / MONTHS[0]).iterdir()} == FILES
    assert not (past.folder / MONTHS[2]).exists()
    assert past.archive(retention=timedelta(days=days)) == []


async def test_a_month_is_told_with_what_is_in_it(past: History) -> None:
    records = await everything(past.source())
    told = past.archive()
    assert all(isinstance(one, Moved) for one in told)
    assert sum(one.events for one in told if isinstance(one, Moved)) == len(records)
    assert past.ask("select count(*), sum(events)::int from log.archived_month") == [(len(MONTHS), len(records))]


async def test_a_month_without_events_leaves_too(history: History) -> None:
    with administrator(history.database.admin) as session:
        session.execute(
            "create table log.event_2024_12 partition of log.event for values from ('2024-12-01 00:00+00') to ('2025-01-01 00:00+00')"
        )
    [told] = history.archive()
    assert isinstance(told, Moved)
    assert (told.month, told.events) == ("2024_12", 0)
    assert history.months() == []


async def test_what_a_consumer_has_not_applied_stays_and_who_it_is_is_told(past: History) -> None:
    reader = past.reader()
    runner = ConsumerRunner(
        reader, Consumer("reader.counts", COUNTS, {}, batch=20), PostgresSource(reader.engine, COUNTS.number, range(16), Bell(""))
    )
    await runner.step()
    [told] = past.archive()
    assert isinstance(told, Kept)
    assert told.month == MONTHS[0]
    assert {(need.by, need.log) for need in told.needs} == {("reader.counts", COUNTS.name)}
    assert all(need.applied < need.last for need in told.needs)
    assert past.months() == list(MONTHS)
    await runner.drain()
    assert [one.month for one in past.archive()] == list(MONTHS)


async def test_a_reader_that_must_have_everything_keeps_the_months_until_it_has_begun(past: History) -> None:
    [told] = past.archive(must=("relay",))
    assert isinstance(told, Kept)
    assert {(need.by, need.applied) for need in told.needs} == {("relay", 0)}
    [told] = past.archive(must=("reader",))  # its table is there, and empty
    assert isinstance(told, Kept)
    assert Need("reader", COUNTS.name, told.needs[0].partition, 0, told.needs[0].last) == told.needs[0]
    with administrator(past.database.admin) as session:
        session.execute(
            "insert into reader.applied select 'reader.all', topic, partition, position from log.head where position > 0 and topic = 1"
        )
    assert [one.month for one in past.archive(must=("reader",))] == list(MONTHS)


async def test_wherever_it_ends_it_is_repeated_and_nothing_is_lost_or_double(past: History) -> None:
    before = await everything(past.source())
    ended = 0
    while MONTHS[0] in past.months():
        try:
            past.archive_one(Failing(past.store, ended))
        except Ended:
            ended += 1
            assert await everything(past.source()) == before
    assert ended > 10
    assert [one.month for one in past.archive()] == list(MONTHS[1:])
    assert await everything(past.source()) == before


@pytest.mark.parametrize("at", [1, 3, 6])
async def test_a_process_that_is_killed_leaves_nothing_in_the_way(past: History, at: int) -> None:
    before = await everything(past.source())
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, dsn(past.database.admin), str(past.folder), str(at))
    assert await killed.wait() == -signal.SIGKILL
    assert past.months() == list(MONTHS)
    assert await everything(past.source()) == before
    assert [one.month for one in past.archive()] == list(MONTHS)
    assert await everything(past.source()) == before


KILLED = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
import psycopg
from arena.chassis.bus.archive.archiving import Archiving
from arena.chassis.bus.archive.store import FolderStore
from tests.integration.chassis.archive.history import Failing

class Killed(Failing):
    def _count(self):
        self.left or os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

with psycopg.connect(sys.argv[1], autocommit=True, options="-c timezone=UTC") as session:
    list(Archiving(session, Killed(FolderStore(Path(sys.argv[2])), int(sys.argv[3]))).run(timedelta(days=1)))
"""


async def test_a_month_that_cannot_be_read_back_stays(past: History) -> None:
    before = await everything(past.source())
    with pytest.raises(ArchiveRefused, match=r"2025_01 is whole in the table, and stays there: .*has other bytes than were archived"):
        past.archive(Careless(past.folder))
    assert past.months() == list(MONTHS)
    shutil.rmtree(past.folder)
    past.archive()
    assert await everything(past.source()) == before


class Careless(FolderStore):
    """A disk that loses a bit of what it is given."""

    def put(self, name: str, content: IO[bytes]) -> None:
        super().put(name, content)
        path = Path(self.where) / name
        data = bytearray(path.read_bytes())
        data[-5] ^= 1
        if name.endswith(".gz"):
            path.write_bytes(data)


async def test_files_of_a_run_that_never_finished_are_written_over(past: History) -> None:
    before = await everything(past.source())
    (past.folder / MONTHS[0]).mkdir(parents=True)
    (past.folder / MONTHS[0] / "writer.counts.jsonl.gz").write_bytes(b"half a file")
    past.archive()
    assert await everything(past.source()) == before


async def test_the_archive_of_another_installation_is_not_touched(past: History) -> None:
    past.archive_one()
    manifest = past.folder / MONTHS[0] / "manifest.json"
    kept = past.folder / MONTHS[1]
    shutil.copytree(manifest.parent, kept)  # whole, and of other events
    (kept / "manifest.json").write_text(json.dumps(json.loads(manifest.read_text()) | {"month": MONTHS[1]}))
    files = {path.name: path.read_bytes() for path in kept.iterdir()}
    with pytest.raises(ArchiveRefused, match="If that is another installation's, name another place in ARENA_ARCHIVE"):
        past.archive()
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == files
    assert past.months() == list(MONTHS[1:])


async def test_a_log_with_a_hole_in_it_is_not_archived(past: History) -> None:
    with administrator(past.database.admin) as session:
        session.execute(
            "delete from log.event where (partition, position) = (select partition, position from log.event "
            "where at < '2025-02-01' and position > 1 and exists (select from log.event o where o.partition = event.partition "
            "and o.position > event.position and o.at < '2025-02-01') limit 1)"
        )
    with pytest.raises(ArchiveRefused, match="some are missing or there twice"):
        past.archive()
    assert not past.folder.exists()


async def test_events_that_an_older_month_lacks_keep_the_later_ones(past: History) -> None:
    with administrator(past.database.admin) as session:
        session.execute("alter table log.event detach partition log.event_2025_01")
    with pytest.raises(ArchiveRefused, match="2025_02 stays in the table: events before 2025_02 lie outside any month"):
        past.archive()
    assert past.months() == list(MONTHS[1:])


async def test_nobody_waits_for_long_while_somebody_reads_the_table_for_long(past: History) -> None:
    with psycopg.connect(dsn(past.database.admin)) as holding:
        holding.execute("select count(*) from log.event")
        archiving = asyncio.create_task(asyncio.to_thread(past.archive))
        source, slowest = past.source(), 0.0
        while not archiving.done():
            began = monotonic()
            await source.read(START, 10)
            slowest = max(slowest, monotonic() - began)
        with pytest.raises(ArchiveRefused, match="stays in the table too, as somebody reads that for long"):
            archiving.result()
        assert slowest < GIVEN_UP_AFTER + ROOM
        assert past.months() == list(MONTHS)
    assert [one.month for one in past.archive()] == list(MONTHS)


async def test_only_one_archives_at_a_time(past: History) -> None:
    with psycopg.connect(dsn(past.database.admin), autocommit=True) as other:
        other.execute("select pg_advisory_lock(hashtext('arena.archive'))")
        with pytest.raises(ArchiveRefused, match="Another `arena archive run` is at work"):
            past.archive()


async def test_no_service_takes_a_month_out_of_the_table(past: History) -> None:
    calls = (
        "select * from log.segments()",
        "select * from log.extent('2025_01')",
        "select * from log.needed('2025_01', '{}')",
        "select log.let_go('2025_01', 'x', 'x', '{}', '{}', '{}', '{}', '{}')",
        "delete from log.archived",
    )
    for service in ("writer", "reader"):
        with psycopg.connect(dsn(past.database.url(service)), autocommit=True) as connection:
            for call in calls:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(call.encode())
    with psycopg.connect(dsn(past.database.url("reader")), autocommit=True) as connection:
        connection.execute("select * from log.archived_of(1::smallint)")
    with (
        psycopg.connect(dsn(past.database.url("writer")), autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("select * from log.archived_of(2::smallint)")


async def test_a_month_is_not_let_go_by_what_the_archive_was_not_proved_to_hold(past: History) -> None:
    with administrator(past.database.admin) as session:
        session.execute("select log.barrier(number, '2025-02-01') from log.topic")
        with pytest.raises(psycopg.errors.RaiseException, match="does not hold what the table has"):
            session.execute("select log.let_go('2025_01', 'x', 'x', '{1}', '{0}', '{1}', '{1}', '{}')")
        with pytest.raises(psycopg.errors.RaiseException, match="a month before 2025_02 is still in the table"):
            session.execute("select log.let_go('2025_02', 'x', 'x', '{}', '{}', '{}', '{}', '{}')")


async def test_an_archive_that_is_no_folder_is_named(past: History) -> None:
    past.folder.parent.joinpath("file").write_text("")
    with pytest.raises(ArchiveTrouble, match=r"file/2025_01/manifest\.json cannot be read \(Not a directory\)"):
        past.archive(FolderStore(past.folder.parent / "file"))
    assert past.months() == list(MONTHS)
