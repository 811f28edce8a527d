"""Why a streak is so long, and why a day counts so, in sentences. They tell facts; they blame nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from arena.client.models import Break, Day, Habit, Judgement, Saving, Streak, Support
from arena.web.views.habits import is_measured, target_words
from arena.web.views.words import day_name, day_words, number, plural, quantity

_DAY_REASONS = {
    "extra": "It was not due and was done all the same. That neither extends nor breaks the streak.",
    "nothing_logged": "It was due, and nothing is logged.",
    "rest_day": "It was not due on this weekday, so the streak goes on across it.",
    "not_lived": "Your time zone had no such day, so it is neither due nor open.",
    "week_met": "The week has the days it needs; this one was not needed.",
    "week_missed": "The week has fewer days than it needs.",
    "week_open": "The week is still open: this day can count.",
    "week_not_whole": "The habit's week was cut short, and a short week breaks no streak.",
    "not_begun": "This is before the habit began.",
    "not_yet": "This day is still to come.",
}
_BEGAN = {
    "with_habit": "It began with the habit.",
    "after_break": "It began after a break.",
    "after_unit_change": "It began when the habit changed between days and weeks, which are counted apart.",
}
_FEW = 5


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words, and the day they lead to, if one."""

    words: str
    day: date | None = None


def day_reason(habit: Habit, day: Day) -> str:
    """Why a day counts as it does."""
    reached = quantity(day.total or 0, habit.unit)
    wanted = target_words(habit)
    match day.reason:
        case "met":
            return f"It was due and is done: {reached}." if is_measured(habit) else "It was due and is done."
        case "too_little":
            return f"It was due: {reached} so far" + (f", and the target is {wanted}." if wanted else ".")
        case "too_much":
            return f"It was due: {reached}" + (f", and the target is {wanted}." if wanted else ".")
        case reason:
            return _DAY_REASONS.get(reason, "")


def headline(streak: Streak, today: date) -> str:
    """The streak in one line."""
    if streak.current:
        return f"{plural(streak.current, streak.unit)} in a row" + (f", since {day_words(streak.since, today)}" if streak.since else "")
    return f"Last done {day_words(streak.last_met, today)}" if streak.last_met else "Not done yet"


def reasons(habit: Habit, streak: Streak, zone_today: date) -> Iterator[Sentence]:
    """Why the streak is as long as it is, one fact a sentence."""
    why = streak.explanation
    if why.began:
        yield Sentence(_BEGAN.get(why.began, ""))
    if why.pending:
        yield from _pending(habit, why.pending, streak, zone_today)
    if why.broken:
        yield from _broken(habit, why.broken, zone_today)


def supports(habit: Habit, streak: Streak, today: date) -> list[Sentence]:
    """The entries it rests on, latest first."""
    return [_support(habit, support, streak, today) for support in streak.explanation.rests_on[:_FEW]]


def support_of(streak: Streak, log_id: UUID) -> str:
    """What an entry does for the streak; empty where it does nothing."""
    found = next((support for support in streak.explanation.rests_on if support.log_id == log_id), None)
    if found is None or found.current_without == streak.current:
        return ""
    return f"The streak of {plural(streak.current, streak.unit)} rests on it: without it, {number(found.current_without)}."


def saving_of(streak: Streak, habit: Habit, day: date) -> str:
    """What would mend this day, if the streak's reasons name it."""
    why = streak.explanation
    for judged in (why.pending, why.broken.judgement if why.broken else None):
        for saving in judged.saved_by if judged else ():
            if saving.day == day and judged is not None:
                return f"{_saving(habit, saving)} and the streak becomes {plural(judged.becomes, streak.unit)}."
    return ""


def _support(habit: Habit, support: Support, streak: Streak, today: date) -> Sentence:
    what = f": {quantity(support.value, habit.unit)}" if is_measured(habit) else ""
    less = f", without it {number(support.current_without)}" if support.current_without != streak.current else ""
    return Sentence(f"{day_name(support.day, today)}{what}{less}", support.day)


def _pending(habit: Habit, judged: Judgement, streak: Streak, today: date) -> Iterator[Sentence]:
    what = "This week" if judged.unit == "week" else "Today"
    have = f"{number(judged.reached)} of {number(judged.needed)}"
    yield Sentence(f"{what} is open: {_rule(habit, judged)}; {have} so far.")
    if judged.becomes > streak.current and judged.saved_by:
        saving = judged.saved_by[0]
        yield Sentence(
            f"{_saving(habit, saving)} {_on(saving.day, today)} and it becomes {plural(judged.becomes, streak.unit)}.", saving.day
        )


def _broken(habit: Habit, broken: Break, today: date) -> Iterator[Sentence]:
    judged = broken.judgement
    length = f", {plural(broken.missed, judged.unit)} long" if broken.missed > 1 else ""
    before = f" The streak before it was {plural(broken.lost, judged.unit)}." if broken.lost else ""
    yield Sentence(f"The last break was on {day_name(broken.broken_on, today)}{length}.{before}", broken.broken_on)
    when = f"the week of {day_name(judged.first, today)}" if judged.unit == "week" else day_name(judged.last, today)
    yield Sentence(
        f"For {when} the rule was {_rule(habit, judged)}; {number(judged.reached)} of {number(judged.needed)} is there.", judged.last
    )
    if judged.saved_by:
        steps = "; ".join(f"{_saving(habit, saving).lower()} on {day_name(saving.day, today)}" for saving in judged.saved_by)
        yield Sentence(f"It would mend if you {steps}: then the streak is {plural(judged.becomes, judged.unit)}.", judged.saved_by[0].day)


def _rule(habit: Habit, judged: Judgement) -> str:
    if judged.rule in {"at_least", "at_most"} and habit.unit:
        return f"{judged.rule.replace('_', ' ')} {quantity(judged.needed, habit.unit)} a day"
    return judged.words


def _saving(habit: Habit, saving: Saving) -> str:
    if saving.lower_by is not None:
        return f"Lower the total by {quantity(saving.lower_by, habit.unit)}"
    if not is_measured(habit):
        return "Log it" if saving.log in {None, 1} else f"Log it {number(saving.log)} times"
    return f"Log {quantity(saving.log, habit.unit)}"


def _on(day: date, today: date) -> str:
    return day_words(day, today) if abs((day - today).days) <= 1 else f"on {day_name(day, today)}"
