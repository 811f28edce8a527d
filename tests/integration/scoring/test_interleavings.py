"""However the two logs are read, the standings and the hash are the same: whichever partitions, in whatever order and batches."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from arena.contracts.ids import BattleId
from arena.contracts.registry import PARTITIONS
from tests.integration.scoring.ground import ALL, Ground, Standings
from tests.integration.scoring.season import Season, tell

EVENTS = 100
"""At least as many as a story has in one log."""

Batch = tuple[str, int, frozenset[int]]
batches = st.tuples(
    st.sampled_from(["habits", "battles", "due"]),
    st.sampled_from([1, 2, 5, 50, 5000]),
    st.one_of(st.just(ALL), st.frozensets(st.integers(0, PARTITIONS - 1), min_size=4)),
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a battle stands before its last word and after it."""

    before: Standings
    after: Standings
    result_hash: str | None


async def play_through(ground: Ground, season: Season, schedule: list[Batch]) -> dict[BattleId, Ending]:
    """From nothing: follow the schedule, then close."""
    await ground.forget()
    ground.restart(muted=True)
    for owner, most, partitions in schedule:
        await (ground.act() if owner == "due" else ground.apply(owner, most=most, partitions=partitions))
    return await close(ground, season)


async def close(ground: Ground, season: Season) -> dict[BattleId, Ending]:
    """Read what is left, then let the last word be said."""
    await ground.drain()
    before = {match.id: await ground.standings(match.id) for match in season.matches}
    for _ in range(50):
        await ground.act()
        if all([await ground.result_hash(match.id) for match in season.matches]):
            break
        await asyncio.sleep(0.03)
    assert await ground.parked() == 0
    return {
        match.id: Ending(before[match.id], await ground.standings(match.id), await ground.result_hash(match.id)) for match in season.matches
    }


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_interleaving_of_logs_partitions_and_batches_gives_the_same_standings_and_hash(ground: Ground, seed: int) -> None:
    season = await tell(ground, seed)
    plain = await play_through(ground, season, [])
    assert {user: score for user, (_, score) in plain[season.matches[0].id].after.items()} == season.expected
    assert all(ending.before == ending.after and ending.result_hash for ending in plain.values())
    loop = asyncio.get_running_loop()

    @settings(max_examples=20, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(st.lists(batches, max_size=60))
    def same(schedule: list[Batch]) -> None:
        assert asyncio.run_coroutine_threadsafe(play_through(ground, season, schedule), loop).result() == plain

    await asyncio.to_thread(same)


async def test_one_event_at_a_time_gives_the_same_as_all_at_once(ground: Ground) -> None:
    season = await tell(ground, 3)
    ledger: list[Batch] = [("habits", 1, ALL)] * EVENTS
    battles: list[Batch] = [("battles", 1, ALL)] * EVENTS
    at_once = await play_through(ground, season, [])
    assert await play_through(ground, season, ledger + battles) == at_once
    assert await play_through(ground, season, battles + ledger) == at_once


async def test_both_logs_read_at_the_same_time_give_the_same(ground: Ground) -> None:
    """Transactions overlap: what a fact and a start of a battle do not see of each other, one of them waits for."""
    season = await tell(ground, 4)
    alone = await play_through(ground, season, [])
    for most in (1, 1, 2, 3, 3, 5, 7, 11):
        await ground.forget()
        ground.restart(muted=True)

        async def read(owner: str, most: int = most) -> None:
            while await ground.apply(owner, most=most):
                pass

        await asyncio.gather(read("habits"), read("battles"))
        assert await close(ground, season) == alone, most
