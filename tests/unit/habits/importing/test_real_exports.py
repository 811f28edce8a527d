"""Real exports of real apps, where they are at hand; what is in them was counted by hand."""

import os
from datetime import date
from pathlib import Path

import pytest

from arena.contracts.habit import Schedule, ScheduleType
from arena.habits.importing import ImportRefused, pack_folder, read_export

pytestmark = pytest.mark.real_data


@pytest.fixture
def real() -> Path:
    return Path(os.environ["ARENA_REAL_DATA"])


def test_the_real_loop_database_comes_over_whole(real: Path, today: date) -> None:
    export = read_export((real / "loop.db").read_bytes(), filename="loop.db", today=today)
    assert export.report()["kept"] == {"habits": 9, "logs": 164}
    assert export.dropped == ()
    assert {loss.what: loss.count for loss in export.changed} == {"schedule “1 in 5 days”": 1}
    assert len({habit.name for habit in export.habits}) == 6
    assert len({habit.source_id for habit in export.habits}) == 9
    assert [len(habit.facts) for habit in export.habits] == [33, 21, 2, 15, 12, 13, 43, 12, 13]
    assert export.habits[0].schedule == Schedule(ScheduleType.TIMES_PER_WEEK, times=3)
    assert (export.habits[0].facts[0].civil_day, export.habits[0].facts[0].value) == (date(2016, 1, 1), 1000)


def test_the_real_loop_csv_export_keeps_what_was_done_by_hand(real: Path, today: date) -> None:
    export = read_export(pack_folder(real / "loop_csv"), filename="loop_csv", today=today)
    assert export.report()["kept"] == {"habits": 2, "logs": 6}
    assert export.rows == 12
    assert sum(loss.count for loss in export.dropped if "YES_AUTO" in loss.what) == 3
    assert sum(loss.count for loss in export.dropped if "(NO)" in loss.what) == 1
    assert export.habits[1].schedule == Schedule(ScheduleType.TIMES_PER_WEEK, times=4)
    assert [fact.source_id[-2:] for fact in export.habits[1].facts] == ["16", "17", "20", "21", "22", "25"]


@pytest.mark.parametrize(("file", "app"), [("habitbull.csv", "HabitBull"), ("tickmate.db", "Tickmate")])
def test_the_apps_whose_importer_comes_later_are_named(real: Path, today: date, file: str, app: str) -> None:
    with pytest.raises(ImportRefused, match=app):
        read_export((real / file).read_bytes(), filename=file, today=today)
