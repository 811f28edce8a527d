"""What arbiters decide."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from arena.contracts.events.battles import FactExcluded, ParticipantDisqualified


async def test_an_arbiter_excludes_a_fact_and_the_reason_stays_here(stage: Any) -> None:
    ada, ben, judge = stage.person(), stage.person(), stage.person("arbiter")
    battle, fact = await stage.running(ada, ben), str(uuid4())
    body = {"user_id": str(ben.id), "fact_id": fact, "action": "exclude_fact", "reason": "The photo is of somebody else."}
    answer = await stage.call(judge, "POST", f"/{battle['id']}/decisions", body)
    assert answer.status_code == 201
    assert answer.json() | body == answer.json()
    assert answer.json()["decided_by"] == str(judge.id)
    event = (await stage.events(battle))[-1]
    assert isinstance(event, FactExcluded)
    assert (str(event.user_id), str(event.fact_id)) == (str(ben.id), fact)
    assert "photo" not in repr(event)


async def test_the_same_decision_twice_is_one(stage: Any) -> None:
    ada, ben, judge = stage.person(), stage.person(), stage.person("arbiter")
    battle = await stage.running(ada, ben)
    body = {"user_id": str(ben.id), "action": "disqualify", "reason": "Cheated."}
    first = await stage.call(judge, "POST", f"/{battle['id']}/decisions", body)
    again = await stage.call(judge, "POST", f"/{battle['id']}/decisions", body | {"reason": "Still."})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert [type(event) for event in await stage.events(battle)].count(ParticipantDisqualified) == 1


async def test_only_arbiters_decide(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.running(ada, ben)
    body = {"user_id": str(ben.id), "action": "disqualify", "reason": "I want to win."}
    for who in (ada, stage.person("admin"), stage.person()):
        assert problem(await stage.call(who, "POST", f"/{battle['id']}/decisions", body)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"user_id": str(uuid4())}, "decision-refused"),
        ({"fact_id": str(uuid4())}, "validation-failed"),
        ({"action": "exclude_fact"}, "validation-failed"),
        ({"action": "hang"}, "validation-failed"),
        ({"reason": ""}, "validation-failed"),
    ],
)
async def test_a_wrong_decision_is_refused(stage: Any, problem: Any, changes: dict[str, Any], slug: str) -> None:
    ada, ben, judge = stage.person(), stage.person(), stage.person("arbiter")
    battle = await stage.running(ada, ben)
    body = {"user_id": str(ben.id), "action": "disqualify", "reason": "x", **changes}
    assert problem(await stage.call(judge, "POST", f"/{battle['id']}/decisions", body)) == (422, slug)
    assert (await stage.told(battle))[-1] == "running"


async def test_nothing_is_decided_about_a_battle_that_is_not_there(stage: Any, problem: Any) -> None:
    body = {"user_id": str(uuid4()), "action": "disqualify", "reason": "x"}
    answer = await stage.call(stage.person("arbiter"), "POST", f"/{uuid4()}/decisions", body)
    assert problem(answer) == (404, "battle-not-found")


async def test_decisions_are_made_from_the_start_to_the_end_of_the_audit(stage: Any, problem: Any) -> None:
    ada, ben, judge = stage.person(), stage.person(), stage.person("arbiter")
    opened = await stage.opened(ada)
    await stage.joined(ben, opened)
    body = {"user_id": str(ben.id), "action": "disqualify", "reason": "x"}
    assert problem(await stage.call(judge, "POST", f"/{opened['id']}/decisions", body)) == (409, "battle-closed")
    battle = await stage.running(ada, ben, window={"grace_minutes": 5, "audit_minutes": 5})
    await stage.pass_time(battle, timedelta(hours=1, minutes=8))
    await stage.act()
    assert (await stage.call(judge, "POST", f"/{battle['id']}/decisions", body)).status_code == 201
    await stage.pass_time(battle, timedelta(minutes=3))
    late = await stage.call(judge, "POST", f"/{battle['id']}/decisions", body | {"user_id": str(ada.id)})
    assert problem(late) == (409, "battle-closed")


async def test_everybody_sees_the_decisions_about_themselves_and_arbiters_all(stage: Any) -> None:
    ada, ben, judge = stage.person(), stage.person(), stage.person("arbiter")
    battle = await stage.running(ada, ben)
    for who in (ada, ben):
        body = {"user_id": str(who.id), "action": "exclude_fact", "fact_id": str(uuid4()), "reason": "x"}
        await stage.call(judge, "POST", f"/{battle['id']}/decisions", body)
    for who, seen in ((judge, [ada, ben]), (ben, [ben]), (stage.person("admin"), [ada, ben])):
        listed = (await stage.call(who, "GET", f"/{battle['id']}/decisions")).json()["items"]
        assert [item["user_id"] for item in listed] == [str(other.id) for other in seen]
