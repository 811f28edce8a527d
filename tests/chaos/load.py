"""Clients that log under fire and write down every promise: what was answered must be there, once."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

PASSWORD = "correct horse battery"
PATIENCE = 60.0
TWICE = 0.1
"""How often somebody impatient sends the same again before the first answer."""


@dataclass(slots=True)
class Writer:
    """Somebody who logs one habit over and over, each time with a client id of its own, and asks again until there is an answer."""

    name: str
    user_id: str
    token: str
    habit_id: str
    promised: set[str] = field(default_factory=set)
    asked: int = 0

    def client_id(self, number: int) -> str:
        """Of the first, second, … fact; the first is 1."""
        return f"{self.name}-{number}"

    @property
    def client_ids(self) -> list[str]:
        """All that were asked for, in that order."""
        return [self.client_id(number) for number in range(1, self.asked + 1)]

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass(slots=True)
class Load:
    """All writers, and what is under way."""

    url: str
    writers: list[Writer] = field(default_factory=list)
    in_flight: int = 0
    running: bool = True
    refused: Counter[int] = field(default_factory=Counter)
    logged_at: str | None = None
    """The instant of every fact; by default when it was sent."""
    chance: random.Random | None = None
    """Who is impatient now and then, and sends the same twice at once."""
    patience: float = PATIENCE
    """Seconds after which no answer is a failure."""

    async def write(self, writer: Writer) -> None:
        """Log until told to stop; the last one too is asked for until it is answered."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10, headers=writer.headers) as http:
            while self.running:
                writer.asked += 1
                client_id = writer.client_id(writer.asked)
                twice = self.chance is not None and self.chance.random() < TWICE
                await asyncio.gather(*(self._until_answered(http, writer, client_id) for _ in range(1 + twice)))

    async def _until_answered(self, http: httpx.AsyncClient, writer: Writer, client_id: str) -> None:
        logged_at = self.logged_at or datetime.now(UTC).isoformat()
        body = {"logged_at": logged_at, "time_zone": "Europe/Berlin", "client_id": client_id}
        deadline = asyncio.get_running_loop().time() + self.patience
        while asyncio.get_running_loop().time() < deadline:
            self.in_flight += 1
            try:
                answer = await http.post(f"/api/habits/{writer.habit_id}/logs", json=body)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            finally:
                self.in_flight -= 1
            if answer.status_code in {200, 201}:
                writer.promised.add(client_id)
                return
            self.refused[answer.status_code] += 1
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{writer.name} had no answer for {client_id} in {self.patience} s: {self.refused}")


async def enlist(url: str, count: int) -> list[Writer]:
    """Writers with an account and a habit each."""
    writers = []
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        for number in range(count):
            name = f"writer{number}"
            email = f"{name}-{uuid4().hex[:8]}@example.org"
            body = {"email": email, "password": PASSWORD, "display_name": name}
            user = (await http.post("/api/identity/users", json=body)).raise_for_status().json()
            form = {"grant_type": "password", "username": email, "password": PASSWORD}
            token = (await http.post("/api/identity/token", data=form)).raise_for_status().json()["access_token"]
            headers = {"authorization": f"Bearer {token}"}
            habit = (await http.post("/api/habits", json={"name": "Push-ups", "kind": "yes_no"}, headers=headers)).raise_for_status().json()
            writers.append(Writer(name, user["id"], token, habit["id"]))
    return writers


async def battle_among(url: str, writers: list[Writer], *, starts_in: float, lasts: timedelta, grace_minutes: int = 0) -> str:
    """A battle that all writers have joined; returns once it runs."""
    start = datetime.now(UTC) + timedelta(seconds=starts_in)
    window = {
        "start": start.replace(tzinfo=None).isoformat(timespec="seconds"),
        "end": (start + lasts).replace(tzinfo=None).isoformat(timespec="seconds"),
        "time_zone": "UTC",
        "grace_minutes": grace_minutes,
    }
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        body = {"name": "Under fire", "kind": "free_for_all", "window": window, "invite_only": False}
        owner = writers[0].headers
        battle = (await http.post("/api/battles", json=body, headers=owner)).raise_for_status().json()
        (await http.post(f"/api/battles/{battle['id']}/open", headers=owner)).raise_for_status()
        for writer in writers:
            joined = await http.post(
                f"/api/battles/{battle['id']}/participants", json={"habits": [writer.habit_id]}, headers=writer.headers
            )
            joined.raise_for_status()
        await until_phase(http, battle["id"], owner, "running", seconds=starts_in + 30)
    return str(battle["id"])


async def until_phase(http: httpx.AsyncClient, battle_id: str, headers: dict[str, str], phase: str, *, seconds: float) -> dict[str, Any]:
    """Wait until a battle has reached a phase."""
    async with asyncio.timeout(seconds):
        while True:
            battle: dict[str, Any] = (await http.get(f"/api/battles/{battle_id}", headers=headers)).raise_for_status().json()
            if battle["phase"] == phase:
                return battle
            await asyncio.sleep(0.1)


async def logs_of(http: httpx.AsyncClient, writer: Writer) -> Counter[str]:
    """How often each client id is in the ledger."""
    return Counter(client_id for client_id, _ in await facts_of(http, writer))


async def facts_of(http: httpx.AsyncClient, writer: Writer) -> list[tuple[str, str]]:
    """Client id and fact id of all that is in the ledger."""
    found: list[tuple[str, str]] = []
    cursor = None
    while True:
        params = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = (await http.get(f"/api/habits/{writer.habit_id}/logs", params=params, headers=writer.headers)).raise_for_status().json()
        found += [(item["client_id"], item["id"]) for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
