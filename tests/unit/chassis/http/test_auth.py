"""Who is asking, and 401 against 403."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends

from arena.chassis.http.auth import (
    PLATFORM_ID,
    CurrentPlatform,
    CurrentPrincipal,
    CurrentService,
    CurrentUser,
    OptionalPrincipal,
    Principal,
    require_role,
)
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.route import Router

THINGS = "/api/things"
INTERNAL = {"authorization": "Bearer an-internal-token-of-forty-characters-xx"}
OPERATOR = {"authorization": "Bearer workload.good"}
Serve = Callable[..., httpx.AsyncClient]
Bearer = Callable[..., dict[str, str]]
Admin = Annotated[Principal, Depends(require_role("admin"))]


def things() -> Router:
    router = Router(THINGS)

    @router.get("/me")
    async def me(user: CurrentUser) -> UUID:
        return user.user_id

    @router.post("/me")
    async def change(user: CurrentUser) -> UUID:
        return user.user_id

    @router.post("/admin")
    async def administer(user: CurrentUser, admin: Admin) -> bool:
        return user is admin

    @router.get("/service")
    async def service(principal: CurrentService) -> str:
        return principal.kind

    @router.get("/platform")
    async def platform(principal: CurrentPlatform) -> str:
        return principal.kind

    @router.post("/platform")
    async def change_platform(principal: CurrentPlatform) -> UUID:
        return principal.user_id

    @router.get("/either")
    async def either(principal: CurrentPrincipal) -> str:
        return principal.kind

    @router.get("/anyone")
    async def anyone(principal: OptionalPrincipal) -> str:
        return principal.kind if principal else "nobody"

    return router


@pytest.fixture
def client(serve: Serve) -> httpx.AsyncClient:
    return serve(things())


async def test_a_bearer_token_says_who_is_asking(client: httpx.AsyncClient, bearer: Bearer) -> None:
    user_id = uuid4()
    for _ in range(2):
        assert (await client.get(f"{THINGS}/me", headers=bearer("user", user_id=user_id))).json() == str(user_id)


@pytest.mark.parametrize(
    "header", ["", "Basic dTpw", "Bearer", "Bearer ", "Bearer nonsense", "Bearer a.b.c", "Bearer " + "x" * 9000, "Bearer \xff\xfe"]
)
async def test_a_strange_credential_is_401_and_says_how(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get(f"{THINGS}/me", headers={b"authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"].endswith("/not-authenticated")


async def test_nobody_is_401(client: httpx.AsyncClient) -> None:
    for path in ("me", "service", "platform", "either"):
        assert (await client.get(f"{THINGS}/{path}")).status_code == 401
    assert (await client.get(f"{THINGS}/anyone")).json() == "nobody"


async def test_a_token_whose_time_is_over_is_401_also_when_it_was_good_before(client: httpx.AsyncClient, bearer: Bearer) -> None:
    header = bearer("user", lifetime=timedelta(seconds=1.2))
    assert (await client.get(f"{THINGS}/me", headers=header)).status_code == 200
    await asyncio.sleep(1.3)
    assert (await client.get(f"{THINGS}/me", headers=header)).status_code == 401


async def test_a_token_signed_by_another_key_is_401(client: httpx.AsyncClient, bearer: Bearer) -> None:
    head, body, _ = bearer("user")["authorization"].split(".")
    forged = Ed25519PrivateKey.generate().sign(b"something else").hex()
    assert (await client.get(f"{THINGS}/me", headers={"authorization": f"{head}.{body}.{forged}"})).status_code == 401


async def test_a_missing_role_is_403_and_a_role_opens(client: httpx.AsyncClient, bearer: Bearer) -> None:
    answer = await client.post(f"{THINGS}/admin", headers=bearer("user"))
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/forbidden")
    assert (await client.post(f"{THINGS}/admin", headers=bearer("user", "admin"))).status_code == 200


async def test_services_and_people_do_not_pass_for_each_other(client: httpx.AsyncClient, bearer: Bearer) -> None:
    assert (await client.get(f"{THINGS}/service", headers=INTERNAL)).json() == "service"
    assert (await client.get(f"{THINGS}/service", headers=bearer("admin"))).status_code == 403
    assert (await client.get(f"{THINGS}/me", headers=INTERNAL)).status_code == 403
    assert (await client.get(f"{THINGS}/either", headers=INTERNAL)).json() == "service"
    assert (await client.get(f"{THINGS}/either", headers=bearer("user"))).json() == "user"


async def test_the_operator_is_neither_a_person_nor_a_service(client: httpx.AsyncClient, bearer: Bearer) -> None:
    assert (await client.get(f"{THINGS}/platform", headers=OPERATOR)).json() == "platform"
    assert (await client.get(f"{THINGS}/either", headers=OPERATOR)).json() == "platform"
    assert (await client.get(f"{THINGS}/me", headers=OPERATOR)).status_code == 403
    assert (await client.get(f"{THINGS}/service", headers=OPERATOR)).status_code == 403
    assert (await client.post(f"{THINGS}/admin", headers=OPERATOR)).status_code == 403
    assert (await client.get(f"{THINGS}/platform", headers=INTERNAL)).json() == "service"
    assert (await client.get(f"{THINGS}/platform", headers=bearer("admin", "arbiter"))).status_code == 403


async def test_a_workload_token_that_is_no_good_is_401_and_says_why(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{THINGS}/platform", headers={"authorization": "Bearer workload.old"})
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The workload token has expired."


async def test_a_workload_token_in_the_browsers_cookie_is_nobody(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{THINGS}/platform", headers={"cookie": "arena_access=workload.good"})).status_code == 401


async def test_the_operator_has_an_id_of_its_own_and_no_limit(serve: Serve) -> None:
    client = serve(things(), rate_limits=RateLimits(writes_per_second=1))
    answers = [await client.post(f"{THINGS}/platform", headers=OPERATOR) for _ in range(5)]
    assert {answer.json() for answer in answers} == {str(PLATFORM_ID)}
    assert answers[0].json() != str(UUID(int=0))


async def test_a_cookie_reads_alone_and_changes_with_the_csrf_token_only(client: httpx.AsyncClient, bearer: Bearer) -> None:
    token = bearer("user")["authorization"].removeprefix("Bearer ")
    cookies = {"cookie": f"other=1; arena_access={token}; arena_csrf=c5rf"}
    assert (await client.get(f"{THINGS}/me", headers=cookies)).status_code == 200
    for wrong in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "another"}, {"x-csrf-token": "\xe9"}):
        sent = [(name.encode(), value.encode("latin-1")) for name, value in {**cookies, **wrong}.items()]
        answer = await client.post(f"{THINGS}/me", headers=sent)
        assert answer.status_code == 403
        assert answer.json()["type"].endswith("/csrf-check-failed")
    assert (await client.post(f"{THINGS}/me", headers={**cookies, "x-csrf-token": "c5rf"})).status_code == 200


async def test_without_the_csrf_cookie_an_empty_header_does_not_match(client: httpx.AsyncClient, bearer: Bearer) -> None:
    token = bearer("user")["authorization"].removeprefix("Bearer ")
    answer = await client.post(f"{THINGS}/me", headers={"cookie": f"arena_access={token}", "x-csrf-token": ""})
    assert answer.status_code == 403


async def test_changes_are_limited_per_user_and_reading_is_not(serve: Serve, bearer: Bearer) -> None:
    client = serve(things(), rate_limits=RateLimits(writes_per_second=3))
    mine, yours = bearer("user"), bearer("user")
    answers = [await client.post(f"{THINGS}/me", headers=mine) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["type"].endswith("/too-many-requests")
    assert (await client.post(f"{THINGS}/me", headers=yours)).status_code == 200
    assert (await client.get(f"{THINGS}/me", headers=mine)).status_code == 200


async def test_one_request_counts_once_however_many_dependencies_ask(serve: Serve, bearer: Bearer) -> None:
    client = serve(things(), rate_limits=RateLimits(writes_per_second=2))
    header = bearer("admin")
    assert [(await client.post(f"{THINGS}/admin", headers=header)).status_code for _ in range(3)] == [200, 200, 429]
