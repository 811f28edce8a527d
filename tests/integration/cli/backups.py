"""Installations to save: a story with ended battles in it, empty databases to restore into, archives made by hand."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from sqlalchemy import URL

from arena.chassis.core.canonical import canonical_json
from arena.chassis.testing.databases import TestDatabase, dsn
from arena.embedded.backup.archive import MANIFEST, README, Archive, Writer
from arena.embedded.backup.manifest import Manifest
from arena.embedded.backup.restoring import Restored, restore
from arena.embedded.backup.schemas import ROOMS
from arena.embedded.backup.tables import copy_out, tables_of
from arena.embedded.backup.taking import Taken, new_file, take
from arena.embedded.backup.where import session_of
from tests.integration.cli.past import Past, replay
from tests.integration.scoring.ground import Ground

KEY_FILE = json.dumps({"signing_keys": "of a test", "internal_token": "of a test too"}).encode()
_BATTLE = """
insert into battles.battle
values (%s, gen_random_uuid(), '', '{}', now(), now(), now(), now(), '', 'final', 4, null, %s, gen_random_uuid(), gen_random_uuid(), now())
"""
_RESULT = "insert into battles.result values (%s, %s, %s, now())"


async def keep_results(ground: Ground, database: TestDatabase, story: Past) -> None:
    """What battles keeps of the ended ones: scoring's stories know its log only."""
    with psycopg.connect(dsn(database.admin)) as connection:
        for match in story.ended:
            announced = (await replay(ground).battle(match.id)).announced
            document = canonical_json(announced.result).decode()
            connection.execute(_BATTLE, (match.id, announced.result_hash))
            connection.execute(_RESULT, (match.id, document, announced.result_hash))


def save(admin: URL, path: Path, keys: bytes | None = KEY_FILE) -> Taken:
    """Save a database."""
    with new_file(path) as out:
        return take(admin, keys, out, ignored)


def load(admin: URL, path: Path, before: Callable[[], None] = lambda: None) -> Restored:
    """Restore a file into a database."""
    with opened(path) as archive:
        return restore(admin, archive, ignored, before)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """An archive, proved."""
    with path.open("rb") as file, Archive.open(file, path.name) as archive:
        yield archive


def ignored(read: int) -> None:
    del read


@contextmanager
def empty_database(server: URL, name: str, owner: str | None = None) -> Iterator[TestDatabase]:
    """A database without anything, dropped afterwards."""
    with psycopg.connect(dsn(server), autocommit=True) as connection:
        words = sql.SQL(" owner {}").format(sql.Identifier(owner)) if owner else sql.SQL("")
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)) + words)
        try:
            yield TestDatabase(server.set(database=name))
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def contents(admin: URL) -> dict[str, list[bytes]]:
    """Every row of every table, as text."""
    with session_of(admin) as session:
        return {table.path: sorted(b"".join(copy_out(session, table)).splitlines()) for table in tables_of(session, ROOMS)}


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes] = lambda _, part: part, **fields: Any) -> Path:
    """A file with a right seal in which parts, or fields of the manifest, are others."""
    with zipfile.ZipFile(source) as archive, target.open("wb") as out:
        writer = Writer(out)
        for name in archive.namelist():
            if name not in {README, MANIFEST}:
                writer.add(name, [change(name, archive.read(name))])
        manifest = json.loads(archive.read(MANIFEST)) | fields
        writer.close(msgspec.convert(manifest, Manifest, strict=False))
    return target


def places(path: Path) -> dict[str, tuple[int, int]]:
    """Where the bytes of each part lie in a file."""
    with zipfile.ZipFile(path) as archive:
        starts = {info.filename: info.header_offset for info in archive.infolist()}
        ends = [*sorted(starts.values())[1:], archive.start_dir]
    return {name: (start, end) for (name, start), end in zip(sorted(starts.items(), key=lambda one: one[1]), ends, strict=True)}


def flipped(data: bytes, at: int) -> bytes:
    """The same bytes but for one bit."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def other_zip() -> bytes:
    """A ZIP of somebody else's."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    return kept.getvalue()
