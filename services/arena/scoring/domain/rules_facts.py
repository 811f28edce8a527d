"""Which facts count: the filter in front of every rule."""

from collections.abc import Callable, Iterable
from datetime import date

from arena.contracts.battle_spec import DayRule
from arena.contracts.civil import civil_day
from arena.contracts.events.habits import Source
from arena.contracts.habit import Bound
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact


def select_facts(contest: Contest, contestant: Contestant, facts: Iterable[CountedFact]) -> tuple[CountedFact, ...]:
    """The facts that count for the contestant, in the order given.

    A fact counts if it is of a competing habit, was in force when grace ended, was not imported, not excluded, says that something was done
    (a positive value; 0 too where the target is an upper limit) and lies in the window. Under `days: own` its day is the one of the
    participant's fixed zone and day start, which is then the day it carries in the answer. Nothing of a disqualified participant counts.
    """
    if contestant.disqualified:
        return ()
    place = _PLACES[contest.days]
    counted = []
    for fact in facts:
        if not _admitted(contest, contestant, fact):
            continue
        day = place(contest, contestant, fact)
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
        and fact.fact_id not in contestant.excluded
        and (fact.value > 0 or (fact.value == 0 and terms.measure.bound is Bound.AT_MOST))
    )


def _by_instant(contest: Contest, _contestant: Contestant, fact: CountedFact) -> date | None:
    """The day the ledger decided, if the instant lies in the window; a fact without an instant has no place in it."""
    if fact.instant is None or not contest.start <= fact.instant < contest.end:
        return None
    return fact.civil_day


def _by_own_day(contest: Contest, contestant: Contestant, fact: CountedFact) -> date | None:
    """The day in the participant's fixed zone, or the stated day of a fact that has no instant, if it is one of the window's."""
    day = fact.civil_day if fact.instant is None else civil_day(fact.instant, contestant.time_zone, contestant.day_start)
    return day if contest.first_day <= day < contest.end_day else None


_PLACES: dict[DayRule, Callable[[Contest, Contestant, CountedFact], date | None]] = {
    DayRule.INSTANT: _by_instant,
    DayRule.OWN: _by_own_day,
}
