"""People with accounts and habits on a running platform, made through its public API."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

PASSWORD = "correct horse battery"  # noqa: S105 - of people who live for a minute


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody signed in, with their habits."""

    user_id: str
    token: str
    habits: tuple[str, ...]

    @property
    def headers(self) -> dict[str, str]:
        """Their credentials."""
        return {"authorization": f"Bearer {self.token}"}


async def crowd(url: str, people: int, habits: int) -> list[Member]:
    """So many people with so many habits each; four at a time, since hashing passwords is work."""
    turn = asyncio.Semaphore(4)
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:

        async def one(number: int) -> Member:
            async with turn:
                return await _member(http, f"bench{number}", habits)

        return list(await asyncio.gather(*(one(number) for number in range(people))))


async def _member(http: httpx.AsyncClient, name: str, habits: int) -> Member:
    email = f"{name}@example.org"
    body = {"email": email, "password": PASSWORD, "display_name": name}
    user = (await http.post("/api/identity/users", json=body)).raise_for_status().json()["id"]
    form = {"grant_type": "password", "username": email, "password": PASSWORD}
    token = (await http.post("/api/identity/token", data=form)).raise_for_status().json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    made = []
    for number in range(habits):
        habit = {"name": f"Habit {number}", "kind": "yes_no", "schedule": {"type": "daily"}}
        made.append((await http.post("/api/habits", json=habit, headers=headers)).raise_for_status().json()["id"])
    return Member(user, token, tuple(made))


async def battle(http: httpx.AsyncClient, members: list[Member], *, starts_in: float, lasts: timedelta) -> str:
    """A running battle in which these people compete with their first habit; answers its id."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=starts_in)
    window = {
        "start": start.replace(tzinfo=None).isoformat(),
        "end": (start + lasts).replace(tzinfo=None).isoformat(),
        "time_zone": "UTC",
        "grace_minutes": 0,
    }
    body = {"name": "Bench", "kind": "free_for_all", "window": window, "invite_only": False}
    owner = members[0].headers
    made = (await http.post("/api/battles", json=body, headers=owner)).raise_for_status().json()["id"]
    (await http.post(f"/api/battles/{made}/open", headers=owner)).raise_for_status()
    for member in members:
        joining = await http.post(f"/api/battles/{made}/participants", json={"habits": [member.habits[0]]}, headers=member.headers)
        joining.raise_for_status()
    return str(made)


async def until_running(http: httpx.AsyncClient, battles: dict[str, Member], seconds: float) -> None:
    """Wait until these battles (each with somebody who may see it) run."""
    async with asyncio.timeout(seconds):
        for made, member in battles.items():
            phase = ""
            while phase != "running":
                await asyncio.sleep(0.2)
                phase = (await http.get(f"/api/battles/{made}", headers=member.headers)).raise_for_status().json()["phase"]
