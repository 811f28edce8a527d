"""The demo's acts: an account, imports with their reports, a battle that can be watched, a result that is checked."""

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from arena.cli.console import fail, progress, say
from arena.cli.importing import show_report
from arena.cli.verify import judge
from arena.cli.watching import show_standings, watched
from arena.client import ArenaClient
from arena.simulate.battle import announce, ends_at, join_all, until_ended, until_started
from arena.simulate.driver import Actor, Tally, enlisted, patiently, play
from arena.simulate.exports import history, loop_csv_zip, loop_database
from arena.simulate.people import people

_PACE = 3.5
"""Seconds that pass about between two logs of one person."""

Told = dict[str, Any]


def generated(seed: int) -> Iterator[tuple[str, bytes]]:
    """An export of each format: name and bytes."""
    today = datetime.now(UTC).date()
    yield "Loop Habits Backup.db", loop_database(history(seed, today))
    yield "Loop Habits CSV.zip", loop_csv_zip(history(seed + 1, today, years=1, habits=3), today=today)


@dataclass(frozen=True, slots=True)
class Acts:
    """What is shown: exports (name, bytes), and a battle of so many minutes between so many people."""

    files: Sequence[tuple[str, bytes]]
    users: int
    minutes: float
    seed: int
    quiet: bool = False

    async def perform(self, url: str, host: ArenaClient) -> Told:
        """Every act in turn; answers what came of each."""
        account = await self._account(host)
        imports = [await self._import(host, name, data) for name, data in self.files]
        async with AsyncExitStack() as stack:
            with progress("people arrive", self.users) as advance:
                crowd = await stack.enter_async_context(enlisted(url, people(self.seed, self.users), advance))
            battle = await self._battle(url, host, crowd, account)
        return {"url": url, "account": account, "imports": imports, "battle": battle}

    async def _account(self, host: ArenaClient) -> Told:
        """An account of the demo's own, with a password that is shown this once."""
        email, password = f"demo-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12)
        await patiently(lambda: host.identity.register(email, password, "Demo host"))
        self._say(f"sign in as {email} with password {password}")
        account = {"email": email, "password": password}
        await _sign_in(host, account)
        return account

    async def _import(self, host: ArenaClient, name: str, data: bytes) -> Told:
        report = await host.habits.import_file(name, data)
        if not self.quiet:
            show_report(name, report)
        return {"file": name, **msgspec.to_builtins(report)}

    async def _battle(self, url: str, host: ArenaClient, crowd: Sequence[Actor], account: Told) -> Told:
        battle = await announce(host, "The demo", self.minutes, len(crowd))
        page = f"{url}/watch/{battle['spectator']}"
        self._say(f"watch it: {page}")
        await join_all(crowd, battle["id"], battle["invite"])
        battle = await until_started(host, battle["id"])
        tally = Tally()
        async with watched(host, battle["id"], battle["name"]):
            await play(crowd, ends_at(battle), _PACE, tally)
            await _sign_in(host, account)  # a long battle outlasts a token
            battle = await until_ended(host, battle["id"])
        return {"id": battle["id"], "page": page, "phase": battle["phase"], "logs": tally.accepted, **await self._result(host, battle)}

    async def _result(self, host: ArenaClient, battle: Told) -> Told:
        """The last standings, and whether the result holds when it is checked offline."""
        standings = await host.live.standings(battle["id"])
        rows = [{"rank": row.rank, "name": row.display_name, "score": row.score} for row in standings.items]
        if battle["phase"] != "final":
            fail(f"The battle was cancelled ({battle['cancelled_for']}).")
        verdict = judge(json.dumps(await host.battles.result(battle["id"])))
        if not self.quiet:
            show_standings(rows)
        if verdict.wrong:
            fail("\n".join(f"wrong: {sentence}" for sentence in verdict.wrong))
        self._say(f"ok: the result of battle {battle['id']} holds, hash {verdict.computed}")
        return {"standings": rows, "hash": verdict.computed, "verified": True}

    def _say(self, line: str) -> None:
        if not self.quiet:
            say(line)


async def _sign_in(host: ArenaClient, account: Told) -> None:
    tokens = await patiently(lambda: host.identity.sign_in(account["email"], account["password"]))
    host.as_bearer(tokens.access_token)
