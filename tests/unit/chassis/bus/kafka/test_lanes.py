"""Lanes: whatever comes and however the reader moves, it is given the log without a hole, in order, or told that something is missing."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.lanes import Arrival, Lane, Lanes

AT = datetime(2026, 11, 21, tzinfo=UTC)


def record(position: int, partition: int = 0) -> RawRecord:
    return RawRecord(partition, position, AT, "key", "Type", b"{}", None)


def arrival(position: int, offset: int = 0, partition: int = 0) -> Arrival:
    return Arrival(partition, position, record(position, partition), offset)


def positions(lane: Lane) -> list[int]:
    return [one.position for one in lane.take(1000)]


@given(st.lists(st.integers(1, 30), max_size=80), st.integers(0, 10), st.lists(st.integers(0, 79), max_size=8))
def test_what_is_given_follows_what_was_applied_without_a_hole_whatever_comes(
    brought: list[int], began: int, applied_after: list[int]
) -> None:
    lane, after = Lane(), began
    for number, position in enumerate(brought):
        lane.accept(arrival(position, number))
        if number in applied_after:
            lane.applied(after)
            given_now = positions(lane)
            assert given_now == list(range(after + 1, after + 1 + len(given_now)))
            after += len(given_now) // 2 + len(given_now) % 2
    lane.applied(after)
    assert positions(lane) == list(range(after + 1, after + 1 + len(lane)))


@given(st.lists(st.integers(1, 30), max_size=60), st.integers(0, 10))
def test_nothing_is_lost_silently(brought: list[int], began: int) -> None:
    """Once what is here is applied, whatever was seen beyond is known to be missing."""
    lane = Lane()
    lane.applied(began)
    for position in brought:
        lane.accept(arrival(position))
    end = began + len(lane)
    lane.applied(end)
    assert lane.lacks == (max(brought, default=0) > end)


def test_a_reader_that_failed_is_given_the_same_again() -> None:
    lane = Lane()
    lane.applied(0)
    for position in (1, 2, 3):
        lane.accept(arrival(position))
    lane.applied(1)
    assert positions(lane) == [2, 3]
    assert positions(lane) == [2, 3]


def test_a_reader_that_went_back_is_sent_to_the_log() -> None:
    lane = Lane()
    lane.applied(5)
    lane.accept(arrival(6))
    lane.applied(2)
    assert positions(lane) == []
    assert lane.lacks


def test_what_was_dropped_is_given_no_more_and_the_log_is_asked_for_its_place() -> None:
    lanes = Lanes()
    lanes.give([0])
    lanes.take({0: 0}, 10)
    lanes.accept([arrival(1), arrival(2), arrival(3)])
    assert lanes.take({0: 1}, 10) == ([record(2), record(3)], [])
    lanes.drop(0)
    assert lanes.take({0: 1}, 10) == ([], [0])
    lanes.forget([0])
    assert lanes.take({0: 1}, 10) == ([], [])
    lanes.accept([arrival(2)])
    assert lanes.take({0: 1}, 10) == ([record(2)], [])


def test_a_record_without_its_value_is_known_to_be_missing() -> None:
    lane = Lane()
    lane.applied(0)
    lane.accept(Arrival(0, 1, None, 7))
    assert lane.lacks


def test_what_the_log_has_is_missing_only_if_nothing_came_between_two_looks() -> None:
    lane = Lane()
    lane.applied(0)
    lane.compare(3)
    lane.accept(arrival(1))
    lane.applied(1)
    lane.compare(3)
    assert not lane.lacks
    lane.compare(3)
    assert lane.lacks


def test_the_offset_to_begin_at_is_that_of_the_first_record_not_applied() -> None:
    lanes = Lanes()
    lanes.give([0, 4])
    lanes.accept([arrival(1, 10), arrival(1, 11, 4), arrival(2, 12)])
    assert lanes.first_offset([0, 4]) == 10
    lanes.take({0: 1, 4: 0}, 100)
    assert lanes.first_offset([0, 4]) == 11
    lanes.take({0: 2, 4: 1}, 100)
    assert lanes.first_offset([0, 4]) is None


def test_lanes_that_were_taken_away_give_nothing_and_the_turn_tells() -> None:
    lanes = Lanes()
    lanes.give([0, 1])
    turn = lanes.turn
    lanes.accept([arrival(1), arrival(1, partition=1)])
    lanes.withdraw([1])
    assert lanes.turn != turn
    assert [one.partition for one in lanes.take({0: 0, 1: 0}, 10)[0]] == [0]
