"""A score is a function of the set of facts that count: of no order, no batching, and of nothing that does not count."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.chassis.core.canonical import canonical_json
from arena.contracts.battle_spec import BattleKind, BattleSpec, DayRule, Per, ScoringSpec, WindowSpec
from arena.contracts.civil import civil_day, use_tzdata_wheel
from arena.contracts.events.battles import Timetable
from arena.contracts.events.habits import Source
from arena.contracts.habit import Bound, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import FactId, HabitId, UserId
from arena.scoring.domain.result import contribution
from arena.scoring.domain.rules import score
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, HabitTerms, Score
from arena.scoring.domain.rules_facts import select_facts
from arena.scoring.domain.standings import standings

use_tzdata_wheel()
thoroughly = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

FIRST, AFTER = date(2011, 12, 26), date(2012, 1, 6)
"""Over the day that Apia never lived, and a Berlin winter without a clock change."""

START, END = datetime(2011, 12, 26, tzinfo=UTC), datetime(2012, 1, 6, tzinfo=UTC)
GRACE = END + timedelta(minutes=10)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
HABITS = [HabitId(UUID(int=n)) for n in (1, 2)]
FOREIGN = HabitId(UUID(int=3))

schedules = st.sampled_from(
    [Schedule(), Schedule(ScheduleType.WEEKDAYS, (Weekday.MON, Weekday.FRI)), Schedule(ScheduleType.TIMES_PER_WEEK, times=2)]
)
targets = st.sampled_from([None, Target(Bound.AT_LEAST, 2000), Target(Bound.AT_MOST, 2000)])
terms = st.builds(HabitTerms, schedules, targets)
scorings = st.builds(
    ScoringSpec,
    per=st.sampled_from([None, *Per]),
    points=st.sampled_from([1, 10]),
    streak_bonus=st.sampled_from([0, 3]),
    streak_bonus_cap=st.sampled_from([3, 7]),
)
contestants = st.builds(
    lambda first, second, zone, day_start, week_start: Contestant(
        UserId(UUID(int=9)), {HABITS[0]: first, HABITS[1]: second}, zone, day_start, week_start
    ),
    terms,
    terms,
    st.sampled_from(["Pacific/Apia", "Europe/Berlin", "America/St_Johns"]),
    st.sampled_from([0, 180]),
    st.sampled_from([Weekday.MON, Weekday.SUN]),
)


@st.composite
def contests(draw: st.DrawFn) -> Contest:
    days = draw(st.sampled_from(list(DayRule)))
    window = WindowSpec(datetime(2011, 12, 26), datetime(2012, 1, 6), "Etc/UTC", days)  # noqa: DTZ001 - civil times have no offset
    spec = BattleSpec(BattleKind.FREE_FOR_ALL, window, draw(scorings))
    return Contest.of(spec, Timetable(START, END, GRACE, GRACE, "2026a"))


@st.composite
def ledgers(draw: st.DrawFn) -> list[CountedFact]:
    """Facts in and near the window, some corrected once or taken back."""
    facts = []
    for number in range(draw(st.integers(0, 14))):
        at = START + draw(st.integers(-2 * 48, 13 * 48)) * timedelta(minutes=30)
        accepted = max(at, START) + draw(st.sampled_from([timedelta(0), DAY]))
        ended = draw(st.sampled_from([None, None, accepted + DAY]))
        day = civil_day(at, "Etc/UTC", 0)
        value = st.sampled_from([0, 500, 1000, 2000, 2500])
        instant = draw(st.sampled_from([at, at, None]))
        habit = draw(st.sampled_from(HABITS))
        facts.append(CountedFact(FactId(UUID(int=number + 1)), 1, habit, day, instant, draw(value), accepted, ended))
        if ended and draw(st.booleans()):
            facts.append(facts[-1]._replace(revision=2, value=draw(value), accepted_at=ended, ended_at=None))
    return facts


def reached(contest: Contest, contestant: Contestant, facts: list[CountedFact]) -> Score:
    return score(contest, contestant, select_facts(contest, contestant, facts))


@thoroughly
@given(contests(), contestants, ledgers(), st.data())
def test_facts_in_any_order_give_the_same_score_and_the_same_digest(
    contest: Contest, contestant: Contestant, facts: list[CountedFact], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(facts))
    once, again = contribution(contest, contestant, facts), contribution(contest, contestant, shuffled)
    assert canonical_json(once.digested) == canonical_json(again.digested)
    assert once.score == again.score == reached(contest, contestant, facts) == reached(contest, contestant, shuffled)


@dataclass
class Consumer:
    """Keeps facts as they come, as scoring's table does: a revision once, ended by what comes after it, whichever is heard of first."""

    facts: dict[tuple[FactId, int], CountedFact]

    def hear(self, batch: list[CountedFact]) -> None:
        for fact in batch:
            self.facts[fact.fact_id, fact.revision] = fact


@thoroughly
@given(contests(), contestants, ledgers(), st.data())
def test_however_facts_are_batched_and_however_often_delivered_the_end_is_the_same(
    contest: Contest, contestant: Contestant, facts: list[CountedFact], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(facts)), max_size=4)))
    batches = [facts[begin:end] for begin, end in pairwise([0, *cuts, len(facts)])]
    twice = data.draw(st.lists(st.sampled_from(batches), max_size=3))
    consumer = Consumer({})
    for batch in data.draw(st.permutations(batches + twice)):
        consumer.hear(batch)
        reached(contest, contestant, list(consumer.facts.values()))
    heard = contribution(contest, contestant, list(consumer.facts.values()))
    assert heard == contribution(contest, contestant, facts)


irrelevant = st.sampled_from(["foreign", "imported", "late", "excluded", "taken back", "before", "after", "superseded", "zero"])


def beside_the_point(kind: str, contest: Contest) -> CountedFact:
    """A fact that would count if it were not for one thing."""
    at = START + 2 * DAY
    base = CountedFact(FactId(UUID(int=999)), 1, HABITS[0], at.date(), at, 2000, at)
    outside = {"before": START - 3 * DAY, "after": END + 3 * DAY}
    if kind in outside:
        return base._replace(instant=outside[kind], civil_day=outside[kind].date() if contest.days is DayRule.OWN else at.date())
    changes: dict[str, dict[str, object]] = {
        "foreign": {"habit_id": FOREIGN},
        "imported": {"source": Source.IMPORT},
        "late": {"accepted_at": GRACE},
        "excluded": {"fact_id": FactId(UUID(int=1000))},
        "taken back": {"ended_at": GRACE - TICK},
        "superseded": {"ended_at": at + TICK},
        "zero": {"value": 0},
    }
    return base._replace(**changes[kind])  # type: ignore[arg-type]  # the fields differ in type


@thoroughly
@given(contests(), contestants, ledgers(), irrelevant)
def test_a_fact_that_does_not_count_changes_nothing(contest: Contest, contestant: Contestant, facts: list[CountedFact], kind: str) -> None:
    excluding = replace(contestant, excluded=frozenset({FactId(UUID(int=1000))}))
    if kind == "zero":
        excluding = replace(excluding, habits={habit: HabitTerms(known.schedule) for habit, known in excluding.habits.items()})
    more = [*facts, beside_the_point(kind, contest)]
    assert contribution(contest, excluding, more) == contribution(contest, excluding, facts)


@thoroughly
@given(contests(), contestants, ledgers(), st.sampled_from([GRACE, GRACE + TICK, GRACE + DAY]))
def test_nothing_that_happens_after_grace_changes_the_result(
    contest: Contest, contestant: Contestant, facts: list[CountedFact], at: datetime
) -> None:
    before = contribution(contest, contestant, facts)
    corrected = [fact if fact.ended_at else fact._replace(ended_at=at) for fact in facts]
    corrections = [fact._replace(revision=9, value=9000, accepted_at=at) for fact in facts]
    assert contribution(contest, contestant, corrected + corrections) == before


@thoroughly
@given(contests(), contestants, ledgers())
def test_one_fact_more_never_costs_points_where_more_is_better(contest: Contest, contestant: Contestant, facts: list[CountedFact]) -> None:
    striving = replace(contestant, habits={habit: HabitTerms(known.schedule) for habit, known in contestant.habits.items()})
    extra = CountedFact(FactId(UUID(int=999)), 1, HABITS[1], FIRST + 3 * DAY, START + 3 * DAY, 1000, START + 3 * DAY)
    less, more = reached(contest, striving, facts), reached(contest, striving, [*facts, extra])
    assert more.facts == less.facts + 1
    assert more.score >= less.score
    assert more.met_days >= less.met_days
    assert more.longest_streak >= less.longest_streak


@thoroughly
@given(contests(), contestants, ledgers())
def test_what_a_score_says_hangs_together(contest: Contest, contestant: Contestant, facts: list[CountedFact]) -> None:
    found = reached(contest, contestant, facts)
    earned = found.facts if contest.per is Per.FACT else found.met_days
    assert 0 <= found.longest_streak <= found.met_days <= found.facts <= len(facts)
    assert found.score >= earned * contest.scoring.points
    assert found.score <= earned * contest.scoring.points + found.met_days * contest.scoring.streak_bonus_cap
    assert (found.last_counted_at is None) == (earned == 0)


@thoroughly
@given(contests(), st.lists(st.tuples(contestants, ledgers()), max_size=4), st.data())
def test_contestants_in_any_order_give_the_same_standings(
    contest: Contest, entries: list[tuple[Contestant, list[CountedFact]]], data: st.DataObject
) -> None:
    scores = [
        reached(contest, replace(contestant, user_id=UserId(UUID(int=n))), facts) for n, (contestant, facts) in enumerate(entries, start=1)
    ]
    rows = standings(scores, contest.scoring.tie_breaks)
    assert rows == standings(data.draw(st.permutations(scores)), contest.scoring.tie_breaks)
