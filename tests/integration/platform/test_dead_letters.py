"""Administrators look after dead letters over HTTP; everybody else is refused, and every act is kept."""

from arena.embedded.testing import PASSWORD, TestPlatform
from tests.integration.platform.dead_letters import CONSUMER, WHY, make_admin, park, waiting


async def admin_of(platform: TestPlatform) -> tuple[str, dict[str, str]]:
    """An administrator's id, and what they prove it with."""
    person = await platform.person("Root")
    await make_admin(platform, "root@example.org")
    form = {"grant_type": "password", "username": "root@example.org", "password": PASSWORD}
    token = (await platform.http.post("/api/identity/token", data=form)).json()["access_token"]
    return person.id, {"authorization": f"Bearer {token}"}


async def test_what_could_not_be_applied_is_listed_shown_replayed_and_given_up(platform: TestPlatform) -> None:
    key = await park(platform)
    root, headers = await admin_of(platform)
    [letter] = (await platform.http.get("/api/scoring/dead-letters", headers=headers)).json()["items"]
    assert (letter["key"], letter["type"], letter["log"], letter["waiting"]) == (key, "HabitCreated", "habits.ledger", 1)
    assert letter["reason"].startswith(WHY)
    assert "Key (" not in letter["reason"]  # the database's detail quotes the row
    here = f"/api/scoring/dead-letters/{CONSUMER}/{key}"
    events = (await platform.http.get(here, headers=headers)).json()["items"]
    assert [event["type"] for event in events] == ["HabitCreated", "HabitDeleted"]
    assert events[0]["payload"]["user_id"] == key
    replayed = (await platform.http.post(f"{here}/replay", headers=headers)).json()
    assert (replayed["applied"], replayed["parked"]) == (0, 2)
    assert replayed["failure"].startswith(WHY)
    first, second = (event["position"] for event in events)
    assert (await platform.http.post(f"{here}/discard", headers=headers, json={"reason": " ", "position": first})).status_code == 422
    refused = await platform.http.post(f"{here}/discard", headers=headers, json={"reason": "Too late", "position": second})
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[-1]) == (409, "not-the-first")
    assert await waiting(platform, key) == 2
    sent = {"reason": "Sent twice by a test", "position": first}
    given_up = await platform.http.post(f"{here}/discard", headers=headers, json=sent)
    assert given_up.json() == {"applied": 1, "parked": 0, "failure": None}
    acts = (await platform.http.get("/api/scoring/dead-letters/acts", headers=headers)).json()["items"]
    assert [(act["act"], act["type"], act["done_by"]) for act in acts] == [
        ("replayed", "HabitDeleted", root),
        ("discarded", "HabitCreated", root),
        ("failed", "HabitCreated", root),
        ("parked", "HabitCreated", None),
    ]
    assert acts[1]["why"] == "Sent twice by a test"
    assert (await platform.http.get("/api/scoring/dead-letters", headers=headers)).json() == {"items": []}


async def test_what_is_not_parked_is_said_to_be_so(platform: TestPlatform) -> None:
    _, headers = await admin_of(platform)
    for path in (f"{CONSUMER}/nobody", "scoring.nobody/k"):
        answer = await platform.http.get(f"/api/scoring/dead-letters/{path}", headers=headers)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (404, "not-parked")
    answer = await platform.http.post(
        "/api/habits/dead-letters/habits.erasure/k/discard", headers=headers, json={"reason": "none", "position": 1}
    )
    assert answer.status_code == 404


async def test_it_is_for_administrators_only(platform: TestPlatform) -> None:
    ann = await platform.person("Ann")
    for service in ("habits", "scoring", "battles"):
        assert (await platform.http.get(f"/api/{service}/dead-letters")).status_code == 401
        for path in ("", "/acts", "/c/k"):
            assert (await ann.http.get(f"/api/{service}/dead-letters{path}")).status_code == 403
        for act in ("replay", "discard"):
            assert (
                await ann.http.post(
                    f"/api/{service}/dead-letters/c/k/{act}", json={"reason": "r", "position": 1} if act == "discard" else None
                )
            ).status_code == 403
