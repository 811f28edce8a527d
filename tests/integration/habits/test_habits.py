"""Habits over HTTP: kinds, schedules, targets; changed, archived, deleted; nobody else's."""

import json
from typing import Any
from uuid import uuid4

from tests.integration.platform.acts import add_habit, blamed, log, ok, problem

JSON = {"content-type": "application/json"}
WEEKDAYS = {"type": "weekdays", "days": ["fri", "mon", "mon"]}


async def test_a_habit_is_told_as_it_was_made(platform: Any) -> None:
    ann = await platform.person("Ann")
    made = await add_habit(ann.http, "  Läufe 🏃 ", kind="measured", unit="km", target={"at_least": 5.25}, schedule=WEEKDAYS)
    assert made["name"] == "Läufe 🏃"
    assert (made["kind"], made["unit"], made["target"], made["archived"]) == ("measured", "km", {"at_least": 5.25}, False)
    assert made["schedule"] == {"type": "weekdays", "days": ["mon", "fri"]}
    assert ok(await ann.http.get(f"/api/habits/{made['id']}")) == made
    plain = await add_habit(ann.http, "Read")
    assert (plain["target"], plain["unit"], plain["schedule"]) == (None, None, {"type": "daily"})


async def test_a_patch_changes_what_it_names_and_nothing_else(platform: Any) -> None:
    ann = await platform.person("Ann")
    made = await add_habit(ann.http, kind="measured", unit="km", target={"at_least": 5})
    path = f"/api/habits/{made['id']}"
    weekly = {"type": "times_per_week", "times": 3}
    assert ok(await ann.http.patch(path, json={"schedule": weekly})) == made | {"schedule": weekly}
    assert ok(await ann.http.patch(path, json={"target": None, "archived": True})) == made | {
        "schedule": weekly,
        "target": None,
        "archived": True,
    }
    assert ok(await ann.http.patch(path, json={})) == ok(await ann.http.get(path))


async def test_wrong_habits_are_refused_by_field_and_nothing_is_stored(platform: Any) -> None:
    ann = await platform.person("Ann")
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "no name": ({"name": None}, "name"),
        "a blank name": ({"name": "  \t "}, "name"),
        "201 characters": ({"name": "x" * 201}, "name"),
        "a null byte": ({"name": "a\0b"}, "name"),
        "a bell": ({"name": "a\x07b"}, "name"),
        "an escape of C1": ({"name": "a\x9bb"}, "name"),
        "text turned round": ({"name": "a\u202eb"}, "name"),
        "half a surrogate": ({"name": "\ud800"}, "name"),
        "a number for a name": ({"name": 5}, "name"),
        "an unknown kind": ({"kind": "tally"}, "kind"),
        "a unit of 65": ({"kind": "measured", "unit": "k" * 65}, "unit"),
        "yes/no with a target": ({"target": {"at_least": 1}}, "target"),
        "yes/no with a unit": ({"unit": "km"}, "unit"),
        "two targets": ({"kind": "measured", "target": {"at_least": 1, "at_most": 2}}, "target"),
        "four decimals": ({"kind": "measured", "target": {"at_least": 1.2345}}, "target"),
        "a negative target": ({"kind": "measured", "target": {"at_most": -1}}, "target"),
        "no days": ({"schedule": {"type": "weekdays", "days": []}}, "schedule"),
        "8 times a week": ({"schedule": {"type": "times_per_week", "times": 8}}, "schedule"),
        "a foreign schedule": ({"schedule": {"type": "monthly"}}, "schedule"),
        "more than the schedule takes": ({"schedule": {"type": "daily", "times": 3}}, "schedule"),
        "an unknown field": ({"colour": "red"}, "colour"),
    }
    told: dict[str, tuple[int, str]] = {}
    for case, (fields, _) in wrong.items():
        content = json.dumps({"name": "Run", "kind": "yes_no"} | fields)
        status, _, field = blamed(await ann.http.post("/api/habits", content=content, headers=JSON))
        told[case] = (status, field.partition(".")[0])
    assert told == {case: (422, field) for case, (_, field) in wrong.items()}
    assert ok(await ann.http.get("/api/habits"))["items"] == []
    assert len((await add_habit(ann.http, "x" * 200))["name"]) == 200


async def test_a_body_that_is_no_json_object_is_refused(platform: Any) -> None:
    ann = await platform.person("Ann")
    for content, headers in ((b"{", JSON), (b"[]", JSON), (b"\xff", JSON), (b"null", JSON), (b"name=Run", {"content-type": "text/plain"})):
        status, _ = problem(await ann.http.post("/api/habits", content=content, headers=headers))
        assert status in {400, 415, 422}, content
    assert problem(await ann.http.post("/api/habits", content=b" " * 1_100_000, headers=JSON)) == (413, "body-too-large")


async def test_somebody_else_s_habit_is_not_there_whatever_is_asked_of_it(platform: Any) -> None:
    ann, eve = await platform.person("Ann"), await platform.person("Eve")
    habit = await add_habit(ann.http)
    entry = ok(await log(ann.http, habit, civil_day="2026-06-10"), 201)
    path, hers = f"/api/habits/{habit['id']}", f"/api/habits/{(await add_habit(eve.http))['id']}"
    tries = [
        ("GET", path, None),
        ("PATCH", path, {"name": "Mine"}),
        ("DELETE", path, None),
        ("POST", f"{path}/logs", {"civil_day": "2026-06-10"}),
        ("GET", f"{path}/logs", None),
        ("PATCH", f"{path}/logs/{entry['id']}", {"note": "x"}),
        ("DELETE", f"{path}/logs/{entry['id']}", None),
        ("DELETE", f"{hers}/logs/{entry['id']}", None),
        ("PATCH", f"{hers}/logs/{entry['id']}", {"note": "x"}),
        ("GET", f"/api/scoring/habits/{habit['id']}/streak", None),
        ("GET", f"/api/scoring/habits/{habit['id']}/days?first=2026-06-01&last=2026-06-10", None),
        ("GET", f"/api/habits/{uuid4()}", None),
    ]
    assert [problem(await eve.http.request(method, where, json=body))[0] for method, where, body in tries] == [404] * len(tries)
    assert ok(await ann.http.get(f"{path}/logs"))["items"] == [entry]


async def test_a_deleted_habit_is_gone_with_its_log(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    await log(ann.http, habit, civil_day="2026-06-10")
    path = f"/api/habits/{habit['id']}"
    assert (await ann.http.delete(path)).status_code == 204
    for method, where in (("GET", path), ("DELETE", path), ("GET", f"{path}/logs"), ("GET", f"/api/scoring/habits/{habit['id']}/streak")):
        assert problem(await ann.http.request(method, where)) == (404, "habit-not-found"), where
    assert problem(await log(ann.http, habit, civil_day="2026-06-10")) == (404, "habit-not-found")
    assert ok(await ann.http.get("/api/habits"))["items"] == ok(await ann.http.get("/api/scoring/today"))["items"] == []


async def test_a_list_comes_in_pages_by_age_and_only_the_given_ids_where_given(platform: Any) -> None:
    ann = await platform.person("Ann")
    made = [(await add_habit(ann.http, f"habit {number}"))["id"] for number in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        page = ok(await ann.http.get("/api/habits", params={"limit": 3} | ({"cursor": cursor} if cursor else {})))
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made
    chosen = ok(await ann.http.get("/api/habits", params={"ids": f"{made[5]},nonsense,{uuid4()},{made[1]}"}))["items"]
    assert [item["id"] for item in chosen] == [made[1], made[5]]
    for params in ({"limit": 0}, {"limit": 201}, {"limit": "many"}, {"cursor": "nonsense"}, {"cursor": "W10"}):
        assert problem(await ann.http.get("/api/habits", params=params))[0] == 422, params
    assert len(ok(await ann.http.get("/api/habits", params={"limit": 200}))["items"]) == 7


async def test_what_has_not_changed_is_not_sent_again(platform: Any) -> None:
    ann = await platform.person("Ann")
    habit = await add_habit(ann.http)
    path = f"/api/habits/{habit['id']}"
    etag = (await ann.http.get(path)).headers["etag"]
    same = await ann.http.get(path, headers={"if-none-match": etag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    await ann.http.patch(path, json={"name": "Walk"})
    other = await ann.http.get(path, headers={"if-none-match": etag})
    assert other.status_code == 200
    assert other.headers["etag"] != etag


async def test_a_repeated_request_with_a_key_makes_one_habit(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    key = {"idempotency-key": "the same"}
    body = {"name": "Run", "kind": "yes_no"}
    first, again = [await ann.http.post("/api/habits", json=body, headers=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert problem(await ann.http.post("/api/habits", json=body | {"name": "Walk"}, headers=key)) == (422, "idempotency-key-reused")
    other = await bob.http.post("/api/habits", json=body, headers=key)
    assert other.json()["id"] != first.json()["id"]
    assert len(ok(await ann.http.get("/api/habits"))["items"]) == 1
