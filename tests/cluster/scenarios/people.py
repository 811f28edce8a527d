"""People of a scenario: they have an account and a habit, accept invitations and log, over the public API."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody who plays."""

    name: str
    email: str
    http: httpx.Client
    habit: str

    def accept(self, battle_id: str) -> None:
        """Join a battle to which one was invited."""
        self.http.post(f"/api/battles/{battle_id}/participants", json={"habits": [self.habit]}).raise_for_status()

    def log(self) -> None:
        """Do it once more."""
        body = {"logged_at": datetime.now(UTC).isoformat(), "time_zone": "UTC"}
        self.http.post(f"/api/habits/{self.habit}/logs", json=body).raise_for_status()

    def logs(self) -> int:
        """How often one has done it."""
        return len(self.http.get(f"/api/habits/{self.habit}/logs").raise_for_status().json()["items"])

    def share_name(self) -> None:
        """Agree that one's name is shown."""
        self.http.patch("/api/identity/me", json={"share_name": True}).raise_for_status()

    def tries_to_cancel(self, battle_id: str) -> httpx.Response:
        """What the API says to somebody who would call the battle off."""
        return self.http.post(f"/api/battles/{battle_id}/cancel")


def player(url: str, name: str) -> Player:
    """A new account with an e-mail of its own, signed in, with one habit."""
    http = httpx.Client(base_url=url, timeout=30, trust_env=False)
    email = f"{name}-{uuid4().hex[:8]}@example.org"
    body = {"email": email, "password": PASSWORD, "display_name": name.capitalize()}
    http.post("/api/identity/users", json=body).raise_for_status()
    form = {"grant_type": "password", "username": email, "password": PASSWORD}
    token = http.post("/api/identity/token", data=form).raise_for_status().json()["access_token"]
    http.headers["authorization"] = f"Bearer {token}"
    habit: dict[str, Any] = http.post("/api/habits", json={"name": "Run", "kind": "yes_no"}).raise_for_status().json()
    return Player(name, email, http, habit["id"])
