"""What people do over the public API, as another program would: each act is one request whose answer is checked for its form."""

import asyncio
from datetime import UTC, datetime, timedelta
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


async def start_battle(
    owner: Any, *others: Any, starts_in: float = 1.2, lasts: float = 3600.0, **fields: Any
) -> tuple[Json, dict[str, Json]]:
    """A battle that these people have joined and that runs, as its owner sees it; and the habit each competes with, by name."""
    start = datetime.now(UTC) + timedelta(seconds=starts_in)
    window = {
        "start": start.replace(tzinfo=None).isoformat(),
        "end": (start + timedelta(seconds=lasts)).replace(tzinfo=None).isoformat(),
        "time_zone": "UTC",
        "grace_minutes": 0,
    } | fields.pop("window", {})
    body = {"name": "Sprint", "kind": "free_for_all", "window": window} | fields
    battle = ok(await owner.http.post("/api/battles", json=body), 201)
    ok(await owner.http.post(f"/api/battles/{battle['id']}/open"))
    habits = {}
    for person in (owner, *others):
        habits[person.name] = await add_habit(person.http)
        joining = {"habits": [habits[person.name]["id"]]} | ({} if person is owner else {"invite": battle["invite"]})
        ok(await person.http.post(f"/api/battles/{battle['id']}/participants", json=joining), 201)
    return await until_phase(owner, battle, "running"), habits


async def until_phase(person: Any, battle: Json, phase: str, seconds: float = 10.0) -> Json:
    """The battle once it is in this phase."""
    async with asyncio.timeout(seconds):
        while True:
            seen = ok(await person.http.get(f"/api/battles/{battle['id']}"))
            if seen["phase"] == phase:
                return seen
            await asyncio.sleep(0.05)
