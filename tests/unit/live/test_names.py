"""Names are asked for in batches, remembered for a while, and asked for again when they change."""

from uuid import UUID

from arena.contracts.events.identity import ProfileChanged, UserErased
from arena.contracts.ids import UserId
from arena.live.names import SOMEONE, Names
from tests.unit.live.stage import ANN, BOB, FakeNeighbours, recorded


async def test_a_name_is_asked_for_once() -> None:
    neighbours = FakeNeighbours()
    names = Names(neighbours)
    assert await names.of([ANN, BOB]) == await names.of([ANN, BOB]) == {ANN: "Ann", BOB: "Bob"}
    assert neighbours.asked == [[ANN, BOB]]


async def test_many_names_are_asked_for_a_hundred_at_a_time() -> None:
    neighbours = FakeNeighbours()
    found = await Names(neighbours).of([UserId(UUID(int=number)) for number in range(1000, 1250)])
    assert [len(asked) for asked in neighbours.asked] == [100, 100, 50]
    assert set(found.values()) == {SOMEONE}


async def test_a_name_is_asked_for_again_after_five_minutes() -> None:
    neighbours, clock = FakeNeighbours(), [0.0]
    names = Names(neighbours, now=lambda: clock[0])
    await names.of([ANN])
    clock[0] = 299.0
    await names.of([ANN])
    assert len(neighbours.asked) == 1
    clock[0] = 301.0
    await names.of([ANN])
    assert len(neighbours.asked) == 2


async def test_a_changed_name_is_asked_for_again_and_an_erased_user_is_someone() -> None:
    neighbours = FakeNeighbours()
    names = Names(neighbours)
    await names.of([ANN, BOB])
    neighbours.known = {ANN: "Anna"}
    assert names.forget(recorded(ProfileChanged(ANN), UserErased(BOB))) == {ANN, BOB}
    assert await names.of([ANN, BOB]) == {ANN: "Anna", BOB: SOMEONE}


async def test_a_name_that_changes_while_it_is_asked_for_is_asked_for_again() -> None:
    neighbours = FakeNeighbours()
    names = Names(neighbours)
    neighbours.interrupt = lambda: names.forget(recorded(ProfileChanged(ANN)))
    assert await names.of([ANN, BOB]) == {ANN: "Ann", BOB: "Bob"}
    neighbours.interrupt, neighbours.known = None, {ANN: "Anna", BOB: "Bob"}
    assert await names.of([ANN, BOB]) == {ANN: "Anna", BOB: "Bob"}


async def test_a_name_goes_further_only_with_the_consent_of_its_owner() -> None:
    neighbours = FakeNeighbours(sharing={ANN})
    names = Names(neighbours)
    nobody = UserId(UUID(int=99))
    assert await names.shared([ANN, BOB, nobody]) == {ANN: "Ann", BOB: None, nobody: None}
    neighbours.sharing = {BOB}
    names.forget(recorded(ProfileChanged(ANN), ProfileChanged(BOB)))
    assert await names.shared([ANN, BOB]) == {ANN: None, BOB: "Bob"}
    assert await names.of([ANN, BOB]) == {ANN: "Ann", BOB: "Bob"}


async def test_memory_is_bounded_however_many_names_are_seen() -> None:
    names = Names(FakeNeighbours())
    for start in range(0, 52_000, 13_000):
        await names.of([UserId(UUID(int=number)) for number in range(start, start + 13_000)])
    assert len(names._known) <= 50_000 + 100
