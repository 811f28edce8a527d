"""Which facts count: the filter in front of every rule."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from arena.contracts.battle_spec import DayRule
from arena.contracts.civil import civil_day, resolve
from arena.contracts.events.habits import Source
from arena.contracts.habit import Bound
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact

_MARGIN = 3
"""Days around a window: further away no offset can bring an instant into it."""

_Place = Callable[[CountedFact], date | None]


def select_facts(contest: Contest, contestant: Contestant, facts: Iterable[CountedFact]) -> tuple[CountedFact, ...]:
    """The facts that count for the contestant, in the order given.

    A fact counts if it is of a competing habit, was in force when grace ended, was not imported, not excluded, says that something was done
    (a positive value; 0 too where the target is an upper limit) and lies in the window. Under `days: own` its day is the one of the
    participant's fixed zone and day start, which is then the day it carries in the answer. Nothing of a disqualified participant counts.
    """
    if contestant.disqualified:
        return ()
    place = _PLACES[contest.days](contest, contestant)
    counted = []
    for fact in facts:
        if not _admitted(contest, contestant, fact):
            continue
        day = place(fact)
        if day is not None:
            counted.append(fact if day == fact.civil_day else fact._replace(civil_day=day))
    return tuple(counted)


def _admitted(contest: Contest, contestant: Contestant, fact: CountedFact) -> bool:
    terms = contestant.habits.get(fact.habit_id)
    return (
        terms is not None
        and fact.accepted_at < contest.grace_ends
        and (fact.ended_at is None or fact.ended_at >= contest.grace_ends)
        and fact.source is not Source.IMPORT
        and (not contestant.excluded or fact.fact_id not in contestant.excluded)
        and (fact.value > 0 or (fact.value == 0 and terms.measure.bound is Bound.AT_MOST))
    )


def _by_instant(contest: Contest, _contestant: Contestant) -> _Place:
    """The day the ledger decided, if the instant lies in the window; a fact without an instant has no place in it."""
    start, end = contest.start, contest.end

    def place(fact: CountedFact) -> date | None:
        return fact.civil_day if fact.instant is not None and start <= fact.instant < end else None

    return place


def _by_own_day(contest: Contest, contestant: Contestant) -> _Place:
    """The day in the participant's fixed zone, or the stated day of a fact that has no instant, if it is one of the window's."""
    first, end, zone, day_start = contest.first_day, contest.end_day, contestant.time_zone, contestant.day_start
    offset = _constant_offset(first, end, zone)
    shift = None if offset is None else offset - timedelta(minutes=day_start)

    def place(fact: CountedFact) -> date | None:
        if fact.instant is None:
            day = fact.civil_day
        elif shift is None:
            day = civil_day(fact.instant, zone, day_start)
        else:
            day = (fact.instant.astimezone(UTC) + shift).date()
        return day if first <= day < end else None

    return place


@lru_cache(maxsize=4096)
def _constant_offset(first_day: date, end_day: date, zone: str) -> timedelta | None:
    """The zone's offset around the window; None if it changes there. With a constant one a day costs an addition, a tenth of `civil_day`.

    Looked at every noon: no zone changes its offset twice between two.
    """
    noons = [datetime.combine(first_day, time(12)) + timedelta(days=n) for n in range(-_MARGIN, (end_day - first_day).days + _MARGIN + 1)]
    offsets = {noon - resolve(noon, zone).replace(tzinfo=None) for noon in noons}
    return offsets.pop() if len(offsets) == 1 else None


_PLACES: dict[DayRule, Callable[[Contest, Contestant], _Place]] = {DayRule.INSTANT: _by_instant, DayRule.OWN: _by_own_day}
