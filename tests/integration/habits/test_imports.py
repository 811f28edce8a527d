"""Imports over HTTP: as a whole or not at all, the same file twice as once, nothing hostile, and an account of every row."""

import os
import zipfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest

from arena.chassis.testing.databases import dsn
from arena.simulate.exports import SimulatedDay, SimulatedHabit, history, loop_csv_zip, loop_database
from tests.integration.platform.acts import add_habit, log, logs, ok, problem

TODAY = datetime.now(UTC).date()
PATH = "/api/habits/imports"
DONE = 2


async def send(person: Any, data: bytes, name: str = "export") -> Any:
    return await person.http.post(PATH, files={"file": (name, data)})


async def ledger(person: Any) -> dict[str, list[tuple[str, float]]]:
    """Every habit of the person with (day, value) of its facts; habits of one name side by side."""
    found: dict[str, list[tuple[str, float]]] = {}
    for number, habit in enumerate(ok(await person.http.get("/api/habits", params={"limit": 200}))["items"]):
        entries = await logs(person.http, habit, limit=200)
        found[f"{number} {habit['name']}"] = sorted((entry["civil_day"], entry["value"]) for entry in entries)
    return found


def two_of_a_name() -> tuple[SimulatedHabit, ...]:
    """Two habits that share a name and a day."""
    days = [TODAY - timedelta(days=back) for back in range(5, 0, -1)]
    return (
        SimulatedHabit("Sport", "Football", days=tuple(SimulatedDay(day, DONE) for day in days)),
        SimulatedHabit("Sport", "Climbing", days=tuple(SimulatedDay(day, DONE) for day in days[3:])),
    )


@pytest.mark.parametrize("kind", ["database", "csv"])
async def test_years_of_history_come_over_and_the_report_says_how_much(platform: Any, kind: str) -> None:
    habits = history(7, TODAY, years=2)
    data = loop_database(habits) if kind == "database" else loop_csv_zip(habits, today=TODAY)
    ann = await platform.person("Ann", time_zone="Europe/Berlin")
    report = ok(await send(ann, data), 201)
    found = await ledger(ann)
    assert report["kept"] == {"habits": len(habits), "logs": sum(map(len, found.values()))}
    assert report["kept"]["logs"] > 1000
    assert report["already_there"] == {"habits": 0, "logs": 0}
    assert all(loss["count"] > 0 and loss["what"] and loss["why"] for loss in report["changed"] + report["dropped"])
    assert len(found) == len(habits)


async def test_the_same_file_twice_is_the_same_as_once(platform: Any) -> None:
    ann = await platform.person("Ann")
    data = loop_database(history(3, TODAY, years=1))
    first = ok(await send(ann, data), 201)
    before = await ledger(ann)
    again = ok(await send(ann, data), 201)
    assert await ledger(ann) == before
    assert again["already_there"] == again["kept"] == first["kept"]


async def test_habits_of_one_name_stay_two_and_one_renamed_stays_one(platform: Any) -> None:
    """A habit is known again by its id in the other app, whatever it is called there or here."""
    ann = await platform.person("Ann")
    habits = two_of_a_name()
    ok(await send(ann, loop_database(habits)), 201)
    assert [len(entries) for entries in (await ledger(ann)).values()] == [5, 2]
    [first, _] = ok(await ann.http.get("/api/habits"))["items"]
    ok(await ann.http.patch(f"/api/habits/{first['id']}", json={"name": "Football"}))
    renamed = (SimulatedHabit("Fußball", habits[0].question, days=(*habits[0].days, SimulatedDay(TODAY, DONE))), habits[1])
    report = ok(await send(ann, loop_database(renamed)), 201)
    assert report["already_there"] == {"habits": 2, "logs": 7}
    assert {name: len(entries) for name, entries in (await ledger(ann)).items()} == {"0 Football": 6, "1 Sport": 2}


async def test_two_people_import_the_same_file_each_into_their_own_ledger(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    data = loop_database(two_of_a_name())
    assert ok(await send(ann, data), 201) == ok(await send(bob, data), 201)
    assert await ledger(ann) == await ledger(bob)


async def test_what_was_taken_back_or_corrected_after_an_import_stays_so(platform: Any) -> None:
    ann = await platform.person("Ann")
    data = loop_database(two_of_a_name())
    ok(await send(ann, data), 201)
    [habit, _] = ok(await ann.http.get("/api/habits"))["items"]
    gone, moved, *_ = await logs(ann.http, habit)
    path = f"/api/habits/{habit['id']}/logs"
    await ann.http.delete(f"{path}/{gone['id']}")
    ok(await ann.http.patch(f"{path}/{moved['id']}", json={"civil_day": "2001-01-01"}))
    before = await ledger(ann)
    ok(await send(ann, data), 201)
    assert await ledger(ann) == before


async def test_an_import_that_fails_at_its_very_end_leaves_nothing_behind(platform: Any, database: Any) -> None:
    """The events cannot be appended, which is the last step before the commit: so there is no habit and no fact either."""
    ann = await platform.person("Ann")
    data = loop_database(two_of_a_name())
    with psycopg.connect(dsn(database.admin), autocommit=True) as admin:
        admin.execute("update log.topic set owner = 'nobody' where number = 2")
        status, _ = problem(await send(ann, data))
        admin.execute("update log.topic set owner = 'arena_habits' where number = 2")
        kept = admin.execute("select (select count(*) from habits.habit) + (select count(*) from habits.fact)").fetchone()
    assert status >= 500
    assert kept == (0,)
    assert await ledger(ann) == {}
    assert ok(await send(ann, data), 201)["already_there"] == {"habits": 0, "logs": 0}


async def test_an_import_gives_streaks_their_past_and_mixes_with_what_is_logged_here(platform: Any) -> None:
    ann = await platform.person("Ann")
    ok(await send(ann, loop_csv_zip(two_of_a_name(), today=TODAY)), 201)
    habits = ok(await ann.http.get("/api/habits"))["items"]
    for habit in habits:
        ok(await log(ann.http, habit, civil_day=TODAY.isoformat()), 201)
    streaks = [ok(await ann.http.get(f"/api/scoring/habits/{habit['id']}/streak"))["current"] for habit in habits]
    assert sorted(streaks) == [3, 6]
    assert Counter(entry["source"] for entry in await logs(ann.http, habits[0])) == {"import": 5, "app": 1}


async def test_what_no_app_wrote_is_refused_clearly_and_stores_nothing(platform: Any) -> None:
    ann = await platform.person("Ann")
    good = loop_database(two_of_a_name())
    zipped = loop_csv_zip(two_of_a_name(), today=TODAY)
    outside = BytesIO()
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("../../etc/Habits.csv", "Name\nRun\n")
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Habits.csv", b"Name\n" + b"x" * 30_000_000)
    hostile = {
        "nothing": b"",
        "noise": bytes(range(256)) * 50,
        "half a database": good[: len(good) // 2],
        "half a zip": zipped[: len(zipped) // 2],
        "a path outside": outside.getvalue(),
        "a bomb": bomb.getvalue(),
        "a page": b"<html><body>Not found</body></html>",
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
    }
    told = {case: problem(await send(ann, data)) for case, data in hostile.items()}
    assert all(status in {413, 422} and slug.startswith("import-") for status, slug in told.values()), told
    assert problem(await ann.http.post(PATH, files={"other": ("loop.db", good)})) == (422, "validation-failed")
    assert problem(await ann.http.post(PATH, json={"file": "loop.db"}))[0] in {415, 422}
    assert await ledger(ann) == {}


async def test_a_file_may_be_larger_than_other_bodies_and_not_larger_than_fifty_megabytes(platform: Any) -> None:
    ann = await platform.person("Ann")
    assert problem(await send(ann, b"x" * 3_000_000)) == (422, "import-unknown-format")
    assert problem(await send(ann, b"x" * (50 * 1024 * 1024 + 1))) == (413, "body-too-large")


async def test_a_key_makes_a_repeated_upload_one_upload(platform: Any) -> None:
    ann = await platform.person("Ann")
    files = {"file": ("loop.db", loop_database(two_of_a_name()))}
    first, again = [await ann.http.post(PATH, files=files, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["idempotency-replayed"] == "true"


async def test_imported_facts_of_a_habit_that_was_deleted_come_back_when_asked_for(platform: Any) -> None:
    ann = await platform.person("Ann")
    await add_habit(ann.http, "Mine")
    data = loop_database(two_of_a_name())
    ok(await send(ann, data), 201)
    for habit in ok(await ann.http.get("/api/habits"))["items"][1:]:
        assert (await ann.http.delete(f"/api/habits/{habit['id']}")).status_code == 204
    assert ok(await send(ann, data), 201)["already_there"] == {"habits": 0, "logs": 0}
    assert [len(entries) for entries in (await ledger(ann)).values()] == [0, 5, 2]


@pytest.mark.real_data
async def test_real_exports_come_over_whole(platform: Any) -> None:
    data = Path(os.environ["ARENA_REAL_DATA"])
    ann = await platform.person("Ann")
    report = ok(await send(ann, (data / "loop.db").read_bytes(), "loop.db"), 201)
    assert report["kept"] == {"habits": 9, "logs": 164}
    names = Counter(habit["name"] for habit in ok(await ann.http.get("/api/habits"))["items"])
    assert sorted(names.values()) == [1, 1, 1, 2, 2, 2]
    assert ok(await send(ann, (data / "loop.db").read_bytes(), "loop.db"), 201)["already_there"] == report["kept"]
    bob = await platform.person("Bob")
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in (data / "loop_csv").rglob("*.csv"):
            archive.write(file, file.relative_to(data / "loop_csv"))
    csv = ok(await send(bob, packed.getvalue(), "loop.zip"), 201)
    assert csv["kept"]["habits"] == 2
    assert min(date.fromisoformat(day) for entries in (await ledger(bob)).values() for day, _ in entries) > date(1970, 1, 1)
    for name in ("habitbull.csv", "tickmate.db"):
        assert problem(await send(bob, (data / name).read_bytes(), name))[0] == 422
