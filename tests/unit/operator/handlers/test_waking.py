"""Who is woken by what: the resource itself, its owner, its namespace; and nobody by what is known already."""

import asyncio
from typing import Any

import pytest

from arena_operator.cluster.cache import Cache
from arena_operator.handlers.queue import Queue
from arena_operator.handlers.waking import Namespace, Waking

GAMES = Namespace("games")


class World:
    """A queue whose stopwatch is moved by hand."""

    def __init__(self) -> None:
        self.now, self.leading, self.gone = 0.0, True, list[str]()
        self.cache = Cache()
        self.queue = Queue(lambda: self.now, lambda: 0.5)
        self.concerned = list[str]()
        self.waking = Waking(self.cache, self.queue, lambda: self.leading, self.gone.append, lambda _: self.concerned)

    async def woken(self) -> set[object]:
        """All keys that are ready within the next two seconds."""
        self.now += 2
        found: set[object] = set()
        while True:
            asked = asyncio.create_task(self.queue.take())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if not asked.done():
                asked.cancel()
                return found
            turn = await asked
            assert turn is not None
            found.add(turn.key)
            self.queue.done(turn.key)


@pytest.fixture
def world() -> World:
    return World()


def thing(uid: str, version: int = 1, owner: str = "") -> dict[str, Any]:
    owners = [{"apiVersion": "habitarena.io/v1alpha1", "kind": "Battle", "uid": owner}] if owner else []
    return {"metadata": {"name": uid, "namespace": "games", "uid": uid, "resourceVersion": str(version), "ownerReferences": owners}}


async def test_a_battle_wakes_itself_and_what_its_namespace_shares(world: World) -> None:
    world.waking.changed("Battle", thing("spring"))
    assert await world.woken() == {"spring", GAMES}


async def test_what_serves_all_wakes_the_battles_that_depend_on_it_just_now_and_what_one_owns_does_not(world: World) -> None:
    world.concerned = ["cup"]
    world.waking.changed("HorizontalPodAutoscaler", thing("arena-live"))
    assert await world.woken() == {"cup", GAMES}
    world.waking.changed("Deployment", thing("spring-live", owner="spring"))
    assert await world.woken() == {"spring"}
    world.waking.deleted("HorizontalPodAutoscaler", "arena-live")
    assert await world.woken() == {"cup", GAMES}


async def test_a_version_that_is_known_wakes_nobody(world: World) -> None:
    world.cache.hold("Battle", thing("spring", 7))
    world.waking.changed("Battle", thing("spring", 7))
    world.waking.changed("Battle", thing("spring", 6))
    assert await world.woken() == set()


async def test_what_a_battle_owns_wakes_the_battle(world: World) -> None:
    world.waking.changed("Deployment", thing("live-spring", owner="spring"))
    assert await world.woken() == {"spring"}
    world.waking.deleted("Deployment", "live-spring")
    assert await world.woken() == {"spring"}


async def test_a_battle_of_a_series_wakes_the_series(world: World) -> None:
    world.waking.changed("Battle", thing("monday", owner="weekly"))
    assert await world.woken() == {"monday", "weekly", GAMES}


async def test_what_serves_all_wakes_the_namespace(world: World) -> None:
    world.waking.changed("HorizontalPodAutoscaler", thing("arena-live"))
    assert await world.woken() == {GAMES}


async def test_who_stands_by_keeps_the_index_and_wakes_nobody_until_it_leads(world: World) -> None:
    world.leading = False
    world.waking.changed("Battle", thing("spring"))
    world.waking.changed("BattleSeries", thing("weekly"))
    assert await world.woken() == set()
    world.waking.everything()
    assert await world.woken() == {"spring", "weekly", GAMES}


async def test_a_resource_that_is_gone_is_forgotten(world: World) -> None:
    world.waking.changed("Battle", thing("spring"))
    world.waking.deleted("Battle", "spring")
    assert world.gone == ["spring"]
    assert await world.woken() == {GAMES}
