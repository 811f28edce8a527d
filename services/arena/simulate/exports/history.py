"""A person's years of habits: they start with zeal, are better on weekdays, fall ill, go on holiday, stop and begin again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

SKIP: Final = 3
DONE: Final = 2
NOT_DONE: Final = 0
_SATURDAY: Final = 5
_NOTES: Final = (
    "Felt easy",
    "Rain all day",
    "With Mira",
    'Only "half" of it, honestly',
    "Late, but done",
    "Früh auf; müde",
    "新しい道",
    "🎉 personal best",
)


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """An entry as Loop stores it: 2 done, 0 not done, 3 skipped; thousandths for a measured habit."""

    day: date
    value: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class SimulatedHabit:
    """A habit with its entries, oldest first. `zeal` is the chance of a due day at the start; `amount` the usual measure."""

    name: str
    question: str = ""
    times: int = 1
    per_days: int = 1
    unit: str = ""
    target: float = 0
    at_most: bool = False
    measured: bool = False
    archived: bool = False
    zeal: float = 0.85
    amount: float = 0
    days: tuple[SimulatedDay, ...] = ()


_TEMPLATES: Final = (
    SimulatedHabit("Meditate", "Did you sit for ten minutes?", zeal=0.8),
    SimulatedHabit("Wake up early", "Up before six?", times=5, per_days=7, zeal=0.7),
    SimulatedHabit("Run", "Did you run?", times=3, per_days=7, zeal=0.5),
    SimulatedHabit("Read", "How many pages today?", unit="pages", target=20, measured=True, amount=26),
    SimulatedHabit("Cigarettes", "How many?", unit="cigarettes", target=5, at_most=True, measured=True, amount=4, zeal=0.95),
    SimulatedHabit("Water the plants", "", times=2, per_days=3, zeal=0.6),
    SimulatedHabit("Call home", "Who did you call?", times=1, per_days=5, zeal=0.25),
    SimulatedHabit("Sport", "Football", times=2, per_days=7, zeal=0.4),
    SimulatedHabit("Sport", "Climbing", times=1, per_days=7, zeal=0.2, archived=True),
    SimulatedHabit("Walk", "How far this week?", times=1, per_days=7, unit="km", target=21.5, measured=True, amount=4.2),
)
"""Two of one name, an archived one, each kind of frequency: what an importer has to get right."""


def history(seed: int, today: date, *, years: float = 3, habits: int = len(_TEMPLATES)) -> tuple[SimulatedHabit, ...]:
    """Make `habits` habits whose entries reach back at most `years` years from `today`; one seed gives one history."""
    chance = Random(seed)  # noqa: S311 - a repeatable history is wanted, not a secret
    holidays = _holidays(chance, today, years)
    return tuple(_live(_TEMPLATES[number % len(_TEMPLATES)], chance, today, years, holidays) for number in range(habits))


def _holidays(chance: Random, today: date, years: float) -> frozenset[date]:
    """Two weeks away each year: the person marks them as skipped."""
    starts = [today - timedelta(days=365 * year + chance.randrange(20, 340)) for year in range(max(1, round(years)))]
    return frozenset(start + timedelta(days=day) for start in starts for day in range(14))


def _live(template: SimulatedHabit, chance: Random, today: date, years: float, holidays: frozenset[date]) -> SimulatedHabit:
    span = max(1, int(years * 365 * chance.uniform(0.6, 1)))
    ends = span // 2 if template.archived else span
    days = tuple(_entries(template, chance, today - timedelta(days=span - 1), ends, holidays))
    return replace(template, days=days)


def _entries(habit: SimulatedHabit, chance: Random, start: date, span: int, holidays: frozenset[date]) -> Iterator[SimulatedDay]:
    """Each day follows the one before: a done day makes the next likelier, a slump lasts for weeks."""
    momentum, slump = 0.1, 0
    for offset in range(span):
        day = start + timedelta(days=offset)
        slump = slump - 1 if slump else chance.randrange(10, 40) if chance.random() < 1 / 200 else 0
        if day in holidays and chance.random() < habit.zeal:
            yield SimulatedDay(day, SKIP)
            continue
        ease = habit.zeal + momentum - (0.5 if slump else 0) - (0.15 if day.weekday() >= _SATURDAY else 0)
        done = chance.random() < ease
        momentum = min(0.15, momentum + 0.02) if done else max(-0.2, momentum - 0.05)
        note = chance.choice(_NOTES) if chance.random() < 1 / 30 else ""
        if done:
            yield SimulatedDay(day, _measure(habit, chance) if habit.measured else DONE, note)
        elif note and not habit.measured:
            yield SimulatedDay(day, NOT_DONE, note)


def _measure(habit: SimulatedHabit, chance: Random) -> int:
    """An amount in thousandths: spread as amounts are, in halves, and now and then none at all where less is better."""
    if habit.at_most and chance.random() < 1 / 8:
        return 0
    return max(1, round(2 * habit.amount * chance.lognormvariate(0, 0.4))) * 500
