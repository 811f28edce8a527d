"""Registration over HTTP, against PostgreSQL."""

import asyncio
import json
from typing import Any

import pytest

from arena.chassis.core.settings import Registration

GOOD = {"email": "x@example.org", "password": "long enough", "display_name": "X"}


async def test_a_registered_user_is_answered_as_the_contract_says(stage: Any) -> None:
    user = await stage.register(email="  Ada.Lovelace@Example.ORG ", display_name=" Ada ")
    assert sorted(user) == ["created_at", "display_name", "email", "id", "locale", "roles", "share_name"]
    assert (user["email"], user["display_name"], user["locale"], user["roles"]) == ("ada.lovelace@example.org", "Ada", "en", ["user"])
    assert user["created_at"].endswith("Z")
    assert await stage.events(user["id"]) == ["UserRegistered"]


async def test_an_address_is_taken_in_whatever_letter_case(stage: Any, problem: Any) -> None:
    user = await stage.register()
    answer = await stage.http.post("/api/identity/users", json=GOOD | {"email": user["email"].upper()})
    assert (answer.status_code, problem(answer)) == (409, "email-taken")
    assert answer.json()["errors"][0]["field"] == "email"


async def test_of_many_at_once_with_one_address_exactly_one_gets_it(stage: Any) -> None:
    body = GOOD | {"email": "race@example.org"}
    answers = await asyncio.gather(*(stage.http.post("/api/identity/users", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize(
    ("field", "value", "slug"),
    [
        ("email", "nobody", "email-invalid"),
        ("email", "", "email-invalid"),
        ("email", "a" * 250 + "@x.org", "email-invalid"),
        ("email", 7, "validation-failed"),
        ("password", "short", "password-refused"),
        ("password", "x" * 257, "password-refused"),
        ("password", "x@example.org", "password-refused"),
        ("password", None, "validation-failed"),
        ("display_name", "  ", "display-name-invalid"),
        ("display_name", "x" * 81, "display-name-invalid"),
        ("display_name", "a\u202eb", "display-name-invalid"),
        ("display_name", "a\x00b", "validation-failed"),
        ("display_name", "\ud800", "validation-failed"),
        ("locale", "de", "validation-failed"),
    ],
)
async def test_each_bad_part_is_named(stage: Any, problem: Any, field: str, value: object, slug: str) -> None:
    answer = await stage.http.post(
        "/api/identity/users", content=json.dumps(GOOD | {field: value}), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, problem(answer)) == (422, slug)
    assert answer.json()["errors"][0]["field"] == field
    if field == "password" and value:
        assert str(value) not in answer.text


async def test_what_is_stored_is_an_argon2id_hash_and_nothing_keeps_the_password(stage: Any) -> None:
    password = "a password to look for"
    body = GOOD | {"email": "kept@example.org", "password": password}
    answer = await stage.http.post("/api/identity/users", json=body, headers={"idempotency-key": "registration-1"})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    [row] = await stage.sql("select password_hash from account where email = 'kept@example.org'")
    assert row.password_hash.startswith("$argon2id$v=19$")
    assert await stage.sql("select from idempotency_key where key = 'registration-1'") == []


async def test_nobody_registers_where_registration_is_closed(open_stage: Any, problem: Any) -> None:
    async with open_stage(Registration.CLOSED) as stage:
        for invite in ({}, {"invite": "x" * 43}):
            answer = await stage.http.post("/api/identity/users", json=GOOD | invite)
            assert (answer.status_code, problem(answer)) == (403, "registration-closed")


async def test_an_invitation_admits_one_person_once(open_stage: Any, problem: Any) -> None:
    async with open_stage(Registration.INVITE) as stage:
        refused = await stage.http.post("/api/identity/users", json=GOOD)
        assert (refused.status_code, problem(refused)) == (403, "invite-needed")
        made = await stage.http.post("/api/identity/invites", headers=await stage.an_admin())
        assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
        token = made.json()["token"]
        bodies = [GOOD | {"email": f"guest{n}@example.org", "invite": token} for n in range(5)]
        answers = await asyncio.gather(*(stage.http.post("/api/identity/users", json=body) for body in bodies))
        assert sorted(answer.status_code for answer in answers) == [201] + [403] * 4
        assert {problem(answer) for answer in answers if answer.status_code == 403} == {"invite-invalid"}
        assert await stage.sql("select from invite where position(convert_to(:token, 'UTF8') in digest) > 0", token=token) == []


async def test_an_invitation_is_not_used_up_by_a_refused_registration(open_stage: Any, problem: Any) -> None:
    async with open_stage(Registration.INVITE) as stage:
        admin = await stage.an_admin()
        token = (await stage.http.post("/api/identity/invites", headers=admin, json={"expires_in_days": 1})).json()["token"]
        taken = (await stage.http.get("/api/identity/me", headers=admin)).json()["email"]
        refused = await stage.http.post("/api/identity/users", json=GOOD | {"email": taken, "invite": token})
        assert problem(refused) == "email-taken"
        await stage.register(invite=token)


async def test_an_expired_or_made_up_invitation_admits_nobody(open_stage: Any, problem: Any) -> None:
    async with open_stage(Registration.INVITE) as stage:
        made = (await stage.http.post("/api/identity/invites", headers=await stage.an_admin())).json()
        await stage.sql("update invite set expires_at = now() where id = :id", id=made["id"])
        for token in (made["token"], "A" * 43, "short", "ü" * 43):
            answer = await stage.http.post("/api/identity/users", json=GOOD | {"invite": token})
            assert (answer.status_code, problem(answer)) == (403, "invite-invalid")


async def test_only_an_admin_invites(stage: Any, problem: Any) -> None:
    _, header = await stage.someone()
    answer = await stage.http.post("/api/identity/invites", headers=header)
    assert (answer.status_code, problem(answer)) == (403, "forbidden")
    answer = await stage.http.post("/api/identity/invites")
    assert (answer.status_code, problem(answer)) == (401, "not-authenticated")
    answer = await stage.http.post("/api/identity/invites", headers=await stage.an_admin(), json={"expires_in_days": 91})
    assert (answer.status_code, problem(answer)) == (422, "validation-failed")


async def test_registrations_from_one_address_are_limited(open_stage: Any, problem: Any) -> None:
    async with open_stage(sign_ins=2) as stage:
        await stage.register()
        await stage.register()
        answer = await stage.http.post("/api/identity/users", json=GOOD)
        assert (answer.status_code, problem(answer)) == (429, "too-many-requests")
        assert int(answer.headers["retry-after"]) >= 1
