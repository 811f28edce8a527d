"""Screens: a snapshot and what the logs say after it; one encoding for all who watch; nobody watches, nothing stays for ever."""

import asyncio
from uuid import UUID

import pytest

from arena.contracts.battle_spec import Phase
from arena.contracts.events.battles import BattleFinalised, PhaseChanged, Timetable
from arena.contracts.events.identity import ProfileChanged, UserErased
from arena.contracts.ids import BattleId, UserId
from arena.live.names import SOMEONE, Names
from arena.live.use_cases import Screens
from tests.unit.live.stage import ANN, BATTLE, BOB, NOW, FakeNeighbours, changed, recorded, told

MOVED = PhaseChanged(BATTLE, Phase.GRACE, Timetable(NOW, NOW, NOW, NOW, "2026a"))


def screens_over(neighbours: FakeNeighbours) -> Screens:
    return Screens(neighbours, Names(neighbours))


async def test_a_screen_begins_with_the_snapshot_and_the_names() -> None:
    screen = await screens_over(FakeNeighbours(changed(4, (ANN, 20), (BOB, 10)))).open(BATTLE, Phase.RUNNING)
    frame = told(screen.frame)
    assert (frame["id"], frame["revision"], frame["phase"]) == (4, 4, "running")
    assert [(row["display_name"], row["rank"], row["score"]) for row in frame["items"]] == [("Ann", 1, 20), ("Bob", 2, 10)]


@pytest.mark.parametrize("steps", range(1, 6))
async def test_an_announcement_while_a_screen_is_opened_is_not_lost(steps: int) -> None:
    """Whether it comes while the snapshot is asked for, while names are, or after."""
    screens = screens_over(FakeNeighbours(changed(4, (ANN, 20))))
    opening = asyncio.create_task(screens.open(BATTLE, Phase.RUNNING))
    for _ in range(steps):
        await asyncio.sleep(0)
    await screens.standings_changed(recorded(changed(5, (ANN, 30))))
    assert told((await screens.open(BATTLE, Phase.RUNNING)).frame)["items"][0]["score"] == 30
    assert told((await opening).frame)["revision"] == 5


@pytest.mark.parametrize("steps", range(6))
async def test_a_new_name_while_a_screen_is_opened_is_not_lost(steps: int) -> None:
    neighbours = FakeNeighbours(changed(4, (ANN, 20)))
    screens = screens_over(neighbours)
    opening = asyncio.create_task(screens.open(BATTLE, Phase.RUNNING))
    for _ in range(steps):
        await asyncio.sleep(0)
    neighbours.known = {ANN: "Anna"}
    await screens.profiles_changed(recorded(ProfileChanged(ANN)))
    assert told((await opening).frame)["items"][0]["display_name"] == "Anna"


async def test_an_opening_that_is_given_up_leaves_nothing_half_drawn() -> None:
    screens = screens_over(FakeNeighbours(changed(4, (ANN, 20))))
    for steps in range(1, 4):
        opening = asyncio.create_task(screens.open(BATTLE, Phase.RUNNING))
        for _ in range(steps):
            await asyncio.sleep(0)
        opening.cancel()
    assert told((await screens.open(BATTLE, Phase.RUNNING)).frame)["revision"] == 4


async def test_the_newest_of_a_batch_is_shown_and_an_older_one_never() -> None:
    screens = screens_over(FakeNeighbours(changed(1)))
    screen = await screens.open(BATTLE, Phase.RUNNING)
    await screens.standings_changed(recorded(changed(2, (ANN, 10)), changed(3, (ANN, 20))))
    await screens.standings_changed(recorded(changed(2, (ANN, 10))))
    assert told(screen.frame)["revision"] == 3


async def test_a_change_is_encoded_once_for_all_who_watch() -> None:
    screens = screens_over(FakeNeighbours(changed(1)))
    first, second = [await screens.open(BATTLE, Phase.RUNNING) for _ in range(2)]
    assert first is second
    watchers = [screens.watch(first) for _ in range(3)]
    await screens.standings_changed(recorded(changed(2, (ANN, 10))))
    frame = first.frame
    assert all(watcher.changed.is_set() for watcher in watchers)
    assert first.frame is frame
    assert screens.watching == 3


async def test_nobody_asks_scoring_again_for_a_battle_that_is_on_a_screen() -> None:
    neighbours = FakeNeighbours(changed(1))
    screens = screens_over(neighbours)
    await asyncio.gather(*(screens.open(BATTLE, Phase.RUNNING) for _ in range(5)))
    assert neighbours.snapshots == 1


@pytest.mark.parametrize(("event", "phase"), [(MOVED, "grace"), (BattleFinalised(BATTLE, "00"), "final")])
async def test_a_phase_is_shown_as_soon_as_battles_tell_of_it(event: object, phase: str) -> None:
    screens = screens_over(FakeNeighbours(changed(1)))
    screen = await screens.open(BATTLE, Phase.RUNNING)
    await screens.battles_moved(recorded(event, PhaseChanged(BATTLE, Phase.RUNNING, MOVED.timetable)))
    assert told(screen.frame)["phase"] == phase


async def test_what_battles_just_said_of_the_phase_is_believed_when_a_screen_is_opened_again() -> None:
    screens = screens_over(FakeNeighbours(changed(1)))
    await screens.open(BATTLE, Phase.RUNNING)
    assert told((await screens.open(BATTLE, Phase.FINAL)).frame)["phase"] == "final"


async def test_a_renamed_user_and_an_erased_one_appear_at_once() -> None:
    neighbours = FakeNeighbours(changed(1, (ANN, 20), (BOB, 10)))
    screens = screens_over(neighbours)
    screen = await screens.open(BATTLE, Phase.RUNNING)
    watcher = screens.watch(screen)
    neighbours.known = {ANN: "Anna"}
    await screens.profiles_changed(recorded(ProfileChanged(ANN), UserErased(BOB)))
    assert [row["display_name"] for row in told(screen.frame)["items"]] == ["Anna", SOMEONE]
    assert watcher.changed.is_set()


async def test_standings_go_on_while_names_cannot_be_had() -> None:
    neighbours = FakeNeighbours(changed(1, (ANN, 20)), silent=True)
    screen = await screens_over(neighbours).open(BATTLE, Phase.RUNNING)
    assert [(row["display_name"], row["score"]) for row in told(screen.frame)["items"]] == [(SOMEONE, 20)]


async def test_a_battle_that_scoring_has_not_heard_of_is_empty() -> None:
    screen = await screens_over(FakeNeighbours(None)).open(BATTLE, Phase.OPEN)
    assert (told(screen.frame)["items"], told(screen.frame)["revision"]) == ([], 0)


async def test_screens_that_nobody_watches_are_forgotten_beyond_a_thousand() -> None:
    screens = screens_over(FakeNeighbours(changed(1)))
    watched = await screens.open(BATTLE, Phase.RUNNING)
    screens.watch(watched)
    for number in range(2000, 3100):
        await screens.open(BattleId(UUID(int=number)), Phase.RUNNING)
    assert len(screens._screens) <= 1001
    assert screens._screens[BATTLE] is watched


async def test_the_first_five_lines_go_out_with_the_names_of_those_who_agreed() -> None:
    others = [(UserId(UUID(int=number)), 1) for number in range(20, 25)]
    screens = screens_over(FakeNeighbours(changed(4, (ANN, 20), (BOB, 10), *others), sharing={BOB}))
    best = await screens.best(await screens.open(BATTLE, Phase.RUNNING))
    assert best[:2] == [(ANN, 1, 20, None), (BOB, 2, 10, "Bob")]
    assert len(best) == 5


async def test_where_identity_is_away_the_lines_go_out_without_names() -> None:
    screens = screens_over(FakeNeighbours(changed(4, (ANN, 20)), sharing={ANN}, silent=True))
    assert await screens.best(await screens.open(BATTLE, Phase.RUNNING)) == [(ANN, 1, 20, None)]


async def test_viewers_are_counted_by_battle_and_a_battle_nobody_watches_is_absent() -> None:
    screens = screens_over(FakeNeighbours())
    watched, left = [await screens.open(BattleId(UUID(int=number)), Phase.RUNNING) for number in (1, 2)]
    for screen in (watched, watched, left):
        watcher = screens.watch(screen)
    screens.leave(left, watcher)
    assert screens.viewers == {BattleId(UUID(int=1)): 2}
