"""What windows mean in UTC: ordinary ones, those cut by a clock change, and own days all round the date line."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.battles.domain.timetable import ParticipantDays, extended, timetable
from arena.contracts.battle_spec import BattleKind, BattleSpec, DayRule, Disambiguation, WindowSpec
from arena.contracts.civil import CivilTimeRejected, civil_day, tzdata_version, use_tzdata_wheel

use_tzdata_wheel()

BEFORE = datetime(1990, 1, 1, tzinfo=UTC)
APIA, PAGO, KIRITIMATI, BERLIN = "Pacific/Apia", "Pacific/Pago_Pago", "Pacific/Kiritimati", "Europe/Berlin"


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def spec(
    start: str,
    end: str,
    zone: str = BERLIN,
    days: DayRule = DayRule.INSTANT,
    rule: Disambiguation = Disambiguation.COMPATIBLE,
    grace: int = 10,
    audit: int = 0,
) -> BattleSpec:
    return BattleSpec(BattleKind.FREE_FOR_ALL, WindowSpec(wall(start), wall(end), zone, days, grace, audit, rule))


def own(start: str, end: str, zone: str = BERLIN) -> BattleSpec:
    return spec(start, end, zone, DayRule.OWN)


@pytest.mark.parametrize(
    ("start", "end", "rule", "utc_start", "utc_end"),
    [
        ("2026-06-01T08:00", "2026-06-02T20:30", Disambiguation.COMPATIBLE, "2026-06-01T06:00Z", "2026-06-02T18:30Z"),
        # The clock goes from 02:00 to 03:00 on 29 March.
        ("2026-03-29T02:30", "2026-03-29T05:00", Disambiguation.COMPATIBLE, "2026-03-29T01:30Z", "2026-03-29T03:00Z"),
        ("2026-03-29T02:30", "2026-03-29T05:00", Disambiguation.EARLIER, "2026-03-29T00:30Z", "2026-03-29T03:00Z"),
        ("2026-03-29T02:30", "2026-03-29T05:00", Disambiguation.LATER, "2026-03-29T01:30Z", "2026-03-29T03:00Z"),
        # And from 03:00 back to 02:00 on 25 October.
        ("2026-10-25T01:00", "2026-10-25T02:30", Disambiguation.COMPATIBLE, "2026-10-24T23:00Z", "2026-10-25T00:30Z"),
        ("2026-10-25T01:00", "2026-10-25T02:30", Disambiguation.EARLIER, "2026-10-24T23:00Z", "2026-10-25T00:30Z"),
        ("2026-10-25T01:00", "2026-10-25T02:30", Disambiguation.LATER, "2026-10-24T23:00Z", "2026-10-25T01:30Z"),
    ],
)
def test_instants_of_a_window_follow_the_zone_and_the_rule(
    start: str, end: str, rule: Disambiguation, utc_start: str, utc_end: str
) -> None:
    table = timetable(spec(start, end, rule=rule), [ParticipantDays(KIRITIMATI, 0)], BEFORE)
    assert (table.start, table.end) == (wall(utc_start), wall(utc_end))
    assert table.start.tzinfo is UTC


@pytest.mark.parametrize("start", ["2026-03-29T02:30", "2026-10-25T02:30"])
def test_a_skipped_or_repeated_time_is_refused_where_that_is_asked_for(start: str) -> None:
    with pytest.raises(CivilTimeRejected):
        timetable(spec(start, "2026-12-01T00:00", rule=Disambiguation.REJECT), (), BEFORE)
    with pytest.raises(CivilTimeRejected):
        timetable(spec("2026-01-01T00:00", start, rule=Disambiguation.REJECT), (), BEFORE)


@pytest.mark.parametrize("days", list(DayRule))
def test_grace_follows_the_end_and_the_audit_follows_grace(days: DayRule) -> None:
    table = timetable(spec("2026-06-01", "2026-06-08", "Etc/UTC", days, grace=15, audit=60), (), BEFORE)
    assert table.end == datetime(2026, 6, 8, tzinfo=UTC)
    assert (table.grace_ends - table.end, table.audit_ends - table.end) == (timedelta(minutes=15), timedelta(minutes=75))
    assert table.tzdata == tzdata_version()


@pytest.mark.parametrize(
    ("participants", "utc_start", "utc_end"),
    [
        ([], "2026-06-01T00:00Z", "2026-06-08T00:00Z"),
        ([("Etc/UTC", 180)], "2026-06-01T00:00Z", "2026-06-08T03:00Z"),
        ([(KIRITIMATI, 0)], "2026-05-31T10:00Z", "2026-06-08T00:00Z"),
        ([(PAGO, 0)], "2026-06-01T00:00Z", "2026-06-08T11:00Z"),
        ([(KIRITIMATI, 1439), (PAGO, 1439)], "2026-06-01T00:00Z", "2026-06-09T10:59Z"),
    ],
)
def test_own_days_reach_from_the_first_beginning_to_the_last_end(participants: list[tuple[str, int]], utc_start: str, utc_end: str) -> None:
    table = timetable(own("2026-06-01", "2026-06-08", "Etc/UTC"), [ParticipantDays(*days) for days in participants], BEFORE)
    assert (table.start, table.end) == (wall(utc_start), wall(utc_end))
    assert table.grace_ends == table.end + timedelta(minutes=10)


def test_own_days_over_a_clock_change_are_as_long_as_they_are_lived() -> None:
    assert timetable(own("2026-03-29", "2026-03-30"), (), BEFORE).end == wall("2026-03-29T22:00Z")
    assert timetable(own("2026-10-25", "2026-10-26"), (), BEFORE).end == wall("2026-10-25T23:00Z")


def test_a_day_that_a_zone_skips_is_left_out_at_either_end() -> None:
    first = timetable(own("2011-12-30", "2012-01-01", APIA), (), BEFORE)
    assert (first.start, first.end) == (wall("2011-12-30T10:00Z"), wall("2011-12-31T10:00Z"))
    last = timetable(own("2011-12-29", "2011-12-31", APIA), (), BEFORE)
    assert (last.start, last.end) == (wall("2011-12-29T10:00Z"), wall("2011-12-30T10:00Z"))
    line_islands = timetable(own("1994-12-31", "1995-01-02", KIRITIMATI), (), BEFORE)
    assert line_islands.start == wall("1994-12-31T10:00Z")


def test_a_window_of_nothing_but_a_skipped_day_is_refused_and_a_participant_without_a_day_moves_nothing() -> None:
    with pytest.raises(ValueError, match="No day of the window exists in Pacific/Apia"):
        timetable(own("2011-12-30", "2011-12-31", APIA), (), BEFORE)
    without = timetable(own("2011-12-30", "2011-12-31", PAGO), (), BEFORE)
    assert extended(without, own("2011-12-30", "2011-12-31", PAGO), ParticipantDays(APIA, 0), BEFORE) == without


def test_a_participant_whose_first_day_has_begun_does_not_pull_the_start_back() -> None:
    june = own("2026-06-01", "2026-06-08", "Etc/UTC")
    plain, east = timetable(june, (), BEFORE), ParticipantDays(KIRITIMATI, 0)
    begins = wall("2026-05-31T10:00Z")
    assert extended(plain, june, east, begins - timedelta(seconds=1)).start == begins
    assert extended(plain, june, east, begins).start == plain.start


def test_under_instants_a_participant_moves_nothing() -> None:
    june = spec("2026-06-01", "2026-06-08", "Etc/UTC")
    table = timetable(june, (), BEFORE)
    assert extended(table, june, ParticipantDays(KIRITIMATI, 0), BEFORE) is table


places = st.builds(ParticipantDays, st.sampled_from([APIA, PAGO, KIRITIMATI, BERLIN, "America/St_Johns"]), st.sampled_from([0, 180, 1439]))


@settings(max_examples=100, deadline=None)
@given(st.data(), st.lists(places, max_size=5), st.sampled_from(["2011-12-28", "2011-12-29", "2011-12-30", "2026-03-28", "2026-10-24"]))
def test_the_order_of_joining_makes_no_difference_and_everybodys_days_lie_inside(
    data: st.DataObject, people: list[ParticipantDays], first: str
) -> None:
    after = (wall(first) + timedelta(days=3)).date()
    window = own(first, after.isoformat(), data.draw(st.sampled_from([APIA, PAGO, BERLIN])))
    table = timetable(window, people, BEFORE)
    assert timetable(window, data.draw(st.permutations(people)), BEFORE) == table
    assert timetable(window, (), BEFORE).start >= table.start
    assert timetable(window, (), BEFORE).end <= table.end
    for one in people:
        assert civil_day(table.start - timedelta(microseconds=1), one.time_zone, one.day_start) < wall(first).date()
        assert civil_day(table.end, one.time_zone, one.day_start) >= after
