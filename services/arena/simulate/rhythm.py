"""When simulated people do what: by their own clock, weekday, mood and character. Pure; the same seed gives the same life."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from math import cos, pi
from typing import NamedTuple

from arena.contracts.battle_spec import Disambiguation
from arena.contracts.civil import resolve
from arena.contracts.habit import Weekday
from arena.simulate.people import HabitPlan, Person

_WEEK = 7
_TIRED = 0.05
"""How much of the usual is done in the middle of the night."""
_OFF_SCHEDULE = 0.08
"""How often something is done on a day on which it is not due."""


class Deed(NamedTuple):
    """Something done: which of the person's habits, when (UTC), how much, and the id under which it is sent again safely."""

    habit: int
    at: datetime
    value: float | None
    client_id: str


def deeds(person: Person, first: date, last: date) -> list[Deed]:
    """All that somebody does from `first` to `last` (their own civil days), in order of time."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    done = (deed for day in days for habit in range(len(person.habits)) for deed in deeds_of_day(person, habit, day))
    return sorted(done, key=lambda deed: (deed.at, deed.client_id))


def deeds_of_day(person: Person, habit: int, day: date) -> Iterator[Deed]:
    """What somebody does for one habit on one civil day of theirs."""
    plan = person.habits[habit]
    chance = person.chance(habit, day)
    if chance.random() >= likelihood(person, plan, day):
        return
    for turn in range(chance.randint(1, 3) if plan.amount else 1):
        at = _moment(person, day, plan.hour + person.chronotype + chance.gauss(0, plan.spread))
        yield Deed(habit, at, value(person, plan, day, turn), f"sim:{person.seed}:{person.number}:{habit}:{day}:{turn}")


def likelihood(person: Person, plan: HabitPlan, day: date) -> float:
    """How likely somebody does it that day: diligence and ease, better and worse weeks, and what the schedule asks."""
    mood = person.chance("week", day.isocalendar()[:2]).uniform(0.7, 1.1)
    willing = min(1.0, (0.3 + 0.7 * person.diligence) * plan.ease * mood + 0.1)
    schedule = plan.fields["schedule"]
    if schedule["type"] == "weekdays" and list(Weekday)[day.weekday()].value not in schedule["days"]:
        return _OFF_SCHEDULE
    if schedule["type"] == "times_per_week":
        return willing * min(1.0, (float(schedule["times"]) + 0.5) / _WEEK)
    return willing


def value(person: Person, plan: HabitPlan, *about: object) -> float | None:
    """How much of a measured habit; None for one that is done or not."""
    if plan.amount is None:
        return None
    low, high = plan.amount
    return round(person.chance(plan.name, *about).uniform(low, high), 1)


def wakefulness(person: Person, local: datetime) -> float:
    """How lively somebody is at their own wall clock: 1 in the afternoon, next to nothing in the night."""
    hour = local.hour + local.minute / 60 - person.chronotype
    return max(_TIRED, (1 + cos((hour - 15) * pi / 12)) / 2)


def pauses(person: Person, pace: float, liveliness: float) -> Iterator[float]:
    """Seconds between what somebody does while a short battle is on: about `pace`, shorter for the diligent and those awake."""
    chance = person.chance("live")
    mean = pace / ((0.4 + person.diligence) * (0.5 + 0.5 * liveliness))
    while True:
        yield min(chance.expovariate(1 / mean), 4 * pace)


def _moment(person: Person, day: date, hour: float) -> datetime:
    """The instant at which the wall clock shows that hour, kept within the civil day that begins at the person's day start."""
    begins = int(person.day_start[:2]) * 60
    minutes = max(begins, min(begins + 24 * 60 - 1, int(hour * 60)))
    wall = datetime.combine(day, time.min) + timedelta(minutes=minutes)
    return resolve(wall, person.time_zone, Disambiguation.COMPATIBLE)
