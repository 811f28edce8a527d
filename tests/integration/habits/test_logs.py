"""Facts over HTTP: logged, sent again, listed, corrected and taken back, on any day there is."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.integration.platform.acts import add_habit, blamed, log, logs, ok, problem


async def test_a_fact_with_an_instant_echoes_its_day_and_what_decided_it(platform: Any) -> None:
    ann = await platform.person("Ann", time_zone="Europe/Berlin", day_start="03:00")
    habit = await add_habit(ann.http, kind="measured", unit="km")
    said = {"logged_at": "2026-06-10T02:59:59.123456+02:00", "value": 1.5, "client_id": "phone-1", "note": "slow\nbut steady"}
    told = ok(await log(ann.http, habit, **said), 201)
    assert datetime.fromisoformat(told["logged_at"]) == datetime.fromisoformat(str(said["logged_at"]))
    assert (told["civil_day"], told["time_zone"], told["day_start"]) == ("2026-06-09", "Europe/Berlin", "03:00")
    assert (told["value"], told["client_id"], told["note"], told["source"], told["revision"]) == (
        1.5,
        "phone-1",
        "slow\nbut steady",
        "app",
        1,
    )
    assert await logs(ann.http, habit) == [told]


async def test_the_zone_decides_the_day_and_the_offset_only_the_instant(platform: Any) -> None:
    ann = await platform.person("Ann", time_zone="Pacific/Honolulu")
    habit = await add_habit(ann.http)
    tokyo = ok(await log(ann.http, habit, logged_at="2026-06-10T20:00:00-05:00", time_zone="Asia/Tokyo"), 201)
    home = ok(await log(ann.http, habit, logged_at="2026-06-11T09:30:00+09:00"), 201)
    assert (tokyo["civil_day"], home["civil_day"]) == ("2026-06-11", "2026-06-10")
    assert home["time_zone"] == "Pacific/Honolulu"


async def test_a_day_alone_never_gets_an_instant(platform: Any) -> None:
    ann = await platform.person("Ann", time_zone="Europe/Berlin")
    told = ok(await log(ann.http, await add_habit(ann.http), civil_day="2026-06-10"), 201)
    assert (told["logged_at"], told["civil_day"], told["value"]) == (None, "2026-06-10", 1)


async def test_several_facts_a_day_are_several_facts(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http, kind="measured")
    for value in (1, 1, 2.125):
        ok(await log(ann.http, habit, civil_day="2026-06-10", value=value), 201)
    assert sorted(entry["value"] for entry in await logs(ann.http, habit)) == [1, 1, 2.125]


async def test_devices_that_were_offline_send_everything_again_and_each_fact_is_there_once(platform: Any) -> None:
    """Two devices with one queue each, some entries of which both know; everything is sent at once, and then again in another order."""
    ann = await platform.person("Ann")
    habit, other = await add_habit(ann.http), await add_habit(ann.http, "Read")
    phone = [{"civil_day": f"2026-06-{day:02}", "client_id": f"entry-{day}"} for day in range(1, 16)]
    tablet = [{"civil_day": f"2026-06-{day:02}", "client_id": f"entry-{day}"} for day in range(10, 25)]
    sent = [*phone, *tablet, *reversed(phone), *reversed(tablet)]
    answers = await asyncio.gather(*(log(ann.http, habit, **entry) for entry in sent))
    assert sorted({answer.status_code for answer in answers}) == [200, 201]
    assert sum(answer.status_code == 201 for answer in answers) == 24
    ids = {(entry["client_id"], ok(answer, answer.status_code)["id"]) for entry, answer in zip(sent, answers, strict=True)}
    assert len(ids) == 24
    assert sorted(entry["client_id"] for entry in await logs(ann.http, habit)) == sorted({entry["client_id"] for entry in sent})
    assert (await log(ann.http, other, **phone[0])).status_code == 201


async def test_client_ids_are_compared_letter_by_letter(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    ids = ["a", " a", "a ", "A", "\u00e4", "a\u0308", "x" * 64]
    answers = [await log(ann.http, habit, civil_day="2026-06-10", client_id=client_id) for client_id in ids]
    assert [ok(answer, 201)["client_id"] for answer in answers] == ids


async def test_a_client_id_sent_again_answers_the_fact_as_it_stands_now(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http, kind="measured")
    entry = {"civil_day": "2026-06-10", "value": 5, "client_id": "a"}
    first = ok(await log(ann.http, habit, **entry), 201)
    where = f"/api/habits/{habit['id']}/logs/{first['id']}"
    ok(await ann.http.patch(where, json={"value": 6}))
    assert ok(await log(ann.http, habit, **entry))["value"] == 6
    assert (await ann.http.delete(where)).status_code == 204
    late = ok(await log(ann.http, habit, **entry))
    assert late["id"] == first["id"]
    assert late["voided_at"] is not None
    assert await logs(ann.http, habit) == []


async def test_an_idempotency_key_stands_in_for_a_client_id(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    path = f"/api/habits/{habit['id']}/logs"
    tries = [await ann.http.post(path, json={"civil_day": "2026-06-10"}, headers={"idempotency-key": "k"}) for _ in range(3)]
    assert [answer.status_code for answer in tries] == [201, 200, 200]
    assert len({answer.json()["id"] for answer in tries}) == len(await logs(ann.http, habit)) == 1
    await ann.http.post(path, json={"civil_day": "2026-06-10"}, headers={"idempotency-key": "another"})
    assert len(await logs(ann.http, habit)) == 2


async def test_any_past_day_is_corrected_and_the_entry_keeps_its_id(platform: Any) -> None:
    ann = await platform.person("Ann", time_zone="Europe/Berlin")
    habit = await add_habit(ann.http, kind="measured")
    made = ok(await log(ann.http, habit, civil_day="1999-12-31", value=1, note="first"), 201)
    where = f"/api/habits/{habit['id']}/logs/{made['id']}"
    amount = ok(await ann.http.patch(where, json={"value": 0.001}))
    assert (amount["id"], amount["revision"], amount["value"], amount["civil_day"], amount["note"]) == (
        made["id"],
        2,
        0.001,
        "1999-12-31",
        "first",
    )
    moved = ok(await ann.http.patch(where, json={"logged_at": "2026-06-10T23:30:00Z", "time_zone": "Asia/Tokyo", "note": None}))
    assert (moved["revision"], moved["civil_day"], moved["time_zone"], moved["value"], moved["note"]) == (
        3,
        "2026-06-11",
        "Asia/Tokyo",
        0.001,
        None,
    )
    assert await logs(ann.http, habit) == [moved]


async def test_what_is_taken_back_is_gone_and_taking_back_twice_is_told(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    where = f"/api/habits/{habit['id']}/logs/{ok(await log(ann.http, habit, civil_day='1970-01-01'), 201)['id']}"
    assert (await ann.http.delete(where)).status_code == 204
    assert await logs(ann.http, habit) == []
    for method, body in (("DELETE", None), ("PATCH", {"note": "x"})):
        assert problem(await ann.http.request(method, where, json=body)) == (404, "log-not-found")
    assert problem(await ann.http.delete(f"/api/habits/{habit['id']}/logs/{uuid4()}")) == (404, "log-not-found")


async def test_corrections_sent_at_once_come_one_after_the_other(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http, kind="measured")
    made = ok(await log(ann.http, habit, civil_day="2026-06-10", value=1), 201)
    where = f"/api/habits/{habit['id']}/logs/{made['id']}"
    answers = await asyncio.gather(*(ann.http.patch(where, json={"value": value}) for value in range(2, 10)))
    assert sorted(ok(answer)["revision"] for answer in answers) == list(range(2, 10))
    [left] = await logs(ann.http, habit)
    assert left["revision"] == 9


async def test_days_go_from_1970_to_tomorrow_where_the_person_is(platform: Any) -> None:
    ann = await platform.person("Ann", time_zone="Pacific/Kiritimati")
    habit = await add_habit(ann.http)
    today = (datetime.now(UTC) + timedelta(hours=14)).date()
    for day, status in (
        (date(1969, 12, 31), 422),
        (date(1970, 1, 1), 201),
        (today + timedelta(days=1), 201),
        (today + timedelta(days=3), 422),
    ):
        assert (await log(ann.http, habit, civil_day=day.isoformat())).status_code == status, day
    for instant, status in (("1970-01-01T00:00:00-14:00", 201), ("1969-12-31T09:59:59Z", 422), ("9999-12-31T23:59:59-12:00", 422)):
        assert (await log(ann.http, habit, logged_at=instant)).status_code == status, instant
    assert problem(await log(ann.http, habit, civil_day="1969-12-31")) == (422, "day-out-of-range")


async def test_wrong_entries_are_refused_by_field_and_nothing_is_stored(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http, kind="measured")
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "no moment": ({"value": 1}, "body"),
        "two moments": ({"civil_day": "2026-06-10", "logged_at": "2026-06-10T10:00:00Z", "value": 1}, "body"),
        "a zone for a day": ({"civil_day": "2026-06-10", "time_zone": "UTC", "value": 1}, "body"),
        "no offset": ({"logged_at": "2026-06-10T10:00:00", "value": 1}, "logged_at"),
        "a number of seconds": ({"logged_at": 1781000000, "value": 1}, "logged_at"),
        "no such day": ({"civil_day": "2026-02-30", "value": 1}, "civil_day"),
        "a time for a day": ({"civil_day": "2026-06-10T00:00:00", "value": 1}, "civil_day"),
        "no such zone": ({"logged_at": "2026-06-10T10:00:00Z", "time_zone": "Mars/Olympus", "value": 1}, "time_zone"),
        "no value": ({"civil_day": "2026-06-10"}, "value"),
        "a negative value": ({"civil_day": "2026-06-10", "value": -1}, "value"),
        "four decimals": ({"civil_day": "2026-06-10", "value": 0.0001}, "value"),
        "too much": ({"civil_day": "2026-06-10", "value": 1e12}, "value"),
        "no number": ({"civil_day": "2026-06-10", "value": "NaN"}, "value"),
        "a client id of 65": ({"civil_day": "2026-06-10", "value": 1, "client_id": "x" * 65}, "client_id"),
        "a null byte": ({"civil_day": "2026-06-10", "value": 1, "note": "a\0b"}, "note"),
        "an unknown field": ({"civil_day": "2026-06-10", "value": 1, "mood": "good"}, "mood"),
    }
    told = {case: blamed(await log(ann.http, habit, **body)) for case, (body, _) in wrong.items()}
    assert {case: (status, field) for case, (status, _, field) in told.items()} == {
        case: (422, field) for case, (_, field) in wrong.items()
    }
    json = {"content-type": "application/json"}
    for word in (b"Infinity", b"-Infinity", b"NaN", b"1e999"):
        body = b'{"civil_day": "2026-06-10", "value": ' + word + b"}"
        assert problem(await ann.http.post(f"/api/habits/{habit['id']}/logs", content=body, headers=json))[0] in {400, 422}, word
    assert await logs(ann.http, habit) == []
    assert (await log(ann.http, await add_habit(ann.http), civil_day="2026-06-10", value=2)).status_code == 422


async def test_a_log_is_listed_latest_day_first_in_pages_and_between_days(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    days = ["2026-06-01", "2026-06-03", "2026-06-03", "2026-06-02", "2026-06-05", "2026-06-04", "2026-06-03"]
    for day in days:
        await log(ann.http, habit, civil_day=day)
    listed = await logs(ann.http, habit, limit=2)
    assert [entry["civil_day"] for entry in listed] == sorted(days, reverse=True)
    assert len({entry["id"] for entry in listed}) == len(days)
    some = await logs(ann.http, habit, first="2026-06-02", last="2026-06-03")
    assert [entry["civil_day"] for entry in some] == ["2026-06-03"] * 3 + ["2026-06-02"]
    path = f"/api/habits/{habit['id']}/logs"
    for params in ({"limit": 0}, {"limit": 201}, {"cursor": "x"}, {"first": "yesterday"}, {"cursor": "WyIyMDI2LTA2LTAxIl0"}):
        assert problem(await ann.http.get(path, params=params))[0] == 422, params


async def test_what_has_not_changed_is_not_sent_again(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    path = f"/api/habits/{habit['id']}/logs"
    etag = (await ann.http.get(path)).headers["etag"]
    assert (await ann.http.get(path, headers={"if-none-match": f'"x", {etag}'})).status_code == 304
    await log(ann.http, habit, civil_day="2026-06-10")
    assert (await ann.http.get(path, headers={"if-none-match": etag})).status_code == 200


async def test_an_address_or_method_that_is_not_there_is_a_problem_too(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    assert problem(await ann.http.get("/api/habits/nope")) == (422, "validation-failed")
    assert problem(await ann.http.get(f"/api/habits/{habit['id']}/nope")) == (404, "not-found")
    answer = await ann.http.put(f"/api/habits/{habit['id']}", json={})
    assert problem(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"]
