"""Live over the whole platform: standings by GET and by stream, for participants and spectators, with the names people have now."""

from datetime import UTC, datetime
from typing import Any

from tests.integration.live.watching import Watch
from tests.integration.platform.acts import add_habit, log, ok, problem, start_battle


def now() -> str:
    return datetime.now(UTC).isoformat()


async def watch(platform: Any, person: Any, battle: dict[str, Any], **headers: str) -> Watch:
    headers = {"authorization": person.http.headers["authorization"], **headers}
    return await Watch.of(platform.parts.http, f"/api/live/battles/{battle['id']}/stream", **headers)


async def test_everybody_sees_every_change_of_the_standings(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, habits = await start_battle(ann, bob)
    watching = [await watch(platform, person, battle) for person in (ann, bob)]
    assert [await stream.scores(Ann=0, Bob=0) for stream in watching]
    ok(await log(bob.http, habits["Bob"], logged_at=now()), 201)
    first, same = [await stream.scores(Ann=0, Bob=10) for stream in watching]
    assert first == same
    assert first["phase"] == "running"
    assert [(row["rank"], row["display_name"]) for row in first["items"]] == [(1, "Bob"), (2, "Ann")]
    ok(await log(ann.http, habits["Ann"], logged_at=now()), 201)
    later = await watching[0].scores(Ann=10, Bob=10)
    assert later["id"] == later["revision"] > first["revision"]
    for stream in watching:
        await stream.close()


async def test_the_get_answer_is_the_newest_frame_and_is_not_sent_again_unchanged(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, habits = await start_battle(ann, bob)
    stream = await watch(platform, ann, battle)
    ok(await log(ann.http, habits["Ann"], logged_at=now()), 201)
    frame = await stream.scores(Ann=10, Bob=0)
    path = f"/api/live/battles/{battle['id']}/standings"
    answer = await bob.http.get(path)
    assert ok(answer) | {"id": frame["id"]} == frame
    assert set(frame["items"][0]) == {"user_id", "display_name", "rank", "score"}
    assert (await bob.http.get(path, headers={"if-none-match": answer.headers["etag"]})).status_code == 304
    ok(await log(ann.http, habits["Ann"], logged_at=now()), 201)
    await stream.scores(Ann=20, Bob=0)
    assert ok(await bob.http.get(path, headers={"if-none-match": answer.headers["etag"]}))["items"][0]["score"] == 20
    await stream.close()


async def test_who_comes_back_gets_the_newest_whatever_was_missed(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, habits = await start_battle(ann, bob)
    stream = await watch(platform, ann, battle)
    seen = await stream.scores(Ann=0, Bob=0)
    await stream.close()
    for _ in range(3):
        ok(await log(bob.http, habits["Bob"], logged_at=now()), 201)
    other = await watch(platform, bob, battle)
    await other.scores(Ann=0, Bob=30)
    back = await watch(platform, ann, battle, last_event_id=str(seen["id"]))
    again = await back.frame()
    assert again is not None
    assert (again["items"][0]["score"], again["id"] > seen["id"]) == (30, True)
    await back.close()
    await other.close()


async def test_a_spectator_needs_the_link_and_nothing_else(platform: Any) -> None:
    ann, bob, eve = [await platform.person(name) for name in ("Ann", "Bob", "Eve")]
    battle, habits = await start_battle(ann, bob)
    spectating = f"/api/live/spectate/{battle['spectator']}"
    stream = await Watch.of(platform.parts.http, f"{spectating}/stream")
    await stream.scores(Ann=0, Bob=0)
    ok(await log(bob.http, habits["Bob"], logged_at=now()), 201)
    frame = await stream.scores(Ann=0, Bob=10)
    assert ok(await platform.http.get(f"{spectating}/standings"))["items"] == frame["items"]
    await stream.close()
    for path in ("standings", "stream", "history"):
        where = f"/api/live/battles/{battle['id']}/{path}"
        assert problem(await eve.http.get(where)) == (404, "battle-not-found")
        assert problem(await platform.http.get(where)) == (401, "not-authenticated")
    assert problem(await platform.http.get("/api/live/spectate/guessed/standings")) == (404, "battle-not-found")
    renewed = ok(await ann.http.post(f"/api/battles/{battle['id']}/spectator"))
    assert renewed["spectator"] != battle["spectator"]
    assert problem(await platform.http.get(f"{spectating}/standings")) == (404, "battle-not-found")


async def test_a_new_name_appears_and_who_is_erased_is_someone(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, habits = await start_battle(ann, bob)
    ok(await log(bob.http, habits["Bob"], logged_at=now()), 201)
    stream = await watch(platform, ann, battle)
    await stream.scores(Ann=0, Bob=10)
    ok(await bob.http.patch("/api/identity/me", json={"display_name": "Robert"}))
    await stream.scores(Ann=0, Robert=10)
    erased = await bob.http.request("DELETE", "/api/identity/me", json={"password": "correct horse battery"})
    assert erased.status_code == 204, erased.text
    frame = await stream.frame()
    while frame is not None and "Robert" in {row["display_name"] for row in frame["items"]}:
        frame = await stream.frame()
    assert frame is not None
    assert {row["display_name"] for row in frame["items"]} <= {"Ann", "Someone"}
    assert "Robert" not in (await ann.http.get(f"/api/live/battles/{battle['id']}/standings")).text
    await stream.close()


async def test_streams_end_politely_when_the_platform_stops(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, _ = await start_battle(ann, bob)
    stream = await watch(platform, ann, battle)
    await stream.scores(Ann=0, Bob=0)
    platform.parts.begin_to_close()
    assert await stream.frame() is None
    assert stream.task is not None
    await stream.task


async def test_score_over_time_is_told_for_those_asked_for(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, habits = await start_battle(ann, bob)
    stream = await watch(platform, ann, battle)
    for _ in range(2):
        ok(await log(ann.http, habits["Ann"], logged_at=now()), 201)
    await stream.scores(Ann=20, Bob=0)
    told = ok(await bob.http.get(f"/api/live/battles/{battle['id']}/history", params={"users": ann.id}))
    [curve] = told["curves"]
    assert curve["user_id"] == ann.id
    assert curve["points"][-1]["score"] == 20
    assert problem(await bob.http.get(f"/api/live/battles/{battle['id']}/history", params={"users": [ann.id] * 7}))[0] == 422
    await stream.close()


async def test_what_does_not_count_moves_nothing(platform: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, habits = await start_battle(ann, bob)
    other = await add_habit(ann.http, "Read")
    ok(await log(ann.http, habits["Ann"], civil_day=datetime.now(UTC).date().isoformat()), 201)
    ok(await log(ann.http, habits["Ann"], logged_at="2026-06-10T12:00:00Z"), 201)
    ok(await log(ann.http, other, logged_at=now()), 201)
    counts = ok(await log(ann.http, habits["Ann"], logged_at=now()), 201)
    stream = await watch(platform, bob, battle)
    await stream.scores(Ann=10, Bob=0)
    assert (await ann.http.delete(f"/api/habits/{habits['Ann']['id']}/logs/{counts['id']}")).status_code == 204
    await stream.scores(Ann=0, Bob=0)
    await stream.close()
