"""Oneself and others: profile, password, erasure."""

from typing import Any
from uuid import uuid4

import pytest

PASSWORD = "correct horse battery"
OPERATOR = {"authorization": "Bearer workload"}
INTERNAL = {"authorization": "Bearer internal-token-of-the-services-0123456789"}


async def test_somebody_sees_themselves(stage: Any) -> None:
    user, header = await stage.someone()
    assert (await stage.http.get("/api/identity/me", headers=header)).json() == user


async def test_nobody_sees_anything(stage: Any, problem: Any) -> None:
    for method, path in (("GET", "me"), ("PATCH", "me"), ("DELETE", "me"), ("PUT", "me/password"), ("GET", "profiles?ids=")):
        answer = await stage.http.request(method, f"/api/identity/{path}", json={"password": "p", "current": "p", "new": "q"})
        assert problem(answer) in {"not-authenticated", "validation-failed"}
        assert answer.status_code in {401, 422}


async def test_the_profile_changes_and_says_so_once(stage: Any) -> None:
    user, header = await stage.someone()
    answer = await stage.http.patch("/api/identity/me", headers=header, json={"display_name": " Ada L. ", "locale": "DE-at"})
    assert answer.json() == user | {"display_name": "Ada L.", "locale": "de-AT"}
    await stage.http.patch("/api/identity/me", headers=header, json={"display_name": "Ada L."})
    await stage.http.patch("/api/identity/me", headers=header, json={})
    assert await stage.events(user["id"]) == ["UserRegistered", "ProfileChanged"]
    assert (await stage.http.get("/api/identity/me", headers=header)).json() == answer.json()


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"display_name": None}, "validation-failed"),
        ({"locale": None}, "validation-failed"),
        ({"share_name": None}, "validation-failed"),
        ({"share_name": "yes"}, "validation-failed"),
        ({"display_name": ""}, "display-name-invalid"),
        ({"locale": "german"}, "locale-invalid"),
        ({"email": "new@example.org"}, "validation-failed"),
        ({"roles": ["admin"]}, "validation-failed"),
    ],
)
async def test_a_profile_is_not_changed_to_anything(stage: Any, problem: Any, body: dict[str, Any], slug: str) -> None:
    _, header = await stage.someone()
    answer = await stage.http.patch("/api/identity/me", headers=header, json=body)
    assert (answer.status_code, problem(answer)) == (422, slug)


async def test_a_new_password_ends_every_session_but_the_one_it_begins(stage: Any, problem: Any) -> None:
    user, header = await stage.someone()
    old = (await stage.log_in(user["email"]))["refresh_token"]
    answer = await stage.http.put("/api/identity/me/password", headers=header, json={"current": PASSWORD, "new": "another password"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (await stage.refresh(old)).status_code == 400
    assert (await stage.refresh(answer.json()["refresh_token"])).status_code == 200
    refused = await stage.ask_token(grant_type="password", username=user["email"], password=PASSWORD)
    assert problem(refused) == "invalid-credentials"
    await stage.log_in(user["email"], "another password")


@pytest.mark.parametrize(
    ("body", "status", "slug", "field"),
    [
        ({"current": "a wrong one", "new": "another password"}, 401, "invalid-credentials", "current"),
        ({"current": PASSWORD, "new": "short"}, 422, "password-refused", "new"),
        ({"current": PASSWORD}, 422, "validation-failed", "new"),
    ],
)
async def test_a_password_is_not_changed_without_the_old_or_to_a_bad_one(
    stage: Any, problem: Any, body: dict[str, str], status: int, slug: str, field: str
) -> None:
    user, header = await stage.someone()
    answer = await stage.http.put("/api/identity/me/password", headers=header, json=body)
    assert (answer.status_code, problem(answer), answer.json()["errors"][0]["field"]) == (status, slug, field)
    await stage.log_in(user["email"])


async def test_nobody_becomes_their_own_password(stage: Any, problem: Any) -> None:
    user, header = await stage.someone()
    answer = await stage.http.put("/api/identity/me/password", headers=header, json={"current": PASSWORD, "new": user["email"]})
    assert problem(answer) == "password-refused"


async def test_an_erased_user_leaves_no_row(stage: Any, problem: Any) -> None:
    user, header = await stage.someone(display_name="Unmistakable Name")
    tokens = await stage.log_in(user["email"])
    await stage.http.patch("/api/identity/me", headers=header | {"idempotency-key": "k1"}, json={"locale": "de"})
    wrong = await stage.http.request("DELETE", "/api/identity/me", headers=header, json={"password": "a wrong password"})
    assert (wrong.status_code, problem(wrong)) == (401, "invalid-credentials")
    answer = await stage.http.request("DELETE", "/api/identity/me", headers=header | {"idempotency-key": "k2"}, json={"password": PASSWORD})
    assert (answer.status_code, answer.content) == (204, b"")
    assert await stage.events(user["id"]) == ["UserRegistered", "ProfileChanged", "UserErased"]
    assert (await stage.refresh(tokens["refresh_token"])).status_code == 400
    for table in ("account", "session", "refresh_token", "invite", "idempotency_key"):
        rows = str(await stage.sql(f"select encode(convert_to({table}::text, 'UTF8'), 'escape') from {table}"))
        rows += str([bytes(row.body) for row in await stage.sql("select body from idempotency_key where body is not null")])
        assert user["id"] not in rows
        assert user["email"] not in rows
        assert "Unmistakable" not in rows


async def test_with_the_token_of_an_erased_account_nothing_can_be_done(stage: Any, problem: Any) -> None:
    _, header = await stage.someone()
    assert (await stage.http.request("DELETE", "/api/identity/me", headers=header, json={"password": PASSWORD})).status_code == 204
    answers = [
        await stage.http.get("/api/identity/me", headers=header),
        await stage.http.patch("/api/identity/me", headers=header, json={"locale": "de"}),
        await stage.http.request("DELETE", "/api/identity/me", headers=header, json={"password": PASSWORD}),
        await stage.http.put("/api/identity/me/password", headers=header, json={"current": PASSWORD, "new": PASSWORD}),
    ]
    assert {(answer.status_code, problem(answer)) for answer in answers} == {(401, "not-authenticated")}


async def test_an_erased_address_can_register_again_as_somebody_else(stage: Any) -> None:
    user, header = await stage.someone()
    await stage.http.request("DELETE", "/api/identity/me", headers=header, json={"password": PASSWORD})
    assert (await stage.register(email=user["email"]))["id"] != user["id"]


async def test_a_name_is_shared_only_after_its_owner_said_so_and_until_they_take_it_back(stage: Any) -> None:
    user, header = await stage.someone()
    assert user["share_name"] is False
    for wish in (True, True, False):
        answer = await stage.http.patch("/api/identity/me", headers=header, json={"share_name": wish})
        assert answer.json() == user | {"share_name": wish}
        seen = await stage.http.get(f"/api/identity/profiles?ids={user['id']}", headers=INTERNAL)
        assert seen.json()["items"][0]["share_name"] is wish
    assert (await stage.http.get("/api/identity/me", headers=header)).json()["share_name"] is False
    assert await stage.events(user["id"]) == ["UserRegistered", "ProfileChanged", "ProfileChanged"]


async def test_the_platform_learns_no_names_from_profiles(stage: Any, problem: Any) -> None:
    user = await stage.register()
    answer = await stage.http.get(f"/api/identity/profiles?ids={user['id']}", headers=OPERATOR)
    assert (answer.status_code, problem(answer)) == (403, "forbidden")
    assert "summary" in answer.json()["detail"]


async def test_addresses_are_looked_up_however_they_are_written(stage: Any) -> None:
    ada = await stage.register(email=f"ada.{uuid4().hex}@example.org")
    shouted, padded = ada["email"].upper(), f" {ada['email']} "
    gone, gone_header = await stage.someone()
    await stage.http.request("DELETE", "/api/identity/me", headers=gone_header, json={"password": PASSWORD})
    asked = [shouted, gone["email"], "nobody@example.org", "no address", "bell\u0007@example.org", padded, shouted]
    for asker in (OPERATOR, INTERNAL):
        answer = await stage.http.post("/api/identity/lookups", headers=asker | {"idempotency-key": "k"}, json={"emails": asked})
        assert answer.json() == {"users": [{"email": shouted, "user_id": ada["id"]}, {"email": padded, "user_id": ada["id"]}]}
        assert answer.headers["cache-control"] == "no-store"
    assert not await stage.sql("select 1 from idempotency_key where key = 'k'")


async def test_only_the_platform_and_services_look_addresses_up(stage: Any) -> None:
    user, header = await stage.someone()
    body = {"emails": [user["email"]]}
    for asker, status in ((header, 403), (await stage.an_admin(), 403), ({}, 401)):
        assert (await stage.http.post("/api/identity/lookups", headers=asker, json=body)).status_code == status


@pytest.mark.parametrize("body", [{}, {"emails": None}, {"emails": "a@b"}, {"emails": [7]}, {"emails": ["a@example.org"] * 101}])
async def test_a_bad_list_of_addresses_is_refused(stage: Any, problem: Any, body: dict[str, Any]) -> None:
    answer = await stage.http.post("/api/identity/lookups", headers=INTERNAL, json=body)
    assert (answer.status_code, problem(answer)) == (422, "validation-failed")


async def test_a_hundred_addresses_fit_in_one_request(stage: Any) -> None:
    body = {"emails": [f"{number}@example.org" for number in range(100)]}
    assert (await stage.http.post("/api/identity/lookups", headers=INTERNAL, json=body)).json() == {"users": []}


async def test_profiles_show_the_name_and_nothing_else_of_those_who_are_there(stage: Any) -> None:
    ada, header = await stage.someone(display_name="Ada")
    bob = await stage.register(display_name="Bob")
    gone, gone_header = await stage.someone()
    await stage.http.request("DELETE", "/api/identity/me", headers=gone_header, json={"password": PASSWORD})
    ids = ",".join([bob["id"], gone["id"], str(uuid4()), ada["id"], bob["id"]])
    await stage.http.patch("/api/identity/me", headers=header, json={"share_name": True})
    names = [{"id": bob["id"], "display_name": "Bob"}, {"id": ada["id"], "display_name": "Ada"}]
    consents = [names[0] | {"share_name": False}, names[1] | {"share_name": True}]
    for asker, items in ((header, names), (INTERNAL, consents)):
        expected = {"items": items}
        answer = await stage.http.get(f"/api/identity/profiles?ids={ids}", headers=asker)
        assert answer.json() == expected
        again = await stage.http.get(f"/api/identity/profiles?ids={ids}", headers=asker | {"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("query", ["", "?ids=nobody", f"?ids={','.join(str(uuid4()) for _ in range(101))}"])
async def test_a_bad_list_of_ids_is_refused(stage: Any, problem: Any, query: str) -> None:
    answer = await stage.http.get(f"/api/identity/profiles{query}", headers=INTERNAL)
    assert (answer.status_code, problem(answer), answer.json()["errors"][0]["field"]) == (422, "validation-failed", "ids")


async def test_a_hundred_profiles_fit_in_one_request(stage: Any) -> None:
    answer = await stage.http.get("/api/identity/profiles", params={"ids": ",".join(str(uuid4()) for _ in range(100))}, headers=INTERNAL)
    assert answer.json() == {"items": []}


async def test_a_service_is_nobody_who_could_have_a_profile(stage: Any, problem: Any) -> None:
    assert problem(await stage.http.get("/api/identity/me", headers=INTERNAL)) == "forbidden"
