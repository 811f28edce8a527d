"""The ledger's settings over HTTP: in force at once, and only for what is accepted from then on."""

from typing import Any

import pytest

from arena.contracts.civil import zones
from tests.integration.platform.acts import add_habit, blamed, log, ok, problem

PATH = "/api/habits/settings"


async def test_somebody_new_lives_by_utc_until_they_say_otherwise(platform: Any) -> None:
    ann = await platform.person("Ann")
    assert ok(await ann.http.get(PATH)) == {"time_zone": "UTC", "day_start": "00:00", "week_start": "mon"}


async def test_settings_are_in_force_at_once_and_days_decided_before_stay(platform: Any) -> None:
    ann = await platform.person("Ann", time_zone="Europe/Berlin", day_start="03:00", week_start="sun")
    habit = await add_habit(ann.http)
    night = "2026-06-10T02:30:00+02:00"
    before = ok(await log(ann.http, habit, logged_at=night), 201)
    assert (before["civil_day"], before["time_zone"], before["day_start"]) == ("2026-06-09", "Europe/Berlin", "03:00")
    chosen = {"time_zone": "Asia/Tokyo", "day_start": "00:00", "week_start": "wed"}
    assert ok(await ann.http.put(PATH, json=chosen)) == chosen == ok(await ann.http.get(PATH))
    after = ok(await log(ann.http, habit, logged_at=night), 201)
    assert (after["civil_day"], after["time_zone"], after["day_start"]) == ("2026-06-10", "Asia/Tokyo", "00:00")
    listed = ok(await ann.http.get(f"/api/habits/{habit['id']}/logs"))["items"]
    assert sorted(entry["civil_day"] for entry in listed) == ["2026-06-09", "2026-06-10"]


@pytest.mark.parametrize("alias", ["Europe/Kiev", "Asia/Calcutta", "US/Pacific", "GMT+0", "Zulu"])
async def test_an_alias_of_a_zone_is_a_zone_and_is_kept_as_it_was_said(platform: Any, alias: str) -> None:
    assert alias in zones()
    ann = await platform.person("Ann")
    assert ok(await ann.http.put(PATH, json={"time_zone": alias}))["time_zone"] == alias
    habit = await add_habit(ann.http)
    assert ok(await log(ann.http, habit, logged_at="2026-06-10T12:00:00Z"), 201)["time_zone"] == alias


async def test_wrong_settings_are_refused_by_field_and_change_nothing(platform: Any) -> None:
    ann = await platform.person("Ann", time_zone="Europe/Berlin")
    before = ok(await ann.http.get(PATH))
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "no zone": ({}, "time_zone"),
        "an offset": ({"time_zone": "+02:00"}, "time_zone"),
        "another case": ({"time_zone": "europe/berlin"}, "time_zone"),
        "a path": ({"time_zone": "../../etc/passwd"}, "time_zone"),
        "a null byte": ({"time_zone": "Europe/Ber\0lin"}, "time_zone"),
        "24:00": ({"time_zone": "UTC", "day_start": "24:00"}, "day_start"),
        "no minutes": ({"time_zone": "UTC", "day_start": "3"}, "day_start"),
        "no weekday": ({"time_zone": "UTC", "week_start": "someday"}, "week_start"),
        "weekday 8": ({"time_zone": "UTC", "week_start": 8}, "week_start"),
        "unknown field": ({"time_zone": "UTC", "theme": "dark"}, "theme"),
    }
    told = {case: blamed(await ann.http.put(PATH, json=body)) for case, (body, _) in wrong.items()}
    assert {case: (status, field) for case, (status, _, field) in told.items()} == {
        case: (422, field) for case, (_, field) in wrong.items()
    }
    assert ok(await ann.http.get(PATH)) == before


async def test_nobody_without_a_token_is_told_anything(platform: Any) -> None:
    for method, path in (("GET", PATH), ("PUT", PATH), ("GET", "/api/habits"), ("POST", "/api/habits")):
        answer = await platform.http.request(method, path, **({} if method == "GET" else {"json": {}}))
        assert problem(answer) == (401, "not-authenticated"), (method, path)
    answer = await platform.http.post("/api/habits/imports", files={"file": ("loop.db", b"SQLite format 3\0")})
    assert problem(answer) == (401, "not-authenticated")
