"""Oneself and others: profile, password, erasure."""

from typing import Any
from uuid import uuid4

import pytest

PASSWORD = "correct horse battery"
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


async def test_profiles_show_the_name_and_nothing_else_of_those_who_are_there(stage: Any) -> None:
    ada, header = await stage.someone(display_name="Ada")
    bob = await stage.register(display_name="Bob")
    gone, gone_header = await stage.someone()
    await stage.http.request("DELETE", "/api/identity/me", headers=gone_header, json={"password": PASSWORD})
    ids = ",".join([bob["id"], gone["id"], str(uuid4()), ada["id"], bob["id"]])
    expected = {"items": [{"id": bob["id"], "display_name": "Bob"}, {"id": ada["id"], "display_name": "Ada"}]}
    for asker in (header, INTERNAL):
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
