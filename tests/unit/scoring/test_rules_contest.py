"""What a rule is told: how a definition becomes a contest, which terms are frozen, which days a zone skips."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from arena.contracts.battle_spec import BattleKind, BattleSpec, DayRule, Per, ScoringSpec, WindowSpec
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.events.battles import Timetable
from arena.contracts.habit import Bound, Schedule, ScheduleType, Target
from arena.contracts.ids import FactId, HabitId
from arena.scoring.domain.rules_contest import ANYTHING, Contest, CountedFact, HabitTerms, TermsChange, frozen_terms, unlived_days

use_tzdata_wheel()

HABIT = HabitId(UUID(int=1))
START, END = datetime(2026, 6, 1, 22, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)
GRACE, AUDIT = END + timedelta(minutes=10), END + timedelta(minutes=40)
TICK = timedelta(microseconds=1)
TIMES = Timetable(START, END, GRACE, AUDIT, "2026a")
WINDOW = WindowSpec(datetime.fromisoformat("2026-06-02"), datetime.fromisoformat("2026-06-08T02:00"), "Europe/Berlin")
SPEC = BattleSpec(BattleKind.FREE_FOR_ALL, WINDOW, ScoringSpec(points=3))
CONTEST = Contest.of(SPEC, TIMES)
OLD, NEW, NEWER = (HabitTerms(target=Target(Bound.AT_LEAST, amount)) for amount in (1, 2, 3))
ON_TIME, BEFORE = START - TICK, START - timedelta(days=1)


def day(number: int) -> date:
    return date(2026, 6, number)


def test_a_contest_is_read_off_the_definition_and_its_times() -> None:
    assert Contest(DayRule.INSTANT, START, END, GRACE, day(2), day(8), SPEC.scoring, Per.FACT) == CONTEST


@pytest.mark.parametrize(
    ("days", "per", "expected"),
    [
        (DayRule.INSTANT, None, Per.FACT),
        (DayRule.OWN, None, Per.MET_DAY),
        (DayRule.INSTANT, Per.MET_DAY, Per.MET_DAY),
        (DayRule.OWN, Per.FACT, Per.FACT),
    ],
)
def test_points_are_for_facts_among_instants_and_for_met_days_among_own_days_unless_declared(
    days: DayRule, per: Per | None, expected: Per
) -> None:
    spec = replace(SPEC, window=replace(WINDOW, days=days), scoring=ScoringSpec(per=per))
    assert Contest.of(spec, TIMES).per is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], None),
        ([TermsChange(START, day(1), OLD)], None),
        ([TermsChange(ON_TIME, day(1), OLD)], OLD),
        ([TermsChange(BEFORE, day(1), OLD), TermsChange(ON_TIME, day(2), NEW)], NEW),
        ([TermsChange(BEFORE, day(1), OLD), TermsChange(START, day(2), NEW)], OLD),
        ([TermsChange(BEFORE, day(1), OLD), TermsChange(ON_TIME, day(3), NEW)], OLD),
        ([TermsChange(BEFORE, day(1), OLD), TermsChange(BEFORE + TICK, day(2), NEW), TermsChange(ON_TIME, day(3), NEWER)], NEW),
        # It begins later than the first day: its first terms.
        ([TermsChange(BEFORE, day(4), OLD), TermsChange(ON_TIME, day(5), NEW)], OLD),
        # Accepted in one batch, hence with one stamp: the later of the two.
        ([TermsChange(BEFORE, day(1), OLD), TermsChange(BEFORE, day(1), NEW)], NEW),
    ],
)
def test_terms_are_frozen_as_they_hold_on_the_first_day_by_what_was_known_before_the_start(
    changes: list[TermsChange], expected: HabitTerms | None
) -> None:
    assert frozen_terms({HABIT: changes}, CONTEST) == ({} if expected is None else {HABIT: expected})


def test_terms_are_frozen_in_the_order_of_acceptance_however_they_are_read() -> None:
    changes = [TermsChange(ON_TIME, day(2), NEW), TermsChange(BEFORE, day(1), OLD)]
    assert frozen_terms({HABIT: changes}, CONTEST) == {HABIT: NEW}


def test_a_habit_without_a_target_is_met_by_anything() -> None:
    assert HabitTerms().measure == ANYTHING == Target(Bound.AT_LEAST, 1)
    assert OLD.measure is OLD.target
    assert HabitTerms().schedule == Schedule(ScheduleType.DAILY)


def test_a_fact_without_an_instant_is_placed_when_it_was_accepted() -> None:
    fact = CountedFact(FactId(UUID(int=1)), 1, HABIT, day(2), None, 1000, START)
    assert fact.at == START
    assert fact._replace(instant=END).at == END


@pytest.mark.parametrize(
    ("first", "end", "zone", "day_start", "expected"),
    [
        (date(2011, 12, 28), date(2012, 1, 3), "Pacific/Apia", 0, [date(2011, 12, 30)]),
        (date(2011, 12, 30), date(2011, 12, 30), "Pacific/Apia", 0, [date(2011, 12, 30)]),
        (date(2011, 12, 31), date(2012, 1, 3), "Pacific/Apia", 0, []),
        (date(2011, 12, 28), date(2012, 1, 3), "Pacific/Apia", 180, []),
        (date(2011, 12, 28), date(2012, 1, 3), "Pacific/Pago_Pago", 0, []),
        (date(1994, 12, 30), date(1995, 1, 3), "Pacific/Kiritimati", 0, [date(1994, 12, 31)]),
        # The window of somewhere far to the west ends on the 29th, when Apia lives the 31st.
        (date(2011, 12, 28), date(2011, 12, 29), "Pacific/Apia", 0, [date(2011, 12, 30)]),
        (date(2011, 12, 27), date(2011, 12, 28), "Pacific/Apia", 0, []),
    ],
)
def test_days_that_a_zone_skipped_are_known(first: date, end: date, zone: str, day_start: int, expected: list[date]) -> None:
    assert unlived_days(first, end, zone, day_start) == {skipped.toordinal() for skipped in expected}
