"""A stand-in for the platform: answers declarations from memory at once, so that a measurement of the operator measures the operator.

`python bench/operator_platform.py PORT`; `GET /declared/NAMESPACE` tells how many battles of it were declared.
"""

import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web


class Platform:
    """Battles by the uid of their resource; phases follow the clock."""

    def __init__(self) -> None:
        self.battles: dict[str, dict[str, Any]] = {}
        self.namespaces: Counter[str] = Counter()

    async def look(self, request: web.Request) -> web.Response:
        """What was declared, as it stands by the clock."""
        found = self.battles.get(request.match_info["uid"])
        if found is None:
            return _json({"type": "https://habitarena.io/problems/declaration-not-found", "detail": "There is none."}, 404)
        return _json(self._now(found))

    async def declare(self, request: web.Request) -> web.Response:
        """Take a declaration."""
        uid, body = request.match_info["uid"], msgspec.json.decode(await request.read())
        before = self.battles.get(uid)
        battle_id = before["battle_id"] if before else str(uuid4())
        window = body["window"]
        zone = ZoneInfo(window["time_zone"])
        start, end = (datetime.fromisoformat(window[key]).replace(tzinfo=zone).astimezone(UTC) for key in ("start", "end"))
        grace = end + timedelta(minutes=window.get("grace_minutes", 10))
        audit = grace + timedelta(minutes=window.get("audit_minutes", 0))
        times = {"start": start, "end": end, "grace_ends": grace, "audit_ends": audit}
        if before is None:
            self.namespaces[body.get("resource", {}).get("namespace", "")] += 1
        self.battles[uid] = {"battle_id": battle_id, "window": times, "generation": body["generation"]}
        return _json(self._now(self.battles[uid]), 200 if before else 201)

    async def withdraw(self, request: web.Request) -> web.Response:
        """Forget one."""
        self.battles.pop(request.match_info["uid"], None)
        return web.Response(status=204)

    async def summary(self, _: web.Request) -> web.Response:
        """Nobody watches."""
        return _json({"viewers": 0, "top": [], "as_of": datetime.now(UTC)})

    async def told(self, request: web.Request) -> web.Response:
        """How many were declared."""
        return _json(self.namespaces[request.match_info["namespace"]])

    def _now(self, found: dict[str, Any]) -> dict[str, Any]:
        times, now = found["window"], datetime.now(UTC)
        later = [("start", "open"), ("end", "running"), ("grace_ends", "grace")]
        phase = next((name for key, name in later if now < times[key]), "final")
        return {
            "battle_id": found["battle_id"],
            "phase": phase,
            "window": {**times, "tzdata": "2026a"},
            "generation": found["generation"],
            "joined": 0,
            "invited": 0,
            "cancelled_for": None,
            "result_hash": "0" * 64 if phase == "final" else None,
            "protect": False,
            "resource": None,
        }


def _json(body: Any, status: int = 200) -> web.Response:
    media = "application/json" if status < HTTPStatus.BAD_REQUEST else "application/problem+json"
    return web.Response(body=msgspec.json.encode(body), status=status, content_type=media)


def application() -> web.Application:
    """The routes that the operator calls."""
    platform = Platform()
    app = web.Application()
    app.add_routes(
        [
            web.get("/api/battles/declarations/{uid}", platform.look),
            web.put("/api/battles/declarations/{uid}", platform.declare),
            web.post("/api/battles/declarations/{uid}/withdraw", platform.withdraw),
            web.get("/api/live/battles/{battle_id}/summary", platform.summary),
            web.get("/declared/{namespace}", platform.told),
        ]
    )
    return app


if __name__ == "__main__":
    asyncio.set_event_loop(asyncio.new_event_loop())
    web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
