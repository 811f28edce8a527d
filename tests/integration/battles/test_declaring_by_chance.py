"""Any sequence of declarations, withdrawals, people and time, on the real database."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from tests.integration.battles.conftest import declaration_body, wall

UIDS = ("a", "b", "c")
STEPS = 40
EXPECTED = {200, 201, 204, 403, 404, 409, 422}


@dataclass
class Story:
    """What happens by chance, and what each battle was when it began."""

    stage: Any
    chance: Random
    window: dict[str, str]
    people: list[Any]
    adoptable: list[str]
    begun: dict[UUID, Any] = field(default_factory=dict)
    first: dict[str, UUID] = field(default_factory=dict)

    async def declare(self) -> int:
        chance = self.chance
        changes = {"generation": chance.randint(1, 5), "fence": chance.randint(1, 3), "scoring": {"points": chance.randint(1, 3)}}
        players = [who.email for who in self.people if chance.random() < 0.5]
        adopt = chance.choice([None, None, *self.adoptable])
        body = declaration_body(**changes, players=players, adopt=adopt, invite_only=False, window=self.window)
        return int((await self.stage.put(chance.choice(UIDS), body)).status_code)

    async def withdraw(self) -> int:
        fence, cancel = self.chance.randint(1, 3), self.chance.random() < 0.5
        return int((await self.stage.withdrawn(self.chance.choice(UIDS), fence=fence, cancel=cancel)).status_code)

    async def join_or_leave(self) -> int:
        rows = await self.stage.sql("select id from battle")
        who, battle = self.chance.choice(self.people), {"id": str(self.chance.choice(rows).id)}
        if self.chance.random() < 0.7:
            return int((await self.stage.joined(who, battle)).status_code)
        return int((await self.stage.call(who, "DELETE", f"/{battle['id']}/participants/me")).status_code)

    async def decline(self) -> int:
        rows = await self.stage.sql("select id from battle")
        path = f"/{self.chance.choice(rows).id}/invitation"
        return int((await self.stage.call(self.chance.choice(self.people), "DELETE", path)).status_code)

    async def pass_time(self) -> int:
        rows = await self.stage.sql("select id from battle")
        await self.stage.pass_time({"id": str(self.chance.choice(rows).id)}, timedelta(minutes=self.chance.choice([10, 50, 61])))
        await self.stage.act()
        return 200

    async def check(self) -> None:
        held = await self.stage.sql("select uid, battle_id from declaration where battle_id is not null")
        assert len({row.battle_id for row in held}) == len(held), "two resources never hold one battle"
        for row in held:
            assert self.first.setdefault(row.uid, row.battle_id) == row.battle_id, "one battle a resource, for good"
        for row in await self.stage.sql("select id, name, spec, phase, joined, owner_id, starts_at <= now() as begun from battle"):
            counted = await self.stage.sql("select count(*) n from participant where battle_id = :id and left_at is null", id=row.id)
            assert row.joined == counted[0].n
            if row.begun:
                assert self.begun.setdefault(row.id, (row.name, row.spec)) == (row.name, row.spec), "never an edit after the start"
        drafts = await self.stage.sql("select 1 from battle b join declaration d on d.battle_id = b.id where b.phase = 'draft'")
        assert drafts == [], "what is declared is open at least"


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_happens_no_resource_holds_two_battles_and_no_battle_changes_after_its_start(stage: Any, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a test's dice
    people = [stage.person() for _ in range(3)]
    window = {"start": wall(timedelta(hours=1)), "end": wall(timedelta(hours=2))}
    adoptable = [(await stage.draft(people[0], window=window))["id"], (await stage.opened(people[1], window=window))["id"]]
    story = Story(stage, chance, window, people, adoptable)
    doings: list[Callable[[], Awaitable[int]]] = [story.declare, story.declare, story.declare, story.withdraw, story.join_or_leave]
    doings += [story.join_or_leave, story.decline, story.pass_time]
    for _ in range(STEPS):
        assert await chance.choice(doings)() in EXPECTED
        await story.check()
