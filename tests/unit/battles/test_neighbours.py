"""What battles asks of its neighbours, and how it reads the answers."""

import json
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from arena.battles.neighbours import HttpAccounts, HttpLedger, LedgerTerms
from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.resilience import Deadline, RetryPolicy
from arena.chassis.http.outbound import Outbound
from arena.contracts.habit import Weekday
from arena.contracts.ids import HabitId

MINE = {"authorization": "Bearer mine"}


def ledger(answer: Callable[[httpx.Request], httpx.Response]) -> HttpLedger:
    return HttpLedger(Outbound("http://habits.test", transport=httpx.MockTransport(answer), policy=RetryPolicy(attempts=1)))


def settings(**changes: object) -> httpx.Response:
    return httpx.Response(200, json={"time_zone": "Asia/Kolkata", "day_start": "04:15", "week_start": "sat", "new": 1, **changes})


async def test_the_terms_are_those_of_whoever_asks_and_of_the_habits_asked_for() -> None:
    asked: list[httpx.Request] = []
    mine, other = HabitId(uuid4()), HabitId(uuid4())

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path.endswith("/settings"):
            return settings()
        return httpx.Response(200, json={"items": [{"id": str(mine), "name": "Run"}], "next_cursor": None})

    terms = await ledger(answer).terms(MINE | {"cookie": "a=b"}, [mine, other, mine], Deadline.after(5))
    assert terms == LedgerTerms(frozenset({mine}), "Asia/Kolkata", 4 * 60 + 15, Weekday.SAT)
    assert {request.headers["authorization"] for request in asked} == {"Bearer mine"}
    assert {request.headers["cookie"] for request in asked} == {"a=b"}
    (listing,) = [request for request in asked if request.url.path == "/api/habits"]
    assert listing.url.params["ids"] == ",".join(sorted(map(str, {mine, other})))
    assert listing.url.params["limit"] == "200"


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_anything_but_an_answer_is_trouble_that_may_pass(status: int) -> None:
    with pytest.raises(UpstreamUnavailable) as refused:
        await ledger(lambda _: httpx.Response(status)).terms(MINE, [HabitId(uuid4())], Deadline.after(5))
    assert refused.value.retry_after == 1.0


async def test_a_ledger_that_cannot_be_reached_is_trouble_that_may_pass() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(UpstreamUnavailable):
        await ledger(answer).terms(MINE, [HabitId(uuid4())], Deadline.after(5))


async def test_a_deadline_that_has_passed_is_not_waited_for() -> None:
    with pytest.raises(UpstreamUnavailable):
        await ledger(lambda _: settings()).terms(MINE, [HabitId(uuid4())], Deadline.after(0))


def accounts(answer: Callable[[httpx.Request], httpx.Response]) -> HttpAccounts:
    outbound = Outbound("http://identity.test", transport=httpx.MockTransport(answer), policy=RetryPolicy(attempts=1), internal_token="t")
    return HttpAccounts(outbound)


async def test_whose_addresses_they_are_is_asked_as_a_service_a_hundred_at_a_time_each_once() -> None:
    asked: list[httpx.Request] = []
    emails = [f"{number}@example.org" for number in range(230)]
    users = {email: uuid4() for email in emails[1:]}

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = json.loads(request.content)["emails"]
        return httpx.Response(200, json={"users": [{"email": email, "user_id": str(users[email])} for email in given if email in users]})

    assert await accounts(answer).who([*emails, *emails], Deadline.after(5)) == users
    assert {(request.method, request.url.path, request.headers["authorization"]) for request in asked} == {
        ("POST", "/api/identity/lookups", "Bearer t")
    }
    assert sorted(len(json.loads(request.content)["emails"]) for request in asked) == [30, 100, 100]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_an_identity_that_does_not_answer_is_trouble_that_may_pass(status: int) -> None:
    with pytest.raises(UpstreamUnavailable):
        await accounts(lambda _: httpx.Response(status)).who(["a@example.org"], Deadline.after(5))
