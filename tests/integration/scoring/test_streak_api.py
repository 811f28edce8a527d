"""Streaks over HTTP: read your own writes, with reasons; days and today."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from arena.chassis.testing.databases import dsn
from tests.integration.platform.acts import add_habit, log, ok, problem


def day(back: int) -> str:
    """The civil day so many days ago, in UTC."""
    return (datetime.now(UTC).date() - timedelta(days=back)).isoformat()


async def streak_of(person: Any, habit: dict[str, Any]) -> dict[str, Any]:
    return ok(await person.http.get(f"/api/scoring/habits/{habit['id']}/streak"))


async def test_what_was_logged_before_asking_is_counted_in_the_answer(platform: Any, database: Any) -> None:
    """The projection is held back, so an answer that does not wait for it would be an old one."""
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    assert (await streak_of(ann, habit))["current"] == 0
    with psycopg.connect(dsn(database.admin)) as admin:
        admin.execute("select from scoring.applied for update")
        ok(await log(ann.http, habit, civil_day=day(0)), 201)
        asked = [asyncio.create_task(ann.http.get(path)) for path in (f"/api/scoring/habits/{habit['id']}/streak", "/api/scoring/today")]
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in asked)
    streak, today = [ok(await task) for task in asked]
    assert streak["current"] == today["items"][0]["current"] == 1
    assert streak["up_to_date"] is today["up_to_date"] is True


async def test_an_answer_says_that_something_is_not_counted_yet(platform: Any, database: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    at = f"/api/scoring/habits/{habit['id']}"
    paths = ("/api/scoring/today", f"{at}/streak", f"{at}/days?first={day(1)}&last={day(0)}")
    await streak_of(ann, habit)
    with psycopg.connect(dsn(database.admin)) as admin:
        admin.execute("select from scoring.applied for update")
        ok(await log(ann.http, habit, civil_day=day(0)), 201)
        told = [ok(answer) for answer in await asyncio.gather(*map(ann.http.get, paths))]
        assert [one["up_to_date"] for one in told] == [False] * 3
        assert told[1]["current"] == 0
    told = [ok(answer) for answer in await asyncio.gather(*map(ann.http.get, paths))]
    assert [one["up_to_date"] for one in told] == [True] * 3
    assert told[1]["current"] == 1


async def test_every_answer_after_a_post_has_it_under_load_too(platform: Any) -> None:
    people = [await platform.person(name) for name in ("Ann", "Bob", "Cem")]

    async def live(person: Any) -> None:
        habit = await add_habit(person.http)
        for back in range(8):
            ok(await log(person.http, habit, civil_day=day(back)), 201)
            assert (await streak_of(person, habit))["current"] == back + 1

    await asyncio.gather(*map(live, people))


async def test_a_streak_says_what_it_rests_on(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    ids = [ok(await log(ann.http, habit, civil_day=day(back)), 201)["id"] for back in (3, 2, 1)]
    told = await streak_of(ann, habit)
    assert (told["current"], told["best"], told["unit"], told["state"], told["since"], told["last_met"]) == (
        3,
        3,
        "day",
        "pending",
        day(3),
        day(1),
    )
    why = told["explanation"]
    assert [support["log_id"] for support in why["rests_on"]] == ids[::-1]
    assert why["rests_on"][-1]["current_without"] == 2
    assert why["pending"]["saved_by"] == [{"day": day(0), "log": 1, "lower_by": None}]
    ok(await log(ann.http, habit, civil_day=day(0)), 201)
    assert (await streak_of(ann, habit))["current"] == 4 == why["pending"]["becomes"]


async def test_a_break_says_what_was_missing_and_the_fact_that_would_save_it_does(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http, kind="measured", unit="km", target={"at_least": 5})
    for back, value in ((4, 5), (3, 7), (2, 3), (1, 5)):
        ok(await log(ann.http, habit, civil_day=day(back), value=value), 201)
    why = (await streak_of(ann, habit))["explanation"]["broken"]
    judged = why["judgement"]
    assert (why["lost"], judged["first"], judged["reached"], judged["needed"], judged["missing"]) == (2, day(2), 3, 5, 2)
    assert judged["saved_by"] == [{"day": day(2), "log": 2, "lower_by": None}]
    ok(await log(ann.http, habit, civil_day=day(2), value=2), 201)
    assert (await streak_of(ann, habit))["current"] == 4 == judged["becomes"]


async def test_a_correction_of_a_past_day_breaks_and_heals(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    entries = [ok(await log(ann.http, habit, civil_day=day(back)), 201) for back in (2, 1, 0)]
    where = f"/api/habits/{habit['id']}/logs/{entries[1]['id']}"
    ok(await ann.http.patch(where, json={"civil_day": day(5)}))
    assert (await streak_of(ann, habit))["current"] == 1
    ok(await ann.http.patch(where, json={"civil_day": day(1)}))
    assert (await streak_of(ann, habit))["current"] == 3
    await ann.http.delete(where)
    assert (await streak_of(ann, habit))["current"] == 1


async def test_a_new_schedule_counts_from_today_on_and_a_new_zone_at_once(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    ok(await log(ann.http, habit, civil_day=day(0)), 201)
    ok(await ann.http.patch(f"/api/habits/{habit['id']}", json={"schedule": {"type": "times_per_week", "times": 2}}))
    assert (await streak_of(ann, habit))["unit"] == "week"
    east = ok(await ann.http.put("/api/habits/settings", json={"time_zone": "Pacific/Kiritimati"}))["time_zone"]
    told = await streak_of(ann, habit)
    assert east == "Pacific/Kiritimati"
    assert told["today"] == (datetime.now(UTC) + timedelta(hours=14)).date().isoformat()


async def test_days_tell_state_total_and_reason(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http, kind="measured", target={"at_least": 2})
    for back, value in ((3, 2), (2, 1.5)):
        ok(await log(ann.http, habit, civil_day=day(back), value=value), 201)
    told = ok(await ann.http.get(f"/api/scoring/habits/{habit['id']}/days", params={"first": day(4), "last": day(0)}))
    assert told["today"] == day(0)
    assert [item["day"] for item in told["items"]] == [day(back) for back in (4, 3, 2, 1, 0)]
    assert [item["total"] for item in told["items"]] == [None, 2, 1.5, None, None]
    assert [item["state"] for item in told["items"]][1:3] == ["done", "partly"]


async def test_wrong_questions_are_refused_by_field(platform: Any) -> None:
    ann = await platform.person("Ann")
    path = f"/api/scoring/habits/{(await add_habit(ann.http))['id']}/days"
    for params in (
        {},
        {"first": "2026-06-10"},
        {"first": "2026-06-10", "last": "2026-06-09"},
        {"first": "2020-01-01", "last": "2026-01-01"},
        {"first": "10.6.2026", "last": "2026-06-10"},
        {"first": "9999-12-31", "last": "9999-01-01"},
    ):
        assert problem(await ann.http.get(path, params=params)) == (422, "validation-failed"), params
    assert problem(await ann.http.get("/api/scoring/habits/nope/streak"))[0] == 422
    assert problem(await platform.http.get("/api/scoring/today")) == (401, "not-authenticated")
    for path in ("standings", "history?users=00000000-0000-0000-0000-000000000000"):
        answer = await ann.http.get(f"/api/scoring/battles/00000000-0000-0000-0000-000000000000/{path}")
        assert problem(answer) == (403, "forbidden"), path
