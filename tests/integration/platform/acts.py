"""What people do over the public API, as another program would: each act is one request whose answer is checked for its form."""

from typing import Any

import httpx

Json = dict[str, Any]


async def add_habit(http: httpx.AsyncClient, name: str = "Run", **fields: Any) -> Json:
    """A new habit; yes/no and daily unless told otherwise."""
    return ok(await http.post("/api/habits", json={"name": name, "kind": "yes_no"} | fields), 201)


async def log(http: httpx.AsyncClient, habit: Json, **fields: Any) -> httpx.Response:
    """One log entry."""
    return await http.post(f"/api/habits/{habit['id']}/logs", json=fields)


async def logs(http: httpx.AsyncClient, habit: Json, **params: Any) -> list[Json]:
    """The log of a habit, all pages."""
    found: list[Json] = []
    cursor: str | None = None
    while True:
        page = ok(await http.get(f"/api/habits/{habit['id']}/logs", params=params | ({"cursor": cursor} if cursor else {})))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def ok(answer: httpx.Response, status: int = 200) -> Json:
    """The body of an answer that must be this good."""
    assert answer.status_code == status, answer.text
    body: Json = answer.json()
    return body


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and slug of a refusal, once it is problem+json in every respect."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["title"]
    assert document["request_id"]
    return answer.status_code, str(document["type"]).rpartition("/")[2]


def blamed(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, slug and the field that the problem names first."""
    status, slug = problem(answer)
    return status, slug, str(answer.json()["errors"][0]["field"])
