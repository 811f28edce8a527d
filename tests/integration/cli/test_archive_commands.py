"""`arena archive` as it is typed, and what `arena up` does of it by itself."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import URL
from structlog.testing import capture_logs

from arena.chassis.core.settings import load_settings
from arena.chassis.core.tasks import end
from arena.chassis.testing.databases import TestDatabase
from arena.embedded.archiving import keep_archiving
from arena.embedded.testing_process import ArenaProcess
from tests.integration.chassis.archive.history import administrator, make_months
from tests.integration.cli.past import by_the_administrator
from tests.integration.cli.shell import Shell
from tests.integration.scoring.ground import Ground
from tests.integration.scoring.stories import Cast, Tale

RETENTION = "100d"


@dataclass(frozen=True, slots=True)
class Typed:
    """A shell of an installation with a database of its own and settings of ours."""

    database: TestDatabase
    folder: Path

    def with_settings(self, **settings: str) -> Shell:
        environ = {
            "ARENA_DATABASE_URL": self.database.admin.set(drivername="postgresql").render_as_string(hide_password=False),
            "ARENA_DATA_DIR": str(self.folder / "data"),
            **{f"ARENA_{name.upper()}": value for name, value in settings.items()},
        }

        class Settled(Shell):
            @property
            def environ(self) -> dict[str, str]:
                return super().environ | environ

        return Settled(ArenaProcess(self.folder / "data"))

    @property
    def admin(self) -> URL:
        return self.database.admin

    def is_archived(self) -> bool:
        return by_the_administrator(self.database, "select month from log.archived_month where month = '2025_04'") != []

    @property
    def shell(self) -> Shell:
        return self.with_settings(archive=str(self.folder / "archive"), log_retention=RETENTION)


@pytest.fixture
async def typed(ground: Ground, database: TestDatabase, tmp_path: Path) -> Typed:
    """What somebody logged in January 2025; scoring has followed."""
    cast = Cast(Random(1), await ground.now())  # noqa: S311 - a seeded test
    people, tale = [cast.person() for _ in range(5)], Tale(cast)
    now = await ground.now()
    await ground.append(*(person.created() for person in people), *(tale.log(person, now) for person in people))
    with administrator(database.admin) as session:
        make_months(session)
        session.execute("update log.event set at = '2025-01-20'")
    return Typed(database, tmp_path)


async def test_months_move_and_are_listed_and_proved(typed: Typed, ground: Ground) -> None:
    await ground.drain()
    await ground.close()
    ran = await asyncio.to_thread(typed.shell.arena, "archive", "run")
    assert ran.stdout.splitlines()[0].startswith("2025_01: 10 events in the archive, 0.0 MB, ")
    assert len(ran.stdout.splitlines()) == 4
    again = await asyncio.to_thread(typed.shell.arena, "archive", "run")
    assert again.stdout == f"nothing to archive: no month in the database ended {RETENTION} ago\n"
    listed = await asyncio.to_thread(typed.shell.ask, "archive", "list")
    assert [(month["month"], month["events"]) for month in listed["archived"]][:2] == [("2025_01", 10), ("2025_02", 0)]
    assert "2025_01" not in {month["month"] for month in listed["database"]}
    assert "2025_01" in (shown := (await asyncio.to_thread(typed.shell.arena, "archive", "list")).stdout)
    assert "ARENA_ARCHIVE" not in shown
    unset = await asyncio.to_thread(typed.with_settings().arena, "archive", "list")
    assert unset.stdout.splitlines()[-1].startswith("ARENA_ARCHIVE is not set here: what reads the log stops with a sentence")
    proved = await asyncio.to_thread(typed.shell.arena, "archive", "verify")
    assert proved.stdout.splitlines()[0] == "2025_01: ok, 10 events"


async def test_what_is_damaged_is_told_with_exit_code_1(typed: Typed, ground: Ground) -> None:
    await ground.drain()
    await asyncio.to_thread(typed.shell.ask, "archive", "run")
    (typed.folder / "archive" / "2025_01" / "habits.ledger.jsonl.gz").write_bytes(b"")
    told = await asyncio.to_thread(typed.shell.ask, "archive", "verify", code=1)
    assert [month["month"] for month in told if month["wrong"]] == ["2025_01"]
    assert "habits.ledger.jsonl.gz has other bytes" in told[0]["wrong"]


async def test_a_month_that_is_needed_stays_and_who_needs_it_is_told(typed: Typed, ground: Ground) -> None:
    await ground.apply("habits", most=3)
    told = await asyncio.to_thread(typed.shell.arena, "archive", "run")
    assert told.stdout == "2025_01 stays in the database: scoring.ledger (habits.ledger) has not applied all of it\n"
    assert (await asyncio.to_thread(typed.shell.ask, "archive", "run"))[0]["needs"][0]["by"] == "scoring.ledger"


async def test_on_kafka_a_month_waits_for_the_relay(typed: Typed, ground: Ground) -> None:
    await ground.drain()
    shell = typed.with_settings(
        archive=str(typed.folder / "archive"), log_retention=RETENTION, bus="kafka", kafka_bootstrap="nowhere.example:9092"
    )
    told = await asyncio.to_thread(shell.arena, "archive", "run")
    assert told.stdout == "2025_01 stays in the database: relay (habits.ledger) has not applied all of it\n"


async def test_without_its_settings_it_says_which(typed: Typed) -> None:
    unset = await asyncio.to_thread(typed.with_settings().arena, "archive", "run")
    assert (unset.returncode, unset.stderr) == (
        2,
        "ARENA_LOG_RETENTION is not set: say how long a month stays in the database, such as 400d.\n",
    )
    assert (await asyncio.to_thread(typed.with_settings().refused, "archive", "verify")).startswith(
        "ARENA_ARCHIVE is not set: name the folder"
    )


async def test_the_running_platform_archives_by_itself(typed: Typed, ground: Ground) -> None:
    await ground.drain()
    task = asyncio.create_task(keep_archiving(load_settings(archive=str(typed.folder / "archive"), log_retention=RETENTION), typed.admin))
    try:
        async with asyncio.timeout(10):
            while not typed.is_archived():  # noqa: ASYNC110 - the database tells
                await asyncio.sleep(0.05)
    finally:
        await end([task])


async def test_the_running_platform_goes_on_where_it_cannot_archive(typed: Typed, ground: Ground) -> None:
    await ground.drain()
    (typed.folder / "file").write_text("")
    with capture_logs() as logged:
        task = asyncio.create_task(keep_archiving(load_settings(archive=str(typed.folder / "file"), log_retention=RETENTION), typed.admin))
        try:
            async with asyncio.timeout(10):
                while not logged:  # noqa: ASYNC110 - the log tells
                    await asyncio.sleep(0.05)
            assert not task.done()
        finally:
            await end([task])
    assert logged[0]["event"] == "archiving_put_off"
    assert "file/2025_01/manifest.json cannot be read" in logged[0]["error"]
    assert not typed.is_archived()
