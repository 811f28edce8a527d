"""Idempotency-Key on a real database: one effect, one answer, whoever repeats and however they race."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import File, Response, UploadFile
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import CurrentPlatform, CurrentUser
from arena.chassis.http.door import WriteUnitOfWork
from arena.chassis.http.idempotency import forget_keys
from arena.chassis.http.route import Router

THINGS = "/api/things"
Serve = Callable[..., httpx.AsyncClient]
Bearer = Callable[[UUID], dict[str, str]]


class ThingIn(BaseModel):
    name: str
    slow: float = 0


class ThingOut(BaseModel):
    id: int
    name: str


class ThingRefused(Exception):
    slug = "thing-refused"


def things() -> Router:
    router = Router(THINGS)

    @router.post("", status_code=201)
    async def make(body: ThingIn, _user: CurrentUser, uow: WriteUnitOfWork) -> ThingOut:
        row = await uow.connection.execute(text("insert into thing (name) values (:name) returning id"), {"name": body.name})
        made = row.scalar_one()
        await asyncio.sleep(body.slow)
        if body.name == "refused":
            raise ThingRefused("not this one")
        return ThingOut(id=made, name=body.name)

    @router.post("/platform", status_code=201)
    async def make_as_platform(body: ThingIn, _: CurrentPlatform, uow: WriteUnitOfWork) -> str:
        await uow.connection.execute(text("insert into thing (name) values (:name)"), {"name": body.name})
        return body.name

    @router.delete("/{name}", status_code=204)
    async def remove(name: str, _user: CurrentUser, uow: WriteUnitOfWork) -> None:
        deleted = await uow.connection.execute(text("delete from thing where name = :name"), {"name": name})
        if not deleted.rowcount:
            raise ThingRefused("there is none")

    @router.post("/secret")
    async def secret(uow: WriteUnitOfWork, response: Response) -> str:
        response.headers["cache-control"] = "no-store"
        await uow.connection.execute(text("insert into thing (name) values (gen_random_uuid()::text)"))
        return "a token"

    @router.post("/file", status_code=201)
    async def file(file: Annotated[UploadFile, File()], uow: WriteUnitOfWork) -> int:
        content = await file.read()
        await uow.connection.execute(text("insert into thing (name) values (:name)"), {"name": str(len(content))})
        return len(content)

    return router


@pytest.fixture
def client(serve: Serve) -> httpx.AsyncClient:
    return serve(things(), problems={"thing-refused": 409})


@pytest.fixture
def me(bearer: Bearer) -> dict[str, str]:
    return {**bearer(uuid4()), "idempotency-key": "key-1"}


async def count(engine: AsyncEngine, table: str = "thing") -> int:
    async with engine.connect() as connection:
        counted: int = (await connection.execute(text(f"select count(*) from {table}"))).scalar_one()
    return counted


async def test_a_repeated_request_gets_the_first_answer_and_changes_nothing(
    client: httpx.AsyncClient, me: dict[str, str], engine: AsyncEngine
) -> None:
    first = await client.post(THINGS, json={"name": "a"}, headers=me)
    again = await client.post(THINGS, json={"name": "a"}, headers=me)
    assert (first.status_code, "idempotency-replayed" in first.headers) == (201, False)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert (again.content, again.headers["content-type"]) == (first.content, first.headers["content-type"])
    assert await count(engine) == 1


async def test_an_answer_without_a_body_is_repeated_too(client: httpx.AsyncClient, me: dict[str, str]) -> None:
    await client.post(THINGS, json={"name": "a"}, headers={**me, "idempotency-key": "other"})
    answers = [await client.delete(f"{THINGS}/a", headers=me) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert answers[1].headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("body", [{"name": "b"}, {"name": "a", "slow": 0.001}])
async def test_another_request_with_the_same_key_is_refused(
    client: httpx.AsyncClient, me: dict[str, str], engine: AsyncEngine, body: dict[str, object]
) -> None:
    await client.post(THINGS, json={"name": "a"}, headers=me)
    answer = await client.post(THINGS, json=body, headers=me)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/idempotency-key-reused")
    assert await count(engine) == 1


async def test_the_key_of_one_person_is_not_the_key_of_another(
    client: httpx.AsyncClient, me: dict[str, str], bearer: Bearer, engine: AsyncEngine
) -> None:
    await client.post(THINGS, json={"name": "a"}, headers=me)
    answer = await client.post(THINGS, json={"name": "b"}, headers={**me, **bearer(uuid4())})
    assert answer.status_code == 201
    assert await count(engine) == 2


async def test_the_operator_has_keys_of_its_own_beside_those_of_services_and_people(
    client: httpx.AsyncClient, me: dict[str, str], operator: dict[str, str], engine: AsyncEngine
) -> None:
    await client.post(THINGS, json={"name": "a"}, headers=me)
    for who, name in ((operator, "b"), ({"authorization": "Bearer an-internal-token-of-forty-characters-xx"}, "c")):
        headers = who | {"idempotency-key": me["idempotency-key"]}
        first, again = [await client.post(f"{THINGS}/platform", json={"name": name}, headers=headers) for _ in range(2)]
        assert (first.status_code, first.json(), "idempotency-replayed" in first.headers) == (201, name, False)
        assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (201, first.content, "true")
    assert await count(engine) == 3


async def test_racing_duplicates_have_one_effect_and_all_get_its_answer(
    client: httpx.AsyncClient, me: dict[str, str], engine: AsyncEngine
) -> None:
    answers = await asyncio.gather(*(client.post(THINGS, json={"name": "a", "slow": 0.2}, headers=me) for _ in range(6)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 5
    assert await count(engine) == 1


async def test_a_refusal_is_not_kept_so_the_same_key_can_succeed_later(
    client: httpx.AsyncClient, me: dict[str, str], engine: AsyncEngine
) -> None:
    for _ in range(2):
        answer = await client.delete(f"{THINGS}/later", headers=me)
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (409, False)
    await client.post(THINGS, json={"name": "later"}, headers={**me, "idempotency-key": "other"})
    assert (await client.delete(f"{THINGS}/later", headers=me)).status_code == 204
    assert await count(engine) == 0


async def test_when_the_first_of_a_race_is_refused_the_waiting_one_goes_on(
    client: httpx.AsyncClient, me: dict[str, str], engine: AsyncEngine
) -> None:
    answers = await asyncio.gather(*(client.post(THINGS, json={"name": "refused", "slow": 0.1}, headers=me) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [409] * 3
    assert await count(engine) == 0
    assert await count(engine, "idempotency_key") == 0


async def test_an_answer_marked_no_store_is_not_kept(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    answer = await client.post(f"{THINGS}/secret", headers={"idempotency-key": "key-1"})
    assert answer.json() == "a token"
    assert await count(engine, "idempotency_key") == 0


async def test_a_file_sent_again_is_the_same_request_although_its_boundary_differs(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    headers = {"idempotency-key": "key-1"}
    first = await client.post(f"{THINGS}/file", files={"file": b"x" * 5000}, headers=headers)
    again = await client.post(f"{THINGS}/file", files={"file": b"x" * 5000}, headers=headers)
    other = await client.post(f"{THINGS}/file", files={"file": b"y" * 5000}, headers=headers)
    assert (first.status_code, first.json()) == (201, 5000)
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, 5000, "true")
    assert other.status_code == 422
    assert await count(engine) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tin it", "\xe9"])
async def test_a_key_that_is_not_1_to_255_printable_characters_is_refused(
    client: httpx.AsyncClient, me: dict[str, str], engine: AsyncEngine, key: str
) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in {**me, "idempotency-key": key}.items()]
    answer = await client.post(THINGS, json={"name": "a"}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert await count(engine) == 0


async def test_without_a_key_every_request_counts(client: httpx.AsyncClient, bearer: Bearer, engine: AsyncEngine) -> None:
    header = bearer(uuid4())
    for name in ("a", "b"):
        assert (await client.post(THINGS, json={"name": name}, headers=header)).status_code == 201
    assert await count(engine) == 2
    assert await count(engine, "idempotency_key") == 0


async def test_old_keys_are_forgotten_and_young_ones_kept(client: httpx.AsyncClient, me: dict[str, str], units: Units) -> None:
    await client.post(THINGS, json={"name": "a"}, headers=me)
    async with units.begin() as uow:
        assert await forget_keys(uow, uow.now - timedelta(hours=24)) == 0
        assert await forget_keys(uow, uow.now + timedelta(seconds=1)) == 1


async def test_a_unique_name_taken_is_a_conflict_and_nothing_is_stored(
    client: httpx.AsyncClient, bearer: Bearer, engine: AsyncEngine
) -> None:
    header = bearer(uuid4())
    await client.post(THINGS, json={"name": "a"}, headers=header)
    answer = await client.post(THINGS, json={"name": "a"}, headers=header)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (409, "conflict")
    assert await count(engine) == 1
