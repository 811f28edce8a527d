"""Battles that resources declare: made, followed, refused, given up; what is so already is not written."""

from datetime import timedelta
from typing import Any

import pytest

from arena.battles.domain.declaring import NOBODY
from arena.contracts.events.battles import BattleOpened
from tests.integration.battles.conftest import PLATFORM, SERVICE, declaration_body, expect, wall

LATER = {"start": "2031-01-01T18:00", "end": "2031-01-01T19:00"}


def soon() -> dict[str, str]:
    """A window that begins in an hour and lasts for one."""
    return {"start": wall(timedelta(hours=1)), "end": wall(timedelta(hours=2))}


async def fingerprint(stage: Any) -> list[Any]:
    """Everything that writing would change: the rows' versions, and how far the log goes."""
    tables = ("battle", "declaration", "invitation", "participant", "due")
    rows = [(table, await stage.sql(f"select xmin::text, ctid::text from {table} order by 2")) for table in tables]
    return [*rows, [(record.partition, record.position) for record in await stage.records()]]


async def begun(stage: Any, uid: str = "uid-1", **changes: Any) -> tuple[dict[str, Any], Any, Any]:
    """A declared battle under way between two."""
    ada, ben = stage.person(), stage.person()
    held = await stage.declared(uid, invite_only=False, window=soon(), **changes)
    battle = {"id": held["battle_id"]}
    for who in (ada, ben):
        expect(await stage.joined(who, battle, invite=None), 201)
    await stage.pass_time(battle, timedelta(hours=1, seconds=1))
    await stage.act()
    return await stage.look(uid), ada, ben


async def same_again(stage: Any, uid: str, **changes: Any) -> dict[str, Any]:
    """The body that declares what this resource's battle is already."""
    (row,) = await stage.sql(
        "select b.name, b.spec, d.generation, d.fence from battle b join declaration d on d.battle_id = b.id where d.uid = :uid", uid=uid
    )
    body = {**declaration_body(), **row.spec, "name": row.name, "generation": row.generation, "fence": row.fence}
    return {**body, **changes}


async def test_a_resource_makes_a_battle_that_is_open_and_nobody_s(stage: Any) -> None:
    answer = await stage.put("uid-1", declaration_body(protect=True, window={"audit_minutes": 5}))
    assert answer.status_code == 201
    held = answer.json()
    battle = {"id": held.pop("battle_id")}
    assert held.pop("window").pop("tzdata")
    assert held == {
        "uid": "uid-1",
        "resource": {"kind": "Battle", "namespace": "games", "name": "november"},
        "generation": 1,
        "protect": True,
        "phase": "open",
        "joined": 0,
        "invited": 0,
        "cancelled_for": None,
        "result_hash": None,
    }
    (opened,) = await stage.events(battle)
    assert isinstance(opened, BattleOpened)
    assert opened.owner_id == NOBODY
    (due,) = await stage.sql("select at from due where key = :key", key=battle["id"])
    assert due.at.isoformat() == "2030-01-01T18:00:00+00:00"


async def test_the_window_is_told_in_utc(stage: Any) -> None:
    held = await stage.declared(window={"time_zone": "Europe/Berlin", "audit_minutes": 5})
    window = held["window"]
    assert window.pop("tzdata")
    assert window == {
        "start": "2030-01-01T17:00:00Z",
        "end": "2030-01-01T18:00:00Z",
        "grace_ends": "2030-01-01T18:10:00Z",
        "audit_ends": "2030-01-01T18:15:00Z",
    }
    assert await stage.look("uid-1") == {**held, "window": {**window, "tzdata": (await stage.look("uid-1"))["window"]["tzdata"]}}


async def test_declaring_the_same_again_writes_nothing(stage: Any) -> None:
    ada = stage.person()
    first = await stage.declared(players=[ada.email])
    before = await fingerprint(stage)
    for _ in range(3):
        again = await stage.put(
            "uid-1",
            declaration_body(players=[ada.email]),
        )
        assert (again.status_code, again.json()) == (200, first)
    assert await fingerprint(stage) == before


async def test_a_key_does_not_stand_in_the_way_of_declaring_and_makes_a_withdrawal_one(stage: Any) -> None:
    key = {**SERVICE, "idempotency-key": "k-1"}
    path = "/declarations/uid-1"
    first = await stage.call(None, "PUT", path, declaration_body(), headers=key)
    changed = await stage.call(None, "PUT", path, declaration_body(generation=2, name="December"), headers=key)
    assert (first.status_code, changed.status_code) == (201, 200)
    assert changed.json()["generation"] == 2
    for _ in range(2):
        answer = await stage.call(None, "POST", f"{path}/withdraw", {"fence": 1}, headers={**SERVICE, "idempotency-key": "k-2"})
        assert answer.status_code == 204


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "December"}, []),
        ({"window": LATER}, ["BattleChanged"]),
        ({"scoring": {"points": 3}}, ["BattleChanged"]),
        ({"kind": "head_to_head"}, ["BattleChanged"]),
        ({"max_participants": 5}, ["BattleChanged"]),
        ({"invite_only": False}, ["BattleChanged"]),
        ({"protect": True}, []),
    ],
)
async def test_a_newer_generation_is_followed_while_nobody_competes(stage: Any, changes: dict[str, Any], told: list[str]) -> None:
    held = await stage.declared()
    answer = await stage.put("uid-1", declaration_body(generation=2, **changes))
    assert (answer.status_code, answer.json()["generation"], answer.json()["battle_id"]) == (200, 2, held["battle_id"])
    assert await stage.told({"id": held["battle_id"]}) == ["BattleOpened", *told]
    before = await fingerprint(stage)
    expect(await stage.put("uid-1", declaration_body(generation=2, **changes)), 200)
    assert await fingerprint(stage) == before


@pytest.mark.parametrize("late", [{"generation": 2, "fence": 7}, {"generation": 3, "fence": 6}, {"generation": 9, "fence": 6}])
async def test_what_comes_late_changes_nothing(stage: Any, problem: Any, late: dict[str, int]) -> None:
    await stage.declared(generation=3, fence=7)
    before = await fingerprint(stage)
    answer = await stage.put("uid-1", declaration_body(name="Old", **late))
    assert problem(answer) == (409, "declaration-stale")
    assert "generation 3, fence 7" in answer.json()["detail"]
    assert await fingerprint(stage) == before


async def test_a_new_leader_s_fence_shuts_the_old_one_out(stage: Any, problem: Any) -> None:
    await stage.declared(fence=1)
    expect(await stage.put("uid-1", declaration_body(fence=2)), 200)
    assert problem(await stage.put("uid-1", declaration_body(fence=1))) == (409, "declaration-stale")
    assert problem(await stage.withdrawn("uid-1", fence=1, cancel=True)) == (409, "declaration-stale")
    assert (await stage.look("uid-1"))["phase"] == "open"


@pytest.mark.parametrize(
    ("changes", "slug", "field"),
    [
        ({"window": {"start": "2020-01-01T00:00", "end": "2020-01-02T00:00"}}, "window-in-past", "window.start"),
        ({"window": {"start": "2030-01-02T00:00", "end": "2030-01-01T00:00"}}, "window-invalid", "window.end"),
        ({"window": {"time_zone": "Mars/Olympus"}}, "window-invalid", "window.time_zone"),
        ({"max_participants": 1}, "battle-invalid", "max_participants"),
        ({"scoring": {"rule": "luck@1"}}, "scoring-invalid", "scoring.rule"),
        ({"players": ["nobody@example.org"]}, "unknown-player", "players[0]"),
        ({"players": ["x"] * 1001}, "validation-failed", "players"),
        ({"name": "a\u0007b"}, "validation-failed", "name"),
        ({"generation": -1}, "validation-failed", "generation"),
        ({"generation": 2**63}, "validation-failed", "generation"),
        ({"fence": "1"}, "validation-failed", "fence"),
        ({"resource": {"kind": "Pod", "namespace": "games", "name": "x"}}, "validation-failed", "resource.kind"),
        ({"resource": {"kind": "Battle", "namespace": "games", "name": "\u202eevil"}}, "validation-failed", "resource.name"),
        ({"replicas": 3}, "validation-failed", "replicas"),
    ],
)
async def test_a_wrong_declaration_is_refused_by_field_and_nothing_is_stored(
    stage: Any, problem: Any, changes: dict[str, Any], slug: str, field: str
) -> None:
    answer = await stage.put("uid-1", declaration_body(**changes))
    assert problem(answer) == (422, slug)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await stage.sql("select 1 from battle union all select 1 from declaration") == []
    expect(await stage.put("uid-1", declaration_body()), 201)


async def test_a_wrong_change_is_refused_and_the_battle_stays_as_it_was(stage: Any, problem: Any) -> None:
    await stage.declared()
    before = await fingerprint(stage)
    assert problem(await stage.put("uid-1", declaration_body(generation=2, scoring={"points": 0}))) == (422, "scoring-invalid")
    assert await fingerprint(stage) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "December"}, "name"),
        ({"window": LATER}, "window.start"),
        ({"window": {"grace_minutes": 11}}, "window.grace_minutes"),
        ({"scoring": {"tie_breaks": []}}, "scoring.tie_breaks"),
        ({"max_participants": 5}, "max_participants"),
        ({"invite_only": True}, "invite_only"),
    ],
)
async def test_once_it_runs_its_definition_stands_and_the_refusal_names_the_field(
    stage: Any, problem: Any, changes: dict[str, Any], field: str
) -> None:
    held, *_ = await begun(stage)
    assert held["phase"] == "running"
    body = await same_again(stage, "uid-1", generation=2)
    changes = {name: {**body[name], **value} if isinstance(value, dict) else value for name, value in changes.items()}
    before = await fingerprint(stage)
    answer = await stage.put("uid-1", {**body, **changes})
    assert problem(answer) == (409, "already-running")
    assert field in answer.json()["detail"]
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await fingerprint(stage) == before


async def test_while_it_runs_what_is_not_frozen_is_followed(stage: Any) -> None:
    await begun(stage)
    answer = await stage.put("uid-1", await same_again(stage, "uid-1", generation=2, protect=True))
    assert (answer.status_code, answer.json()["generation"], answer.json()["protect"]) == (200, 2, True)
    assert answer.json()["phase"] == "running"


async def test_a_start_that_is_due_and_not_taken_yet_is_a_start(stage: Any, problem: Any) -> None:
    held = await stage.declared()
    await stage.pass_time({"id": held["battle_id"]}, timedelta(days=3650))
    assert problem(await stage.put("uid-1", declaration_body(generation=2, name="Late"))) == (409, "already-running")
    assert problem(await stage.withdrawn("uid-1", cancel=True)) == (409, "already-running")
    expect(await stage.put("uid-1", declaration_body(generation=2)), 200)


async def test_a_battle_that_is_over_is_told_as_it_is_and_cannot_be_changed(stage: Any, problem: Any) -> None:
    held, *_ = await begun(stage)
    battle = {"id": held["battle_id"]}
    await stage.pass_time(battle, timedelta(hours=2))
    digest = await stage.score(battle, rows=[])
    final = expect(await stage.put("uid-1", await same_again(stage, "uid-1")), 200)
    assert (final["phase"], final["result_hash"], final["joined"]) == ("final", digest, 2)
    assert problem(await stage.put("uid-1", await same_again(stage, "uid-1", generation=2, name="New"))) == (409, "battle-closed")
    assert (await stage.look("uid-1"))["generation"] == 1
    assert expect(await stage.put("uid-1", await same_again(stage, "uid-1", generation=2)), 200)["generation"] == 2


async def test_a_battle_that_too_few_have_joined_says_why_it_was_called_off(stage: Any, problem: Any) -> None:
    held = await stage.declared()
    await stage.pass_time({"id": held["battle_id"]}, timedelta(days=3650))
    await stage.act()
    seen = await stage.look("uid-1")
    assert (seen["phase"], seen["cancelled_for"]) == ("cancelled", "too_few")
    expect(await stage.put("uid-1", declaration_body()), 200)
    assert problem(await stage.put("uid-1", declaration_body(generation=2, window=LATER))) == (409, "battle-closed")


async def test_what_is_withdrawn_goes_on_undeclared_or_is_called_off(stage: Any, problem: Any) -> None:
    kept, off = await stage.declared("kept"), await stage.declared("off")
    for _ in range(2):
        assert (await stage.withdrawn("kept")).status_code == 204
        assert (await stage.withdrawn("off", cancel=True)).status_code == 204
    assert await stage.told({"id": kept["battle_id"]}) == ["BattleOpened"]
    assert await stage.told({"id": off["battle_id"]}) == ["BattleOpened", "cancelled"]
    for uid in ("kept", "off", "never"):
        assert problem(await stage.call(None, "GET", f"/declarations/{uid}", headers=SERVICE)) == (404, "declaration-not-found")
    assert len(await stage.sql("select 1 from due")) == 1


async def test_what_has_withdrawn_declares_nothing_any_more_also_if_it_never_did(stage: Any, problem: Any) -> None:
    await stage.declared("uid-1")
    await stage.withdrawn("uid-1")
    assert (await stage.withdrawn("uid-2", cancel=True)).status_code == 204
    for uid in ("uid-1", "uid-2"):
        assert problem(await stage.put(uid, declaration_body(generation=9, fence=9))) == (409, "declaration-stale")
    assert len(await stage.sql("select 1 from battle")) == 1


async def test_what_withdrew_long_ago_is_forgotten(stage: Any) -> None:
    for uid in ("old", "new"):
        await stage.declared(uid)
        await stage.withdrawn(uid)
    await stage.sql("update declaration set withdrawn_at = withdrawn_at - interval '31 days' where uid = 'old'")
    await stage.declared("next")
    await stage.withdrawn("next")
    assert [row.uid for row in await stage.sql("select uid from declaration order by uid")] == ["new", "next"]


async def test_what_has_begun_is_not_called_off_but_let_go(stage: Any, problem: Any) -> None:
    held, *_ = await begun(stage)
    assert problem(await stage.withdrawn("uid-1", cancel=True)) == (409, "already-running")
    assert (await stage.look("uid-1"))["phase"] == "running"
    assert (await stage.withdrawn("uid-1")).status_code == 204
    assert (await stage.told({"id": held["battle_id"]}))[-1] == "running"


@pytest.mark.parametrize("phase", ["final", "cancelled"])
async def test_what_is_over_is_let_go_also_when_it_was_to_be_called_off(stage: Any, phase: str) -> None:
    held = await stage.declared()
    await stage.sql("update battle set phase = :phase", phase=phase)
    assert (await stage.withdrawn("uid-1", cancel=True)).status_code == 204
    assert await stage.told({"id": held["battle_id"]}) == ["BattleOpened"]


async def test_only_the_platform_and_services_declare(stage: Any, problem: Any) -> None:
    held = await stage.declared()
    calls = [
        ("PUT", "/declarations/uid-2", declaration_body()),
        ("GET", "/declarations/uid-1", None),
        ("GET", "/declarations", None),
        ("POST", "/declarations/uid-1/withdraw", {"fence": 1}),
    ]
    for method, path, body in calls:
        for who in (stage.person(), stage.person("admin", "arbiter")):
            assert problem(await stage.call(who, method, path, body)) == (403, "forbidden")
        assert problem(await stage.call(None, method, path, body)) == (401, "not-authenticated")
    assert (await stage.look("uid-1")) == held


async def test_the_operator_declares_with_keys_and_reads_every_result(stage: Any, problem: Any) -> None:
    path, key = "/declarations/uid-1", {**PLATFORM, "idempotency-key": "uid-1-1"}
    held = expect(await stage.call(None, "PUT", path, declaration_body(), headers=key), 201)
    assert expect(await stage.call(None, "PUT", path, declaration_body(), headers=key), 200) == held
    assert expect(await stage.call(None, "GET", path, headers=PLATFORM), 200) == held
    ready = await stage.call(None, "GET", f"/{held['battle_id']}/result", headers=PLATFORM)
    assert problem(ready) == (404, "result-not-ready")
    for _ in range(2):
        gone = await stage.call(None, "POST", f"{path}/withdraw", {"fence": 1}, headers={**PLATFORM, "idempotency-key": "uid-1-off"})
        assert gone.status_code == 204
    no_good = {"authorization": "Bearer workload.other"}
    assert problem(await stage.call(None, "PUT", path, declaration_body(), headers=no_good)) == (401, "not-authenticated")


async def test_what_is_declared_is_listed_by_uid_and_what_blocks_is_found(stage: Any, problem: Any) -> None:
    await begun(stage, "b", protect=True)
    await stage.declared("a", protect=True)
    await begun(stage, "c")
    await stage.declared("d")
    await stage.withdrawn("d")

    async def uids(**params: Any) -> list[str]:
        answer = await stage.call(None, "GET", "/declarations", headers=SERVICE, params=params)
        return [item["uid"] for item in expect(answer, 200)["items"]]

    assert await uids() == ["a", "b", "c"]
    assert await uids(protect="true", phase="running,grace,audit") == ["b"]
    assert await uids(protect="false") == ["c"]
    assert await uids(phase=["open", "grace"]) == ["a"]
    first = (await stage.call(None, "GET", "/declarations", headers=SERVICE, params={"limit": "2"})).json()
    assert [item["uid"] for item in first["items"]] == ["a", "b"]
    assert await uids(cursor=first["next_cursor"]) == ["c"]
    wrong = await stage.call(None, "GET", "/declarations", headers=SERVICE, params={"phase": "running,over"})
    assert problem(wrong) == (422, "validation-failed")


async def test_under_own_days_a_change_counts_those_who_have_joined(stage: Any) -> None:
    ben = stage.person(time_zone="Pacific/Kiritimati")
    days = {"start": "2030-01-01T00:00", "end": "2030-01-03T00:00", "days": "own"}
    held = await stage.declared(window=days, invite_only=False)
    expect(await stage.joined(ben, {"id": held["battle_id"]}, invite=None), 201)
    changed = await stage.put("uid-1", declaration_body(generation=2, window={**days, "start": "2030-01-02T00:00"}, invite_only=False))
    assert changed.json()["window"]["start"] == "2030-01-01T10:00:00Z"
    assert (await stage.told({"id": held["battle_id"]}))[-1] == "BattleChanged"


async def test_a_uid_is_any_string_that_fits_into_an_address(stage: Any, problem: Any) -> None:
    for uid in ("result", "6f1c".ljust(64, "x"), "a:b", "declarations"):
        assert (await stage.put(uid, declaration_body())).json()["uid"] == uid
    assert problem(await stage.put("x" * 65, declaration_body())) == (422, "validation-failed")
    assert problem(await stage.put("%00", declaration_body()))[0] in {400, 404, 422}
