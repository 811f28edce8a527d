"""The summary of a battle over the whole platform: for what runs the installation, and with the names of those who agreed only."""

from typing import Any

from tests.integration.live.test_watching import now, watch
from tests.integration.platform.acts import log, ok, problem, start_battle

INTERNAL = {"authorization": "Bearer internal-token-of-a-test-installation"}


async def test_a_summary_counts_viewers_and_names_only_who_agreed(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, habits = await start_battle(ann, bob, starts_in=2.0)
    where = f"/api/live/battles/{battle['id']}/summary"
    before = ok(await platform.http.get(where, headers=INTERNAL))
    assert (before["viewers"], {row["display_name"] for row in before["top"]}) == (0, {None})
    ok(await bob.http.patch("/api/identity/me", json={"share_name": True}))
    streams = [await watch(platform, person, battle) for person in (ann, bob)]
    ok(await log(bob.http, habits["Bob"], logged_at=now()), 201)
    frame = await streams[0].scores(Ann=0, Bob=10)
    after = ok(await platform.http.get(where, headers=INTERNAL))
    assert after == {
        "viewers": 2,
        "top": [
            {"user_id": bob.id, "rank": 1, "score": 10, "display_name": "Bob"},
            {"user_id": ann.id, "rank": 2, "score": 0, "display_name": None},
        ],
        "as_of": frame["as_of"],
    }
    for stream in streams:
        await stream.close()
    ok(await bob.http.patch("/api/identity/me", json={"share_name": False}))
    other = await watch(platform, ann, battle)
    ok(await log(bob.http, habits["Bob"], logged_at=now()), 201)
    await other.scores(Ann=0, Bob=20)
    last = ok(await platform.http.get(where, headers=INTERNAL))
    assert (last["viewers"], {row["display_name"] for row in last["top"]}) == (1, {None})
    await other.close()


async def test_a_summary_is_not_for_people(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, _ = await start_battle(ann, bob, starts_in=2.0)
    where = f"/api/live/battles/{battle['id']}/summary"
    assert problem(await ann.http.get(where)) == (403, "forbidden")
    assert problem(await platform.http.get(where)) == (401, "not-authenticated")
    nowhere = "/api/live/battles/00000000-0000-7000-8000-000000000000/summary"
    assert problem(await platform.http.get(nowhere, headers=INTERNAL)) == (404, "battle-not-found")
