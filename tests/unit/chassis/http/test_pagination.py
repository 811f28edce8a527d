"""Pages and cursors."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.chassis.core.errors import InvalidCursor
from arena.chassis.http.pagination import Page, PageRequest, decode_cursor, encode_cursor
from arena.chassis.http.route import Router

THINGS = "/api/things"
Serve = Callable[..., httpx.AsyncClient]
KEYS = st.tuples(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(-(2**63), 2**63 - 1), st.dates(), st.text())


def things(count: int) -> Router:
    router = Router(THINGS)

    @router.get("")
    async def numbers(paging: PageRequest) -> Page[int]:
        (last,) = paging.after(tuple[int]) or (-1,)
        rows = list(range(last + 1, count))[: paging.fetch]
        return paging.page(rows, key=lambda row: (row,), shape=lambda row: row)

    return router


@pytest.mark.parametrize(("count", "limit", "sizes"), [(0, 3, [0]), (3, 3, [3]), (4, 3, [3, 1]), (120, None, [50, 50, 20])])
async def test_walking_the_cursor_shows_every_item_once_in_order(serve: Serve, count: int, limit: int | None, sizes: list[int]) -> None:
    client = serve(things(count))
    parameters: dict[str, Any] = {"limit": limit} if limit else {}
    pages = []
    while True:
        page = (await client.get(THINGS, params=parameters)).json()
        pages.append(page["items"])
        if page["next_cursor"] is None:
            break
        parameters["cursor"] = page["next_cursor"]
    assert [len(page) for page in pages] == sizes
    assert list(chain.from_iterable(pages)) == list(range(count))


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", ""])
async def test_a_limit_outside_1_to_200_is_refused(serve: Serve, limit: str) -> None:
    answer = await serve(things(3)).get(THINGS, params={"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("cursor", ["!", "a", "é", "Zm9v", encode_cursor(("a",)), encode_cursor((1, 2)), encode_cursor(()), "W10=="])
async def test_a_cursor_that_this_list_did_not_give_is_refused(serve: Serve, cursor: str) -> None:
    answer = await serve(things(3)).get(THINGS, params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/cursor-invalid")
    assert answer.json()["errors"][0]["field"] == "cursor"


@given(KEYS)
def test_a_sort_key_survives_its_cursor(key: tuple[datetime, UUID, int, date, str]) -> None:
    cursor = encode_cursor(key)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert decode_cursor(cursor, tuple[datetime, UUID, int, date, str]) == key


@given(st.text())
def test_no_text_breaks_the_reading_of_cursors(cursor: str) -> None:
    try:
        decode_cursor(cursor, tuple[datetime, UUID])
    except InvalidCursor:
        return
    raise AssertionError("a random text was taken for a cursor")
