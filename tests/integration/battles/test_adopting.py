"""A battle that is there and gets a resource: who may still change it, and what becomes of it when the resource goes."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from arena.contracts.events.identity import UserErased
from tests.integration.battles.conftest import EVENING, declaration_body, expect

OTHER = {"kind": "Battle", "namespace": "games", "name": "other"}


async def adopted(stage: Any, owner: Any, uid: str = "uid-1", **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A battle of somebody's that is declared as it is, and what its resource sees."""
    battle = await stage.opened(owner, window=EVENING)
    return battle, await stage.declared(uid, adopt=battle["id"], **changes)


async def test_what_is_as_declared_is_taken_over_as_it_is_and_keeps_its_owner(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada, window=EVENING)
    await stage.joined(ben, battle)
    held = await stage.declared(adopt=battle["id"])
    assert (held["battle_id"], held["phase"], held["joined"]) == (battle["id"], "open", 1)
    seen = await stage.seen(ada, battle)
    assert seen == battle | {"participants": 1, "declared_by": held["resource"]}
    assert await stage.told(battle) == ["BattleOpened", "ParticipantJoined"]


async def test_a_draft_is_opened_and_another_definition_is_followed(stage: Any) -> None:
    draft = await stage.draft(stage.person(), window=EVENING)
    assert (await stage.declared("draft", adopt=draft["id"]))["phase"] == "open"
    assert await stage.told(draft) == ["BattleOpened"]
    battle = await stage.opened(stage.person(), window=EVENING)
    assert (await stage.declared("open", adopt=battle["id"], scoring={"points": 3}))["generation"] == 1
    assert await stage.told(battle) == ["BattleOpened", "BattleChanged"]


async def test_declaring_it_again_with_or_without_its_id_writes_nothing(stage: Any) -> None:
    battle, held = await adopted(stage, stage.person())
    rows = "select b.xmin::text, b.ctid::text, d.xmin::text, d.ctid::text from battle b join declaration d on d.battle_id = b.id"
    before = await stage.sql(rows)
    for adopt in (battle["id"], None):
        assert expect(await stage.put("uid-1", declaration_body(adopt=adopt)), 200) == held
    assert await stage.sql(rows) == before


async def test_what_another_resource_declares_is_not_taken_over(stage: Any, problem: Any) -> None:
    battle, _ = await adopted(stage, stage.person())
    answer = await stage.put("uid-2", declaration_body(adopt=battle["id"], resource=OTHER))
    assert problem(answer) == (409, "declared-elsewhere")
    assert "Battle games/november" in answer.json()["detail"]
    await stage.withdrawn("uid-1")
    assert expect(await stage.put("uid-2", declaration_body(adopt=battle["id"], resource=OTHER)), 201)["resource"] == OTHER


async def test_a_resource_declares_one_battle_and_stays_with_it(stage: Any, problem: Any) -> None:
    _, held = await adopted(stage, stage.person())
    another = await stage.opened(stage.person(), window=EVENING)
    answer = await stage.put("uid-1", declaration_body(generation=2, adopt=another["id"]))
    assert problem(answer) == (422, "battle-invalid")
    assert answer.json()["errors"][0]["field"] == "adopt"
    assert await stage.look("uid-1") == held


async def test_what_is_not_there_is_not_taken_over(stage: Any, problem: Any) -> None:
    answer = await stage.put("uid-1", declaration_body(adopt=str(uuid4())))
    assert problem(answer) == (404, "battle-not-found")
    assert answer.json()["errors"][0]["field"] == "adopt"
    assert await stage.sql("select 1 from declaration") == []


async def test_what_runs_is_taken_over_as_it_is_or_not_at_all(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    window = {name: battle["window"][name] for name in ("start", "end")}
    answer = await stage.put("uid-1", declaration_body(adopt=battle["id"]))
    assert problem(answer) == (409, "already-running")
    assert answer.json()["errors"][0]["field"] == "window.start"
    assert (await stage.declared("uid-1", adopt=battle["id"], window=window))["phase"] == "running"
    assert (await stage.told(battle))[-1] == "running"


async def test_what_was_called_off_cannot_be_declared_otherwise(stage: Any, problem: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada, window=EVENING)
    await stage.call(ada, "POST", f"/{battle['id']}/cancel")
    assert problem(await stage.put("uid-1", declaration_body(adopt=battle["id"], name="New"))) == (409, "battle-closed")
    held = await stage.declared("uid-1", adopt=battle["id"])
    assert (held["phase"], held["cancelled_for"]) == ("cancelled", "owner")


async def test_nobody_else_changes_opens_or_calls_off_what_is_declared(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle, held = await adopted(stage, ada)
    await stage.joined(ben, battle)
    for who in (ada, ben):
        for method, path, body in (("PATCH", "", {"name": "Mine"}), ("POST", "/open", None), ("POST", "/cancel", None)):
            answer = await stage.call(who, method, f"/{battle['id']}{path}", body)
            assert problem(answer) == (409, "declared-elsewhere")
            assert answer.json()["detail"] == "This battle is declared as Battle games/november: change or delete that resource instead."
    assert (await stage.look("uid-1"))["phase"] == held["phase"] == "open"


async def test_links_coming_going_and_decisions_are_as_ever(stage: Any, problem: Any) -> None:
    ada, ben, cem, judge = stage.person(), stage.person(), stage.person(), stage.person("arbiter")
    battle, _ = await adopted(stage, ada)
    renewed = expect(await stage.call(ada, "POST", f"/{battle['id']}/invite"), 200)
    assert expect(await stage.call(ada, "POST", f"/{battle['id']}/spectator"), 200)["spectator"] != battle["spectator"]
    for who in (ada, ben, cem):
        assert (await stage.joined(who, renewed)).status_code == 201
    assert (await stage.call(cem, "DELETE", f"/{battle['id']}/participants/me")).status_code == 204
    await stage.pass_time(battle, timedelta(days=3650))
    await stage.sql("update battle set (ends_at, grace_ends_at, audit_ends_at) = (select t, t, t from (select now() + '1 hour') n(t))")
    await stage.act()
    body = {"user_id": str(ben.id), "action": "disqualify", "reason": "Cheated."}
    assert (await stage.call(judge, "POST", f"/{battle['id']}/decisions", body)).status_code == 201
    assert problem(await stage.call(ben, "POST", f"/{battle['id']}/invite")) == (403, "not-owner")


async def test_when_its_resource_is_gone_the_owner_may_change_it_again(stage: Any) -> None:
    ada = stage.person()
    battle, _ = await adopted(stage, ada)
    await stage.withdrawn("uid-1")
    assert expect(await stage.call(ada, "PATCH", f"/{battle['id']}", {"name": "Mine"}), 200)["declared_by"] is None
    assert expect(await stage.call(ada, "POST", f"/{battle['id']}/cancel"), 200)["phase"] == "cancelled"


async def test_when_its_owner_asks_to_be_forgotten_it_stays_as_declared_and_is_nobody_s(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle, held = await adopted(stage, ada)
    for who in (ada, ben):
        await stage.joined(who, battle)
    async with stage.identity.begin() as uow:
        uow.emit(UserErased(ada.id))
    await stage.runner("battles.erasure").drain()
    seen = await stage.seen(ben, battle)
    assert (seen["name"], seen["phase"], seen["participants"]) == ("November", "open", 1)
    assert await stage.sql("select 1 from battle where owner_id = :ada", ada=ada.id) == []
    assert await stage.look("uid-1") == held | {"joined": 1}


@pytest.mark.parametrize("many", [2, 5])
async def test_of_resources_that_want_one_battle_at_once_one_gets_it(stage: Any, problem: Any, many: int) -> None:
    battle = await stage.opened(stage.person(), window=EVENING)
    answers = await asyncio.gather(*(stage.put(f"uid-{number}", declaration_body(adopt=battle["id"])) for number in range(many)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (many - 1)]
    assert {problem(answer) for answer in answers if answer.status_code != 201} == {(409, "declared-elsewhere")}
    assert len(await stage.sql("select 1 from declaration")) == 1


async def test_one_resource_that_takes_over_twice_at_once_does_it_once(stage: Any) -> None:
    battle = await stage.opened(stage.person(), window=EVENING)
    answers = await asyncio.gather(*(stage.put("uid-1", declaration_body(adopt=battle["id"])) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]


async def test_an_owner_s_change_and_a_takeover_at_once_end_as_declared_or_are_refused(stage: Any) -> None:
    ada = stage.person()
    for number in range(5):
        battle = await stage.opened(ada, window=EVENING)
        patch = stage.call(ada, "PATCH", f"/{battle['id']}", {"name": "Mine"})
        changed, taken = await asyncio.gather(patch, stage.put(f"uid-{number}", declaration_body(adopt=battle["id"])))
        assert taken.status_code == 201
        assert changed.status_code in {200, 409}
        assert (await stage.seen(ada, battle))["name"] == "November"
