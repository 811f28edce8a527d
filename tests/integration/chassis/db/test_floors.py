"""Older code on a newer schema: it runs where the newer migration says so, and refuses with a sentence where it does not."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from arena.chassis.db.migrate import Fit, Found, SchemaTooNew, find, fit_of, migrate
from arena.chassis.testing.databases import TestDatabase

_STEP = """
from alembic import op
revision = "{revision}"
down_revision = {before}
{floor}

def upgrade():
    op.execute("create table t{revision} ()")
"""


def step(folder: Path, revision: str, before: str | None, floor: str | None) -> None:
    words = f'floor = "{floor}"' if floor else ""
    (folder / f"{revision}_step.py").write_text(_STEP.format(revision=revision, before=repr(before), floor=words), "utf-8")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    folder.mkdir()
    step(folder, "0001", None, "0001")
    return folder


@pytest.fixture
def connection(database: TestDatabase) -> Iterator[Connection]:
    engine = create_engine(database.admin)
    with engine.begin() as opened:
        opened.execute(text("create schema room"))
        yield opened
    engine.dispose()


def newer(old: Path, floor: str | None) -> Path:
    folder = old.with_name("new")
    shutil.copytree(old, folder)
    step(folder, "0002", "0001", floor)
    return folder


def test_code_runs_on_a_newer_schema_whose_migration_says_it_can_and_migrating_changes_nothing(connection: Connection, old: Path) -> None:
    assert fit_of(find(connection, "room"), old) is Fit.OLDER
    migrate(connection, "room", newer(old, "0001"))
    found = find(connection, "room")
    assert found == Found("0002", "0001")
    assert fit_of(found, old) is Fit.NEWER
    migrate(connection, "room", old)
    assert find(connection, "room") == found


@pytest.mark.parametrize("floor", ["0002", None])
def test_code_older_than_the_floor_is_refused(connection: Connection, old: Path, floor: str | None) -> None:
    migrate(connection, "room", newer(old, floor))
    assert fit_of(find(connection, "room"), old) is Fit.REFUSED
    with pytest.raises(SchemaTooNew, match="start the newer version"):
        migrate(connection, "room", old)


def test_a_schema_migrated_before_floors_gets_its_floor(connection: Connection, old: Path) -> None:
    migrate(connection, "room", old)
    connection.execute(text("comment on table room.alembic_version is null"))
    assert find(connection, "room") == ("0001", None)
    migrate(connection, "room", old)
    assert find(connection, "room") == ("0001", "0001")
