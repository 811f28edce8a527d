"""Who sees what: someone else's battle is not there; links are permissions; lists come in pages."""

from typing import Any
from uuid import uuid4

import pytest

SERVICE = {"authorization": "Bearer internal-token-of-the-services-0123456789"}


async def test_a_battle_is_there_for_its_owner_its_people_and_who_has_the_invite(stage: Any, problem: Any) -> None:
    ada, ben, eve = stage.person(), stage.person(), stage.person()
    battle = await stage.opened(ada)
    await stage.joined(ben, battle)
    path = f"/{battle['id']}"
    assert (await stage.call(ben, "GET", path)).status_code == 200
    assert (await stage.call(eve, "GET", path, params={"invite": battle["invite"]})).status_code == 200
    for sub in ("", "/participants", "/participants/me", "/result", "/decisions"):
        assert problem(await stage.call(eve, "GET", path + sub)) == (404, "battle-not-found")
        invited = {} if sub.endswith("me") else {"invite": "wrong"}
        assert problem(await stage.call(eve, "GET", path + sub, params=invited)) == (404, "battle-not-found")
        assert problem(await stage.call(None, "GET", path + sub)) == (401, "not-authenticated")


async def test_those_who_oversee_see_every_battle(stage: Any) -> None:
    battle = await stage.draft(stage.person())
    for who in (stage.person("admin"), stage.person("arbiter")):
        assert (await stage.call(who, "GET", f"/{battle['id']}")).status_code == 200
    assert (await stage.call(None, "GET", f"/{battle['id']}", headers=SERVICE)).status_code == 200


async def test_a_battle_without_invitations_is_there_for_all_once_it_is_open(stage: Any, problem: Any) -> None:
    ada, eve = stage.person(), stage.person()
    battle = await stage.draft(ada, invite_only=False)
    assert problem(await stage.call(eve, "GET", f"/{battle['id']}")) == (404, "battle-not-found")
    await stage.call(ada, "POST", f"/{battle['id']}/open")
    assert (await stage.call(eve, "GET", f"/{battle['id']}")).status_code == 200
    assert problem(await stage.call(None, "GET", f"/{battle['id']}")) == (401, "not-authenticated")


async def test_the_links_are_shown_to_the_owner_alone(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    battle = await stage.opened(ada)
    await stage.joined(ben, battle)
    seen = [
        await stage.seen(ben, battle),
        (await stage.call(stage.person("admin"), "GET", f"/{battle['id']}")).json(),
        (await stage.call(None, "GET", f"/{battle['id']}", headers=SERVICE)).json(),
        (await stage.call(None, "GET", f"/invites/{battle['invite']}")).json(),
        (await stage.call(None, "GET", f"/spectate/{battle['spectator']}")).json(),
        (await stage.call(ben, "GET", "")).json()["items"][0],
    ]
    assert {(document["invite"], document["spectator"]) for document in seen} == {(None, None)}
    assert (await stage.call(ada, "GET", f"/invites/{battle['invite']}")).json() == await stage.seen(ada, battle)


async def test_a_link_shows_its_battle_to_anybody(stage: Any, problem: Any) -> None:
    battle = await stage.opened(stage.person(), name="Runners")
    for path in (f"/invites/{battle['invite']}", f"/spectate/{battle['spectator']}"):
        shown = (await stage.call(None, "GET", path)).json()
        assert (shown["id"], shown["name"], shown["phase"]) == (battle["id"], "Runners", "open")
    for path in (f"/invites/{battle['spectator']}", f"/spectate/{battle['invite']}", "/invites/x", "/spectate/result"):
        assert problem(await stage.call(None, "GET", path)) == (404, "battle-not-found")
    assert problem(await stage.call(None, "GET", "/spectate/%00"))[0] in {400, 404, 422}


async def test_my_battles_are_those_i_own_and_those_i_take_part_in_newest_first(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    first, second = await stage.opened(ada), await stage.draft(ada)
    third, _ = await stage.opened(ben), await stage.opened(ben)
    await stage.joined(ada, third)
    listed = (await stage.call(ada, "GET", "")).json()
    assert [item["id"] for item in listed["items"]] == [third["id"], second["id"], first["id"]]
    assert listed["next_cursor"] is None
    assert (await stage.call(stage.person(), "GET", "")).json() == {"items": [], "next_cursor": None}


async def test_a_list_is_narrowed_to_phases(stage: Any, problem: Any) -> None:
    ada = stage.person()
    opened, draft = await stage.opened(ada), await stage.draft(ada)
    await stage.call(ada, "POST", f"/{(await stage.draft(ada))['id']}/cancel")
    for phases, ids in ((["open"], [opened["id"]]), (["open", "draft"], [draft["id"], opened["id"]]), (["final"], [])):
        listed = (await stage.call(ada, "GET", "", params={"phase": phases})).json()["items"]
        assert [item["id"] for item in listed] == ids
    assert problem(await stage.call(ada, "GET", "", params={"phase": "over"})) == (422, "validation-failed")


async def test_the_battles_open_to_all_are_those_anybody_may_join_now(stage: Any) -> None:
    ada, ben = stage.person(), stage.person()
    public = await stage.opened(ada, invite_only=False)
    await stage.opened(ada)
    await stage.draft(ada, invite_only=False)
    listed = (await stage.call(ben, "GET", "", params={"public": "true"})).json()["items"]
    assert [item["id"] for item in listed] == [public["id"]]


async def test_a_list_comes_in_pages(stage: Any, problem: Any) -> None:
    ada = stage.person()
    made = [(await stage.draft(ada))["id"] for _ in range(5)]
    found: list[str] = []
    params = {"limit": "2"}
    while True:
        page = (await stage.call(ada, "GET", "", params=params)).json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert found == made[::-1]
    assert problem(await stage.call(ada, "GET", "", params={"cursor": "x"})) == (422, "cursor-invalid")
    assert problem(await stage.call(ada, "GET", "", params={"limit": "201"})) == (422, "validation-failed")


@pytest.mark.parametrize("part", ["", "/participants", "/result"])
async def test_what_is_not_there_is_not_found(stage: Any, problem: Any, part: str) -> None:
    assert problem(await stage.call(stage.person(), "GET", f"/{uuid4()}{part}")) == (404, "battle-not-found")


async def test_reading_again_costs_nothing_when_nothing_changed(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada)
    first = await stage.call(ada, "GET", f"/{battle['id']}")
    again = await stage.call(ada, "GET", f"/{battle['id']}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
