"""Commit before answer: the order of the door, recorded event by event."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from starlette.types import Message

from arena.chassis.core.settings import Settings
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.door import ReadUnitOfWork, WriteUnitOfWork, open_unit_of_work
from arena.chassis.http.route import Router
from arena.chassis.http.service_app import create_app


class RecordingUnits:
    """Units that write down what happens to them."""

    def __init__(self, events: list[str], *, commit_fails: bool = False) -> None:
        self._events = events
        self._commit_fails = commit_fails

    @asynccontextmanager
    async def begin(self, *, read_only: bool = False) -> AsyncIterator[str]:
        try:
            yield "unit"
        except BaseException:
            self._events.append("rolled back")
            raise
        if self._commit_fails:
            raise ConnectionResetError("the database went away")
        self._events.append("ended" if read_only else "committed")


class Refused(Exception):
    slug = "refused-thing"


LateUnitOfWork = Annotated[Any, Depends(open_unit_of_work)]
"""The same dependency with FastAPI's default scope: what the door must not be."""


def router_over(events: list[str]) -> Router:
    router = Router("/api/things")

    @router.post("/write")
    async def write(_uow: WriteUnitOfWork) -> str:
        events.append("handled")
        return "done"

    @router.post("/late")
    async def late(_uow: LateUnitOfWork) -> str:
        events.append("handled")
        return "done"

    @router.get("/read")
    async def read(_uow: ReadUnitOfWork) -> str:
        events.append("handled")
        return "done"

    @router.post("/refused")
    async def refused(_uow: WriteUnitOfWork) -> str:
        raise Refused("not today")

    return router


async def call(app: FastAPI, method: str, path: str, events: list[str]) -> None:
    """One request at the level of ASGI, so that the moment of the first byte is seen."""

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            events.append(f"answered {message['status']}")

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [], "scheme": "http", "http_version": "1.1"}
    await app({**scope, "server": ("arena.test", 80), "client": ("127.0.0.1", 1), "root_path": ""}, receive, send)


@pytest.fixture
def events() -> list[str]:
    return []


def app_over(events: list[str], authenticator: Authenticator, *, commit_fails: bool = False) -> FastAPI:
    units: Any = RecordingUnits(events, commit_fails=commit_fails)
    return create_app(
        title="Things",
        prefix="/api/things",
        routers=[router_over(events)],
        settings=Settings(),
        authenticator=authenticator,
        units=units,
        problems={"refused-thing": 409},
    )


async def test_the_unit_of_work_is_committed_before_the_first_byte_of_the_answer(authenticator: Authenticator, events: list[str]) -> None:
    await call(app_over(events, authenticator), "POST", "/api/things/write", events)
    assert events == ["handled", "committed", "answered 200"]


async def test_with_the_default_scope_the_answer_would_leave_first_so_the_order_is_really_observed(
    authenticator: Authenticator, events: list[str]
) -> None:
    await call(app_over(events, authenticator), "POST", "/api/things/late", events)
    assert events == ["handled", "answered 200", "committed"]


async def test_a_commit_that_fails_is_answered_as_a_failure(authenticator: Authenticator, events: list[str]) -> None:
    await call(app_over(events, authenticator, commit_fails=True), "POST", "/api/things/write", events)
    assert events == ["handled", "answered 500"]


async def test_a_refusal_rolls_back_before_it_is_answered(authenticator: Authenticator, events: list[str]) -> None:
    await call(app_over(events, authenticator), "POST", "/api/things/refused", events)
    assert events == ["rolled back", "answered 409"]


async def test_a_reading_unit_ends_before_the_answer_and_never_commits(authenticator: Authenticator, events: list[str]) -> None:
    await call(app_over(events, authenticator), "GET", "/api/things/read", events)
    assert events == ["handled", "ended", "answered 200"]
