"""ETag and 304."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import Request, Response

from arena.chassis.http.etag import etag_of, etag_of_revision, is_fresh, matches, not_modified
from arena.chassis.http.route import Router

THINGS = "/api/things"
Serve = Callable[..., httpx.AsyncClient]


def things(content: dict[str, int]) -> Router:
    router = Router(THINGS)

    @router.get("/content")
    async def of_content() -> dict[str, int]:
        return content

    @router.get("/revision", response_model=dict[str, int])
    async def of_revision(request: Request, response: Response) -> dict[str, int] | Response:
        etag = etag_of_revision("r", content["a"])
        if is_fresh(request, etag):
            content["saved"] = content.get("saved", 0) + 1
            return not_modified(etag)
        response.headers["etag"] = etag
        return {"a": content["a"]}

    @router.post("/content")
    async def post() -> dict[str, int]:
        return content

    return router


async def test_every_get_has_an_etag_of_its_bytes_and_is_304_while_they_stay(serve: Serve) -> None:
    content = {"a": 1}
    client = serve(things(content))
    first = await client.get(f"{THINGS}/content")
    again = await client.get(f"{THINGS}/content", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert "content-type" not in again.headers
    content["a"] = 2
    changed = await client.get(f"{THINGS}/content", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


async def test_a_known_revision_saves_the_work(serve: Serve) -> None:
    content = {"a": 1}
    client = serve(things(content))
    first = await client.get(f"{THINGS}/revision")
    assert first.headers["etag"] == '"r-1"'
    assert (await client.get(f"{THINGS}/revision", headers={"if-none-match": '"r-1"'})).status_code == 304
    assert content["saved"] == 1


async def test_what_changes_and_what_is_refused_has_no_etag(serve: Serve) -> None:
    client = serve(things({"a": 1}))
    assert "etag" not in (await client.post(f"{THINGS}/content")).headers
    assert "etag" not in (await client.get("/nowhere")).headers


@pytest.mark.parametrize(
    ("header", "answer"),
    [('"x"', True), ('W/"x"', True), ('"a", W/"x" ,"b"', True), ("*", True), ('"y"', False), ("x", False), ("", False), ('"x', False)],
)
def test_if_none_match_is_read_as_the_rfc_says(header: str, answer: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    assert matches(header, '"x"') is answer


def test_the_same_bytes_have_the_same_etag() -> None:
    assert etag_of(b"a") == etag_of(memoryview(b"a")) != etag_of(b"b")
