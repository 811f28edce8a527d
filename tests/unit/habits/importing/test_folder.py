"""A folder that somebody unpacked is packed again for the importer."""

from datetime import date
from pathlib import Path

import pytest

from arena.habits.importing import ImportRefused, pack_folder, read_export


def test_an_unpacked_export_reads_like_the_zip(tmp_path: Path, today: date) -> None:
    (tmp_path / "Habits.csv").write_text("Position,Name\n001,Read\n", "utf-8")
    (tmp_path / "001 Read").mkdir()
    (tmp_path / "001 Read" / "Checkmarks.csv").write_text("Date,Value\n2026-01-01,YES_MANUAL\n", "utf-8")
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8")
    export = read_export(pack_folder(tmp_path), filename="x", today=today)
    assert (export.source, export.facts) == ("loop-csv", 1)
    assert pack_folder(tmp_path) == pack_folder(tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Position,Name\n001,Secret\n", "utf-8")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Habits.csv").symlink_to(secret)
    with pytest.raises(ImportRefused, match="import-empty"):
        pack_folder(folder)


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="no CSV files"):
        pack_folder(tmp_path)
