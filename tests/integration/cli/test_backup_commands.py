"""`arena backup` and `arena restore` as they are typed, over installations that run."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.chassis.db.provision import provision
from arena.chassis.testing.databases import TestDatabase
from arena.contracts.registry import LOGS
from arena.embedded.platform import SCHEMAS
from arena.embedded.postgres.temporary import temporary_postgres
from arena.embedded.testing_process import ArenaProcess, open_folder
from tests.chaos.load import Load, battle_among, enlist, logs_of, until_phase
from tests.integration.cli.backups import contents, empty_database, load, rewritten, save
from tests.integration.cli.shell import Shell

WRITERS = 4
POINTS = 10
LASTS = timedelta(seconds=60)
PASSWORDS = {schema.name: "secret" for schema in SCHEMAS}


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as found:
        yield found


@dataclass(frozen=True, slots=True)
class Installation:
    """A data folder, or a database of one's own, and the commands for it."""

    data_dir: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def arena(self, *words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """A command in a process of its own."""
        environ = os.environ | {"ARENA_DATA_DIR": str(self.data_dir)} | dict(self.env)
        return subprocess.run(Shell.command(*words), env=environ, check=False, capture_output=True, input=given)

    def done(self, *words: str, given: bytes = b"") -> bytes:
        """What it said, once it went well."""
        answer = self.arena(*words, given=given)
        assert answer.returncode == 0, answer
        return answer.stdout

    def process(self) -> ArenaProcess:
        """Its platform."""
        return ArenaProcess(self.data_dir, self.env)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_an_installation_moves_under_load_to_another_database_and_back_and_its_battle_ends_there(folder: Path) -> None:
    with temporary_postgres() as endpoint:
        first = Installation(folder / "first")
        second = Installation(folder / "second", {"ARENA_DATABASE_URL": endpoint.url()})
        third = Installation(folder / "third")
        load_of_first, promised, battle = await _saved_under_load(first, folder / "first.arena")
        await asyncio.to_thread(second.done, "restore", str(folder / "first.arena"))
        result = await _played_on(second, load_of_first, promised, battle, folder / "second.arena")
        told = json.loads(await asyncio.to_thread(third.done, "restore", str(folder / "second.arena"), "--json"))
        assert (told["final_results"], told["wrong"]) == (1, [])
        replayed = json.loads(await asyncio.to_thread(third.done, "replay", "battle", battle, "--json"))
        assert set(replayed["hashes"].values()) == {result["hash"]}
        assert b"0 differ" in await asyncio.to_thread(third.done, "replay", "scoring")


async def _saved_under_load(installation: Installation, file: Path) -> tuple[Load, dict[str, set[str]], str]:
    """Save while a battle runs and everybody logs; answers what had been promised when that began, by writer."""
    arena = installation.process()
    await asyncio.to_thread(arena.start)
    try:
        load = Load(arena.url, await enlist(arena.url, WRITERS))
        battle = await battle_among(arena.url, load.writers, starts_in=2, lasts=LASTS)
        writing = [asyncio.create_task(load.write(writer)) for writer in load.writers]
        while min(len(writer.promised) for writer in load.writers) < 20:  # noqa: ASYNC110 - the writers tell by what they wrote down
            await asyncio.sleep(0.05)
        promised = {writer.name: set(writer.promised) for writer in load.writers}
        await asyncio.to_thread(installation.done, "backup", str(file))
        assert min(len(writer.promised - promised[writer.name]) for writer in load.writers) > 0
        load.running = False
        await asyncio.gather(*writing)
    finally:
        assert await asyncio.to_thread(arena.stop) == 0
    return load, promised, battle


async def _played_on(installation: Installation, load: Load, promised: dict[str, set[str]], battle: str, file: Path) -> dict[str, Any]:
    """The restored platform goes on: everybody is signed in, nothing promised is lost or doubled, the battle ends with what was logged."""
    arena = installation.process()
    await asyncio.to_thread(arena.start)
    try:
        async with httpx.AsyncClient(base_url=arena.url, timeout=30) as http:
            ledgers = {writer.name: await logs_of(http, writer) for writer in load.writers}
            for writer in load.writers:
                assert promised[writer.name] <= ledgers[writer.name].keys() <= writer.promised
                assert set(ledgers[writer.name].values()) == {1}
            owner = load.writers[0]
            await until_phase(http, battle, owner.headers, "final", seconds=LASTS.total_seconds() + 30)
            result: dict[str, Any] = (await http.get(f"/api/battles/{battle}/result", headers=owner.headers)).raise_for_status().json()
            assert result["hash"] == sha256_hex(canonical_json(result["result"]))
            scores = {line["user_id"]: line["score"] for line in result["result"]["standings"]}
            assert scores == {writer.user_id: POINTS * len(ledgers[writer.name]) for writer in load.writers}
        await asyncio.to_thread(installation.done, "backup", str(file))
    finally:
        assert await asyncio.to_thread(arena.stop) == 0
    return result


def shell_of(data_dir: Path) -> Shell:
    """A shell for an installation that does not run."""
    return Shell(ArenaProcess(data_dir))


@pytest.fixture(scope="module")
def kept() -> Iterator[Path]:
    """The data folder of an installation that is stopped, with one account."""
    with open_folder() as folder:
        shell_of(folder / "data").ask("user", "create", "ada@example.org", "--name", "Ada")
        yield folder / "data"


def test_a_backup_goes_through_a_pipe_and_is_restored_from_one(kept: Path, folder: Path) -> None:
    (folder / "piped").write_bytes(Installation(kept).done("backup", "-"))
    new = shell_of(folder / "new")
    assert "ok: the file is whole" in new.arena("restore", "--check", str(folder / "piped")).stdout
    said = Installation(folder / "new").done("restore", "-", given=(folder / "piped").read_bytes())
    assert b"restored in" in said
    assert new.ask("user", "list") == shell_of(kept).ask("user", "list")
    assert keys_of(folder / "new") == keys_of(kept)
    assert "is not empty" in new.refused("restore", str(folder / "piped"))


def keys_of(data_dir: Path) -> object:
    path = data_dir / "keys" / "secrets.json"
    return json.loads(path.read_text()) if path.exists() else None


def test_a_file_that_is_there_is_not_replaced_and_no_half_one_is_left(kept: Path, folder: Path) -> None:
    (folder / "mine").write_text("mine")
    shell = shell_of(kept)
    assert "a backup replaces nothing" in shell.refused("backup", str(folder / "mine"))
    assert "cannot be written" in shell.refused("backup", str(folder / "nowhere" / "x"))
    assert "no installation in" in shell_of(folder / "none").refused("backup", str(folder / "x"))
    assert [path.name for path in folder.iterdir()] == ["mine"]
    assert (folder / "mine").read_text() == "mine"


def test_what_cannot_be_restored_is_told_before_anything_is_made(kept: Path, folder: Path) -> None:
    new = shell_of(folder / "new")
    assert "cannot be read" in new.arena("restore", str(folder / "nowhere")).stderr
    assert "no backup of HabitArena" in new.refused("restore", __file__)
    assert shell_of(kept).ask("backup", str(folder / "good"))["accounts"] == 1
    assert (folder / "good").stat().st_mode & 0o777 == 0o600
    (folder / "short").write_bytes((folder / "good").read_bytes()[:-1])
    assert "damaged: its end is missing" in new.refused("restore", str(folder / "short"))
    huge = rewritten(folder / "good", folder / "huge", database_bytes=1 << 60)
    assert "MB free, and this backup needs" in new.refused("restore", str(huge))
    assert not (folder / "new").exists()


@pytest.mark.slow
def test_a_restore_that_is_killed_at_any_moment_is_repeated(kept: Path, folder: Path) -> None:
    file, restored = folder / "file", shell_of(folder / "restored")
    shell_of(kept).ask("backup", str(file))
    for seconds in (2.0, 3.0, 4.0):
        running = subprocess.Popen(Shell.command("restore", str(file)), env=restored.environ, stderr=subprocess.DEVNULL)
        time.sleep(seconds)  # the moment is what is tried
        running.kill()
        if running.wait() == 0:
            break
    answer = restored.arena("restore", str(file))
    assert answer.returncode == 0 or "is not empty" in answer.stderr
    assert restored.ask("user", "list") == shell_of(kept).ask("user", "list")


def test_an_administrator_who_is_no_superuser_saves_and_restores_as_on_a_managed_database(tmp_path: Path) -> None:
    with temporary_postgres() as endpoint:
        with psycopg.connect(endpoint.conninfo(), autocommit=True) as superuser:
            superuser.execute(sql.SQL("create role host login createrole password {}").format(sql.Literal(endpoint.password)))
        server = make_url(endpoint.url())
        host = server.set(username="host")
        with empty_database(server, "there", "host") as there, empty_database(server, "here", "host") as here:
            provision(host.set(database="there"), SCHEMAS, LOGS, PASSWORDS)
            save(host.set(database="there"), tmp_path / "file")
            load(host.set(database="here"), tmp_path / "file")
            assert contents(here.admin) == contents(there.admin)
            with psycopg.connect(here_as_habits(here)) as service:
                assert service.execute("select count(*) from log.heads(2::smallint)").fetchone() == (16,)


def test_a_log_that_belongs_to_another_administrator_stays_theirs_and_roles_keep_their_passwords(tmp_path: Path) -> None:
    with temporary_postgres() as endpoint:
        with psycopg.connect(endpoint.conninfo(), autocommit=True) as superuser:
            superuser.execute(sql.SQL("create role postgres superuser login password {}").format(sql.Literal(endpoint.password)))
        server = make_url(endpoint.url())
        with empty_database(server, "there") as there, empty_database(server, "here") as here:
            for one in (there, here):
                provision(one.admin.set(username="postgres"), SCHEMAS, LOGS, PASSWORDS)
            save(there.admin, tmp_path / "file")
            load(here.admin, tmp_path / "file")
            with psycopg.connect(here_as_habits(here)) as service:
                assert service.execute("select distinct tableowner from pg_tables where schemaname = 'log'").fetchall() == [("postgres",)]
            provision(here.admin.set(username="postgres"), SCHEMAS, LOGS, PASSWORDS)
            assert contents(here.admin) == contents(there.admin)


def here_as_habits(database: TestDatabase) -> str:
    url = database.admin.set(username="arena_habits", password="secret")
    return psycopg.conninfo.make_conninfo(
        user=url.username, password=url.password, dbname=url.database, **{k: str(v) for k, v in url.query.items()}
    )
