"""When people ask to be forgotten."""

from datetime import timedelta
from typing import Any

from arena.contracts.events.identity import UserErased


async def erase(stage: Any, *people: Any) -> None:
    async with stage.identity.begin() as uow:
        for who in people:
            uow.emit(UserErased(who.id))
    await stage.runner("battles.erasure").drain()


async def rows_about(stage: Any, who: Any) -> int:
    found = await stage.sql(
        "select (select count(*) from participant where user_id = :user) + "
        "(select count(*) from idempotency_key where principal = cast(:user as text)) as rows",
        user=who.id,
    )
    return int(found[0].rows)


async def test_their_drafts_go_and_what_they_opened_is_called_off(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    draft, battle = await stage.draft(ada), await stage.opened(ada, name="Ada's own")
    await stage.joined(ben, battle)
    await erase(stage, ada)
    seen = await stage.seen(ben, battle)
    assert (seen["phase"], seen["name"]) == ("cancelled", "Battle")
    assert problem(await stage.call(stage.person("admin"), "GET", f"/{draft['id']}")) == (404, "battle-not-found")
    assert await stage.events(draft) == []


async def test_they_leave_what_they_can_leave_and_no_row_about_them_stays(stage: Any) -> None:
    ada, ben, cem = stage.person(), stage.person(), stage.person()
    opened = await stage.opened(ada)
    expected = await stage.joined(ben, opened, invite=opened["invite"])
    assert expected.status_code == 201
    running = await stage.running(ada, ben, cem)
    await erase(stage, ben)
    assert (await stage.told(opened))[-1] == "ParticipantLeft"
    assert (await stage.told(running))[-1] == "ParticipantLeft"
    assert (await stage.seen(ada, running))["participants"] == 2
    assert await rows_about(stage, ben) == 0


async def test_what_runs_goes_on_for_the_others_also_without_its_owner(stage: Any) -> None:
    ada, ben, cem = stage.person(), stage.person(), stage.person()
    battle = await stage.running(ada, ben, cem)
    await erase(stage, ada)
    seen = await stage.seen(ben, battle)
    assert (seen["phase"], seen["participants"], seen["name"]) == ("running", 2, "Battle")


async def test_the_result_of_a_battle_they_were_in_stays_as_it_is(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    await stage.pass_time(battle, timedelta(hours=2))
    await stage.score(battle, rows=[str(ada.id), str(ben.id)])
    before = (await stage.call(ada, "GET", f"/{battle['id']}/result")).json()
    told = await stage.told(battle)
    await erase(stage, ben)
    assert (await stage.call(ada, "GET", f"/{battle['id']}/result")).json() == before
    assert await stage.told(battle) == told


async def test_the_reasons_given_about_them_and_their_stored_answers_go(stage: Any, ask: Any) -> None:
    ada, ben, judge = stage.person(), stage.person(), stage.person("arbiter")
    battle = await stage.running(ada, ben)
    body = {"user_id": str(ben.id), "action": "disqualify", "reason": "Was seen in the pub."}
    await stage.call(judge, "POST", f"/{battle['id']}/decisions", body)
    await stage.call(ben, "POST", "", ask(), headers={"idempotency-key": "k"})
    await erase(stage, ben)
    listed = (await stage.call(judge, "GET", f"/{battle['id']}/decisions")).json()["items"]
    assert [item["reason"] for item in listed] == [""]
    assert await rows_about(stage, ben) == 0


async def test_two_who_are_forgotten_at_once_leave_one_battle_together(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    await erase(stage, ada, ben)
    assert (await stage.told(battle))[-3:] == ["ParticipantLeft", "ParticipantLeft", "cancelled"]


async def test_who_is_forgotten_when_the_start_is_due_leaves_a_running_battle(stage: Any) -> None:
    people = [stage.person() for _ in range(4)]
    battle = await stage.opened(people[0])
    for who in people:
        await stage.joined(who, battle)
    await stage.pass_time(battle, timedelta(hours=1, seconds=1))
    await erase(stage, people[0], people[1])
    assert (await stage.told(battle))[-3:] == ["running", "ParticipantLeft", "ParticipantLeft"]
    await stage.act()
    seen = await stage.seen(people[2], battle)
    assert (seen["phase"], seen["participants"]) == ("running", 2)
