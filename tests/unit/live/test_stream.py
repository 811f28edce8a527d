"""A stream to one watcher: the newest whole standings, a heartbeat in silence, bounded memory, a polite end."""

import asyncio

from arena.contracts.battle_spec import Phase
from arena.live.names import Names
from arena.live.use_cases import Screen, Screens
from tests.unit.live.stage import ANN, BATTLE, Client, FakeNeighbours, changed, recorded, told


async def on_screen() -> tuple[Screens, Screen]:
    neighbours = FakeNeighbours(changed(1, (ANN, 0)))
    screens = Screens(neighbours, Names(neighbours))
    return screens, await screens.open(BATTLE, Phase.RUNNING)


async def test_the_whole_standings_come_at_once_and_after_every_change() -> None:
    screens, screen = await on_screen()
    client = Client().connect(screens, screen)
    first = await client.take()
    assert first.startswith(b"retry: ")
    assert told(first)["id"] == 1
    for revision in (2, 3):
        await screens.standings_changed(recorded(changed(revision, (ANN, 10 * revision))))
        assert (told(await client.take())["id"], client.got.empty()) == (revision, True)


async def test_a_slow_client_gets_the_newest_and_none_in_between() -> None:
    screens, screen = await on_screen()
    client = Client().connect(screens, screen)
    await client.take()
    for revision in range(2, 500):
        await screens.standings_changed(recorded(changed(revision, (ANN, revision))))
        await asyncio.sleep(0)
    taken = [told(await client.take())["id"] for _ in range(2)]
    assert taken[-1] == 499
    assert taken[0] in {2, 499}
    assert client.got.empty()


async def test_a_slow_client_holds_up_nobody_else() -> None:
    screens, screen = await on_screen()
    slow, quick = Client().connect(screens, screen), Client().connect(screens, screen)
    await quick.take()
    await screens.standings_changed(recorded(changed(2, (ANN, 10))))
    assert told(await quick.take())["id"] == 2
    assert slow.got.empty()


async def test_in_silence_a_heartbeat_comes() -> None:
    screens, screen = await on_screen()
    client = Client().connect(screens, screen, heartbeat=0.02)
    await client.take()
    assert await client.take() == b": \n\n"
    assert await client.take() == b": \n\n"


async def test_a_client_that_takes_nothing_is_given_up() -> None:
    screens, screen = await on_screen()
    client = Client().connect(screens, screen, patience=0.02)
    assert await client.ended()
    assert screens.watching == 0


async def test_who_hangs_up_is_forgotten() -> None:
    screens, screen = await on_screen()
    client = Client().connect(screens, screen)
    await client.take()
    assert screens.watching == 1
    client.hung_up.set()
    client.permits.release()
    assert await client.ended()
    assert screens.watching == 0


async def test_when_the_process_stops_streams_end_politely_and_late_comers_too() -> None:
    screens, screen = await on_screen()
    client = Client().connect(screens, screen)
    await client.take()
    screens.close()
    assert await client.take() == b""
    assert await client.ended()
    late = Client().connect(screens, screen)
    assert told(await late.take())["id"] == 1
    assert await late.take() == b""
    assert await late.ended()


async def test_who_comes_back_to_a_process_that_is_behind_sees_nothing_older_than_before() -> None:
    screens, screen = await on_screen()
    client = Client().connect(screens, screen, after=3)
    first = asyncio.create_task(client.take())
    for revision in (2, 3):
        await screens.standings_changed(recorded(changed(revision, (ANN, revision))))
        await asyncio.sleep(0)
    assert told(await first)["id"] == 3


async def test_who_comes_back_sees_what_there_is_also_if_nothing_has_changed_since() -> None:
    screens, screen = await on_screen()
    assert told(await Client().connect(screens, screen, after=1).take())["id"] == 1


async def test_who_has_seen_later_standings_than_there_are_sees_these_after_a_while() -> None:
    screens, screen = await on_screen()
    assert told(await Client().connect(screens, screen, after=9, catch_up=0.02).take())["id"] == 1


async def test_a_process_that_stops_before_it_has_caught_up_says_only_when_to_come_back() -> None:
    screens, screen = await on_screen()
    client = Client().connect(screens, screen, after=9)
    await asyncio.sleep(0)
    screens.close()
    assert await client.take() == b"retry: 1000\n\n"
    assert await client.take() == b""
    assert await client.ended()
