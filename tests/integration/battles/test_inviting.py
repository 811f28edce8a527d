"""Players whom a resource names by e-mail: they see the battle and join without a link, or decline."""

import json
from datetime import timedelta
from typing import Any

from arena.contracts.events.identity import UserErased
from tests.integration.battles.conftest import declaration_body, expect


async def invitations(stage: Any, who: Any) -> list[str]:
    """The battles somebody is invited to."""
    answer = await stage.call(who, "GET", "", params={"invited": "true"})
    return [item["id"] for item in expect(answer, 200)["items"]]


async def test_who_is_named_sees_the_battle_and_joins_without_a_link(stage: Any, problem: Any) -> None:
    ada, ben, eve = stage.person(), stage.person(), stage.person()
    held = await stage.declared(players=[ada.email, ben.email.upper()])
    battle = {"id": held["battle_id"]}
    assert (held["joined"], held["invited"]) == (0, 2)
    assert (await stage.seen(ada, battle))["invited"] is True
    assert (await stage.joined(ada, battle)).status_code == 201
    assert (await stage.seen(ada, battle))["invited"] is False
    assert problem(await stage.joined(eve, battle)) == (403, "invite-needed")
    assert problem(await stage.call(eve, "GET", f"/{battle['id']}")) == (404, "battle-not-found")
    seen = await stage.look("uid-1")
    assert (seen["joined"], seen["invited"]) == (1, 1)


async def test_an_address_named_twice_is_one_player(stage: Any) -> None:
    ada = stage.person()
    assert (await stage.declared(players=[ada.email, ada.email, ada.email.upper()]))["invited"] == 1


async def test_invitations_are_listed_while_one_can_join(stage: Any, problem: Any) -> None:
    ada, ben, cem = stage.person(), stage.person(), stage.person()
    first = await stage.declared("a", players=[ada.email])
    second = await stage.declared("b", players=[ada.email, ben.email, cem.email], kind="head_to_head")
    battle = {"id": second["battle_id"]}
    assert await invitations(stage, ada) == [second["battle_id"], first["battle_id"]]
    for who in (ben, cem):
        expect(await stage.joined(who, battle), 201)
        assert await invitations(stage, who) == []
    assert await invitations(stage, ada) == [first["battle_id"]], "the other one is full"
    await stage.pass_time({"id": first["battle_id"]}, timedelta(days=3650))
    assert await invitations(stage, ada) == []
    both = await stage.call(ada, "GET", "", params={"invited": "true", "public": "true"})
    assert problem(both) == (422, "validation-failed")


async def test_who_declines_is_not_invited_any_more_and_not_asked_again(stage: Any, problem: Any) -> None:
    ada = stage.person()
    held = await stage.declared(players=[ada.email])
    path = f"/{held['battle_id']}"
    for _ in range(2):
        assert (await stage.call(ada, "DELETE", f"{path}/invitation")).status_code == 204
    assert await invitations(stage, ada) == []
    assert problem(await stage.call(ada, "GET", path)) == (404, "battle-not-found")
    assert problem(await stage.joined(ada, {"id": held["battle_id"]})) == (403, "invite-needed")
    again = expect(await stage.put("uid-1", declaration_body(generation=2, name="December", players=[ada.email])), 200)
    assert again["invited"] == 0
    assert await invitations(stage, ada) == []


async def test_who_is_named_anew_after_having_been_left_out_is_asked_again(stage: Any) -> None:
    ada = stage.person()
    held = await stage.declared(players=[ada.email])
    await stage.call(ada, "DELETE", f"/{held['battle_id']}/invitation")
    expect(await stage.put("uid-1", declaration_body(generation=2)), 200)
    expect(await stage.put("uid-1", declaration_body(generation=3, players=[ada.email])), 200)
    assert await invitations(stage, ada) == [held["battle_id"]]


async def test_who_was_not_invited_has_nothing_to_decline(stage: Any, problem: Any) -> None:
    ada = stage.person()
    held = await stage.declared()
    assert problem(await stage.call(ada, "DELETE", f"/{held['battle_id']}/invitation")) == (404, "not-invited")
    assert problem(await stage.call(None, "DELETE", f"/{held['battle_id']}/invitation")) == (401, "not-authenticated")


async def test_who_is_named_no_longer_loses_the_invitation_and_who_has_joined_stays(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    held = await stage.declared(players=[ada.email, ben.email])
    battle = {"id": held["battle_id"]}
    expect(await stage.joined(ada, battle), 201)
    seen = expect(await stage.put("uid-1", declaration_body(generation=2)), 200)
    assert (seen["joined"], seen["invited"]) == (1, 0)
    assert await stage.told(battle) == ["BattleOpened", "ParticipantJoined"]
    assert (await stage.seen(ada, battle))["participants"] == 1
    assert problem(await stage.joined(ben, battle)) == (403, "invite-needed")


async def test_an_unknown_address_is_refused_by_its_place_and_never_repeated(stage: Any, problem: Any) -> None:
    ada = stage.person()
    await stage.declared()
    answer = await stage.put("uid-1", declaration_body(generation=2, players=[ada.email, "nobody@example.org"]))
    assert problem(answer) == (422, "unknown-player")
    assert answer.json()["errors"][0]["field"] == "players[1]"
    assert "nobody@" not in answer.text
    seen = await stage.look("uid-1")
    assert (seen["generation"], seen["invited"]) == (1, 0)


async def test_an_account_that_is_gone_later_does_not_stand_in_the_way(stage: Any, problem: Any) -> None:
    ada, ben = stage.person(), stage.person()
    await stage.declared(players=[ada.email, ben.email])
    del stage.accounts.users[ada.email]
    async with stage.identity.begin() as uow:
        uow.emit(UserErased(ada.id))
    await stage.runner("battles.erasure").drain()
    assert await stage.sql("select 1 from invitation where user_id = :ada", ada=ada.id) == []
    same = expect(await stage.put("uid-1", declaration_body(players=[ada.email, ben.email])), 200)
    assert same["invited"] == 1
    newer = await stage.put("uid-1", declaration_body(generation=2, players=[ada.email, ben.email]))
    assert problem(newer) == (422, "unknown-player")


async def test_an_address_that_is_somebody_else_s_by_now_invites_whoever_has_it(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    held = await stage.declared(players=[ada.email])
    stage.accounts.users[ada.email] = ben.id
    expect(await stage.put("uid-1", declaration_body(players=[ada.email])), 200)
    assert await invitations(stage, ben) == [held["battle_id"]]
    assert await invitations(stage, ada) == []


async def test_once_it_runs_players_who_are_gone_are_passed_over(stage: Any) -> None:
    ada = stage.person()
    held = await stage.declared(players=[ada.email])
    await stage.pass_time({"id": held["battle_id"]}, timedelta(days=3650))
    del stage.accounts.users[ada.email]
    assert expect(await stage.put("uid-1", declaration_body(generation=2, players=[ada.email], protect=True)), 200)["protect"] is True


async def test_identity_is_asked_before_the_transaction_once_for_all_and_its_trouble_is_a_503(stage: Any, problem: Any) -> None:
    ada = stage.person()
    for status in (500, 401, 403):
        stage.accounts.failing = status
        assert problem(await stage.put("uid-1", declaration_body(players=[ada.email]))) == (503, "upstream-unavailable")
    stage.accounts.failing = stage.accounts.asked = 0
    await stage.declared("none")
    assert stage.accounts.asked == 0
    await stage.declared("many", players=[stage.person().email for _ in range(150)])
    assert stage.accounts.asked == 2, "a hundred addresses at a time"


async def test_no_address_is_kept_or_told(stage: Any) -> None:
    ada = stage.person()
    await stage.declared(players=[ada.email])
    tables = [row.name for row in await stage.sql("select tablename as name from pg_tables where schemaname = 'battles'")]
    kept = [str(await stage.sql(f"select t::text from {table} t")) for table in tables]
    told = [repr(record) for record in await stage.records()]
    assert not [text for text in (*kept, *told) if ada.email in text]
    assert "invitation" in tables
    assert ada.email not in json.dumps(await stage.look("uid-1"))


async def test_what_is_declared_says_so_to_who_may_see_it(stage: Any) -> None:
    ada = stage.person()
    held = await stage.declared(players=[ada.email])
    seen = await stage.seen(ada, {"id": held["battle_id"]})
    assert seen["declared_by"] == {"kind": "Battle", "namespace": "games", "name": "november"}
    assert (seen["invite"], seen["spectator"]) == (None, None)
