"""All zones, all their transitions 1995 to 2037: each claim of arena.contracts.civil about the time around a transition.

The oracle knows only the transition's instant and the offsets before and after it (found by bisection on utcoffset).
Around one transition every boundary of a day is a candidate below, and between two candidates nothing changes:
so looking at each candidate and the second before it is looking at every instant.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from arena.contracts.battle_spec import Disambiguation
from arena.contracts.civil import CivilTimeRejected, civil_day, day_bounds, day_end, lived, resolve, use_tzdata_wheel, zones

use_tzdata_wheel()

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
FIRST, LAST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
PARTS = 8


class Transition(NamedTuple):
    zone: str
    at: datetime
    before: timedelta
    after: timedelta

    def wall(self, instant: datetime) -> datetime:
        """The wall clock, by this transition's own numbers."""
        return (instant + (self.before if instant < self.at else self.after)).replace(tzinfo=None)

    def day(self, instant: datetime, day_start: int) -> date:
        return (self.wall(instant) - timedelta(minutes=day_start)).date()

    def candidates(self, day: date, day_start: int) -> list[datetime]:
        starts = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=day_start)
        edges = [self.at, *(edge - offset for edge in (starts, starts + DAY) for offset in (self.before, self.after))]
        return [moment for edge in edges for moment in (edge - SECOND, edge)]


def offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    found = instant.astimezone(zone).utcoffset()
    assert found is not None
    return found


def transitions_of(name: str, first: datetime = FIRST, last: datetime = LAST) -> Iterator[Transition]:
    zone = ZoneInfo(name)
    low = first
    while low < last:
        high = low + DAY
        before, after = offset(zone, low), offset(zone, high)
        if before != after:
            left, right = low, high
            while right - left > SECOND:
                middle = left + (right - left) // 2 // SECOND * SECOND
                left, right = (middle, right) if offset(zone, middle) == before else (left, middle)
            yield Transition(name, right, before, after)
        low = high


@cache
def distinct_zones() -> tuple[str, ...]:
    """One name for each different zone file: an alias is a copy."""
    folder = resources.files("tzdata").joinpath("zoneinfo")
    return tuple({folder.joinpath(*name.split("/")).read_bytes(): name for name in sorted(zones())}.values())


@cache
def transitions(part: int) -> tuple[Transition, ...]:
    return tuple(transition for name in distinct_zones()[part::PARTS] for transition in transitions_of(name))


each_part = pytest.mark.parametrize("part", range(PARTS))


@each_part
def test_the_search_finds_plenty(part: int) -> None:
    assert len(transitions(part)) > 500


def test_the_search_finds_both_changes_of_every_year_in_berlin() -> None:
    assert len(list(transitions_of("Europe/Berlin"))) == 2 * 43


@each_part
def test_no_zone_changes_its_offset_twice_within_three_days_which_the_search_for_bounds_rests_on(part: int) -> None:
    found = transitions(part)
    pairs = [(one, two) for one, two in pairwise(found) if one.zone == two.zone]
    assert min(two.at - one.at for one, two in pairs) > 3 * DAY


@each_part
def test_the_civil_day_is_the_wall_clock_minus_the_day_start_on_both_sides_of_every_transition(part: int) -> None:
    for transition in transitions(part):
        for instant in (transition.at - SECOND, transition.at, transition.at + timedelta(hours=5), transition.at - timedelta(hours=5)):
            for day_start in (0, 1, 180, 720, 1439):
                assert civil_day(instant, transition.zone, day_start) == transition.day(instant, day_start), (
                    transition,
                    instant,
                    day_start,
                )


@each_part
def test_bounds_hold_every_instant_of_the_day_and_are_tight(part: int) -> None:
    for transition in transitions(part):
        for day_start in (0, 150):
            around = transition.day(transition.at, day_start)
            for day in (around - DAY, around, around + DAY):
                check_bounds(transition, day, day_start)


def check_bounds(transition: Transition, day: date, day_start: int) -> None:
    of_the_day = [moment for moment in transition.candidates(day, day_start) if transition.day(moment, day_start) == day]
    bounds = day_bounds(day, transition.zone, day_start)
    assert lived(day, transition.zone, day_start) == bool(of_the_day) == (bounds is not None), (transition, day, day_start)
    if bounds is None:
        assert transition.after - transition.before >= DAY
        assert day_end(day, transition.zone, day_start) == day_end(day - DAY, transition.zone, day_start) == transition.at
        return
    assert bounds == (min(of_the_day), max(of_the_day) + SECOND), (transition, day, day_start)
    assert bounds[0].tzinfo is bounds[1].tzinfo is UTC
    assert day_end(day, transition.zone, day_start) == bounds[1]


@each_part
def test_every_instant_around_a_transition_maps_to_a_lived_day(part: int) -> None:
    for transition in transitions(part):
        for hours in (-25, -1, 0, 1, 25):
            instant = transition.at + timedelta(hours=hours)
            assert lived(civil_day(instant, transition.zone, 0), transition.zone, 0), (transition, hours)


@each_part
def test_resolving_a_wall_clock_gives_back_the_instants_that_show_it(part: int) -> None:
    for transition in transitions(part):
        shift = transition.after - transition.before
        for instant in (transition.at - SECOND, transition.at, transition.at - abs(shift), transition.at + abs(shift)):
            wall = transition.wall(instant)
            both = {resolve(wall, transition.zone, which) for which in (Disambiguation.EARLIER, Disambiguation.LATER)}
            assert instant in both, (transition, instant)
            assert {transition.wall(moment) for moment in both} == {wall}
            assert resolve(wall, transition.zone) == min(both)


@each_part
def test_a_skipped_wall_clock_is_taken_with_the_offset_before_or_after_and_a_skipped_or_repeated_one_can_be_refused(part: int) -> None:
    for transition in transitions(part):
        doubtful = min(transition.before, transition.after) + abs(transition.after - transition.before) / 2
        wall = (transition.at + doubtful).replace(tzinfo=None)
        with pytest.raises(CivilTimeRejected):
            resolve(wall, transition.zone, Disambiguation.REJECT)
        aware = wall.replace(tzinfo=UTC)
        assert resolve(wall, transition.zone, Disambiguation.EARLIER) == aware - max(transition.before, transition.after)
        assert resolve(wall, transition.zone, Disambiguation.LATER) == aware - min(transition.before, transition.after)
        assert resolve(wall, transition.zone, Disambiguation.COMPATIBLE) == aware - transition.before


def test_the_days_nobody_lived_are_those_the_date_line_swallowed() -> None:
    dates = [date(1840, 1, 1) + n * DAY for n in range(95_000)]
    unlived = {
        name: [day for day in dates if not lived(day, name, 0)]
        for name in ("Pacific/Apia", "Pacific/Kiritimati", "Asia/Manila", "Europe/Berlin")
    }
    assert unlived == {
        "Pacific/Apia": [date(2011, 12, 30)],
        "Pacific/Kiritimati": [date(1994, 12, 31)],
        "Asia/Manila": [date(1844, 12, 31)],
        "Europe/Berlin": [],
    }


@pytest.mark.slow
@each_part
def test_bounds_hold_for_any_day_start_too(part: int) -> None:
    for transition in transitions(part):
        for day_start in (1, 30, 180, 720, 1439):
            around = transition.day(transition.at, day_start)
            for day in (around - 2 * DAY, around - DAY, around, around + DAY, around + 2 * DAY):
                check_bounds(transition, day, day_start)


@pytest.mark.slow
@each_part
def test_no_zone_ever_changes_its_offset_twice_within_three_days_and_lived_knows_every_zone_that_skips_a_day(part: int) -> None:
    for name in distinct_zones()[part::PARTS]:
        found = list(transitions_of(name, datetime(1800, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)))
        assert all(two.at - one.at > 3 * DAY for one, two in pairwise(found)), name
        for transition in found:
            if transition.after - transition.before >= DAY:
                swallowed = transition.wall(transition.at - SECOND).date() + DAY
                assert lived(swallowed, name, 0) == (day_bounds(swallowed, name, 0) is not None), transition
                assert any(
                    not lived(swallowed, name, day_start)
                    for day_start in range(1440)
                    if transition.day(transition.at, day_start) > swallowed
                ), transition
