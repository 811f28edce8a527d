"""Everything wrong is answered as problem+json, with the right status and headers."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

import httpx
import psycopg
import pytest
from fastapi import File, Form, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from arena.chassis.http.pagination import PageRequest
from arena.chassis.http.problems import CHASSIS_PROBLEMS, ProblemBook
from arena.chassis.http.route import OpenRoute, Router

Serve = Callable[..., httpx.AsyncClient]
THINGS = "/api/things"


class AllDays(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["all"]


class SomeDays(BaseModel):
    type: Literal["some"]
    days: list[int]

    @model_validator(mode="after")
    def not_nine(self) -> "SomeDays":
        if 9 in self.days:
            raise ValueError("it must not be nine")
        return self


class ThingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int
    weight: float = 1.0
    name: str = "x"
    days: list[int] = []
    plan: Annotated[AllDays | SomeDays, Field(discriminator="type")] = AllDays(type="all")
    colour: list[int | str] = []

    @field_validator("name")
    @classmethod
    def not_bad(cls, value: str) -> str:
        if value == "bad":
            raise ValueError("it must not be bad")
        return value


class ThingFull(Exception):
    slug = "thing-full"


class FieldWrong(Exception):
    slug = "thing-full"
    field = "days.0"
    detail = "That day is taken."


class Unmapped(Exception):
    slug = "nobody-mapped-me"


FAILURES: dict[str, Exception] = {
    "full": ThingFull("There is no place left."),
    "field": FieldWrong(),
    "unmapped": Unmapped("secret of the house"),
    "bug": RuntimeError("secret of the house"),
    "timeout": TimeoutError(),
    "pool": PoolTimeout(),
    "gone": OperationalError("select secret", {}, psycopg.OperationalError("server closed the connection")),
    "disk": OperationalError("insert", {}, psycopg.errors.DiskFull("could not extend file")),
    "deadlock": OperationalError("update", {}, psycopg.errors.DeadlockDetected("deadlock detected")),
}


def things() -> Router:
    router = Router(THINGS)

    @router.post("")
    async def make(body: ThingIn) -> ThingIn:
        return body

    @router.get("")
    async def find(limit: Annotated[int, Query(ge=1)] = 1) -> int:
        return limit

    @router.get("/list")
    async def listed(paging: PageRequest, number: Annotated[int, Query(alias="named")] = 0) -> int:
        return paging.limit + number

    @router.delete("/{number}")
    async def remove(number: int) -> int:
        return number

    @router.put("/{number}")
    async def put(number: int) -> int:
        return number

    @router.post("/form")
    async def form(name: Annotated[str, Form()]) -> str:
        return name

    @router.post("/file")
    async def file(file: Annotated[UploadFile, File()]) -> int:
        return len(await file.read())

    @router.post("/fail/{how}")
    async def fail(how: str) -> None:
        raise FAILURES[how]

    return router


@pytest.fixture
def client(serve: Serve) -> httpx.AsyncClient:
    return serve(things(), problems={"thing-full": 409}, body_limits={f"{THINGS}/file": 2 * 1024 * 1024})


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The document of a problem, with all that every problem has checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"https://habitarena.io/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["instance"] == answer.request.url.path
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


async def test_an_unknown_address_is_a_problem(client: httpx.AsyncClient) -> None:
    for path in ("/nowhere", "/api/nowhere", f"{THINGS}/a/b/c", "/api", "/"):
        problem(await client.get(path), 404, "not-found")


async def test_a_wrong_method_names_all_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.patch(f"{THINGS}/7")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "DELETE, PUT"


async def test_a_broken_rule_names_field_rule_and_message(client: httpx.AsyncClient) -> None:
    document = problem(
        await client.post(THINGS, json={"size": "big", "days": [1, "x"], "more": 1, "name": "bad"}), 422, "validation-failed"
    )
    found = {(error["field"], error["rule"]) for error in document["errors"]}
    assert found == {("size", "int_parsing"), ("days.1", "int_parsing"), ("more", "extra_forbidden"), ("name", "value_error")}
    assert "it must not be bad" in {error["message"] for error in document["errors"]}


async def test_what_was_sent_is_not_echoed(client: httpx.AsyncClient) -> None:
    answer = await client.post(THINGS, json={"size": "hunter2"})
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("plan", "field", "rule"),
    [
        ({"type": "some", "days": [1, "x"]}, "plan.days.1", "int_parsing"),
        ({"type": "some"}, "plan.days", "missing"),
        ({"type": "all", "some": 1}, "plan.some", "extra_forbidden"),
        ({"type": "none"}, "plan", "union_tag_invalid"),
        ({"type": "some", "days": [9]}, "plan", "value_error"),
    ],
)
async def test_of_a_choice_the_field_is_named_as_sent(client: httpx.AsyncClient, plan: dict[str, Any], field: str, rule: str) -> None:
    document = problem(await client.post(THINGS, json={"size": 1, "plan": plan}), 422, "validation-failed")
    assert [(error["field"], error["rule"]) for error in document["errors"]] == [(field, rule)]


async def test_of_values_that_may_be_this_or_that_the_value_is_named(client: httpx.AsyncClient) -> None:
    document = problem(await client.post(THINGS, json={"size": 1, "colour": [1, {}]}), 422, "validation-failed")
    assert {error["field"] for error in document["errors"]} == {"colour.1"}


async def test_a_parameter_that_the_address_does_not_know_is_refused_and_named(client: httpx.AsyncClient) -> None:
    document = problem(await client.get(f"{THINGS}?limt=5&limit=2"), 422, "validation-failed")
    assert document["errors"] == [{"field": "limt", "rule": "extra_forbidden", "message": "this address knows only limit"}]
    document = problem(await client.post(f"{THINGS}?dry_run=true", json={"size": 1}), 422, "validation-failed")
    assert [error["field"] for error in document["errors"]] == ["dry_run"]
    assert document["errors"][0]["message"] == "this address takes no parameters"
    assert (await client.get(f"{THINGS}?")).status_code == (await client.get(f"{THINGS}?limit=2")).status_code == 200


async def test_a_parameter_of_what_a_route_depends_on_is_known(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{THINGS}/list?cursor=&limit=2&named=7")).status_code == 200
    problem(await client.get(f"{THINGS}/list?number=7"), 422, "validation-failed")


async def test_a_parameter_that_a_link_to_a_page_got_on_its_way_is_passed_over(serve: Serve) -> None:
    router = Router(THINGS)
    router.route_class = OpenRoute

    @router.get("")
    async def page(until: str = "") -> str:
        return until

    assert (await serve(router).get(f"{THINGS}?until=now&from_mail=1")).text == '"now"'


async def test_a_wrong_parameter_is_named(client: httpx.AsyncClient) -> None:
    document = problem(await client.get(f"{THINGS}?limit=0"), 422, "validation-failed")
    assert document["errors"][0]["field"] == "limit"
    document = problem(await client.delete(f"{THINGS}/seven"), 422, "validation-failed")
    assert document["errors"][0]["field"] == "number"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"size": NaN}',
        b'{"size": 1, "weight": Infinity}',
        b'{"size": 1, "size": 2}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"size": ' + b"1" * 5000 + b"}",
    ],
    ids=["cut off", "NaN", "infinity", "doubled name", "not UTF-8", "deep", "absurd number"],
)
async def test_a_body_that_cannot_be_read_is_malformed(client: httpx.AsyncClient, body: bytes) -> None:
    problem(await client.post(THINGS, content=body, headers={"content-type": "application/json"}), 400, "malformed-request")


@pytest.mark.parametrize(
    "body", [b'{"size": 1, "weight": 1e999}', b'{"size": 1, "name": "a\\u0000b"}', b'{"size": 1, "name": "\\ud800"}', b""]
)
async def test_a_body_that_no_column_could_hold_breaks_a_rule(client: httpx.AsyncClient, body: bytes) -> None:
    problem(await client.post(THINGS, content=body, headers={"content-type": "application/json"}), 422, "validation-failed")


async def test_an_escaped_backslash_before_u0000_is_a_harmless_text(client: httpx.AsyncClient) -> None:
    answer = await client.post(THINGS, content=b'{"size": 1, "name": "a\\\\u0000"}', headers={"content-type": "application/json"})
    assert answer.json()["name"] == "a\\u0000"


async def test_nul_in_an_address_or_a_form_is_refused(client: httpx.AsyncClient) -> None:
    problem(await client.get(f"{THINGS}?limit=%00"), 400, "malformed-request")
    assert (await client.delete(f"{THINGS}/%00")).status_code == 400
    problem(await client.post(f"{THINGS}/form", data={"name": "a\x00"}), 422, "validation-failed")


async def test_another_kind_of_body_is_unsupported(client: httpx.AsyncClient) -> None:
    problem(await client.post(THINGS, content=b"size=1", headers={"content-type": "text/plain"}), 415, "unsupported-media-type")
    problem(await client.post(THINGS, content=b'{"size": 1}'), 415, "unsupported-media-type")
    problem(await client.post(f"{THINGS}/form", json={"name": "x"}), 415, "unsupported-media-type")


async def test_a_body_above_the_limit_is_refused_whether_announced_or_not(client: httpx.AsyncClient) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    headers = {"content-type": "application/json"}
    problem(await client.post(THINGS, content=b" " * 1_048_577, headers=headers), 413, "body-too-large")
    problem(await client.post(THINGS, content=drip(), headers=headers), 413, "body-too-large")


async def test_a_path_with_a_limit_of_its_own_takes_more_up_to_it(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{THINGS}/file", files={"file": b"x" * 1_500_000})
    assert answer.json() == 1_500_000
    problem(await client.post(f"{THINGS}/file", files={"file": b"x" * 2_500_000}), 413, "body-too-large")


async def test_a_named_error_gets_the_status_of_the_table_and_its_own_words(client: httpx.AsyncClient) -> None:
    assert problem(await client.post(f"{THINGS}/fail/full"), 409, "thing-full")["detail"] == "There is no place left."


async def test_a_named_error_can_name_its_field(client: httpx.AsyncClient) -> None:
    document = problem(await client.post(f"{THINGS}/fail/field"), 409, "thing-full")
    assert document["errors"] == [{"field": "days.0", "rule": "thing-full", "message": "That day is taken."}]


@pytest.mark.parametrize("how", ["bug", "unmapped"])
async def test_what_nobody_expected_gives_nothing_away(client: httpx.AsyncClient, how: str) -> None:
    answer = await client.post(f"{THINGS}/fail/{how}")
    problem(answer, 500, "internal-error")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("how", "status", "slug", "patience"),
    [
        ("timeout", 504, "deadline-exceeded", None),
        ("pool", 503, "database-unavailable", "1"),
        ("gone", 503, "database-unavailable", "1"),
        ("deadlock", 503, "try-again", "1"),
        ("disk", 507, "storage-full", None),
    ],
)
async def test_what_the_database_says_has_a_name(client: httpx.AsyncClient, how: str, status: int, slug: str, patience: str | None) -> None:
    answer = await client.post(f"{THINGS}/fail/{how}")
    problem(answer, status, slug)
    assert answer.headers.get("retry-after") == patience
    assert "secret" not in answer.text


def test_every_problem_of_the_chassis_can_be_made_without_words() -> None:
    book = ProblemBook({})
    assert {book.problem(slug).status for slug in CHASSIS_PROBLEMS} == set(CHASSIS_PROBLEMS.values())


async def test_an_emoji_written_as_a_surrogate_pair_is_a_text_like_any_other(client: httpx.AsyncClient) -> None:
    answer = await client.post(THINGS, content=b'{"size": 1, "name": "\\ud83c\\udfc6"}', headers={"content-type": "application/json"})
    assert answer.json()["name"] == "🏆"
