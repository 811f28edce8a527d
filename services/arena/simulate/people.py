"""Who the simulated people are: the same for the same seed. Each has a zone, habits and a character."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tokyo",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Africa/Lagos",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Honolulu",
)
NAMES = (
    "Ada", "Bruno", "Chidi", "Dalia", "Emre", "Freya", "Goro", "Hanna", "Imani", "Jonas", "Kiri", "Luz", "Mateo", "Nadia", "Oskar", "Priya",
    "Quentin", "Rosa", "Selma", "Tomas", "Uma", "Viktor", "Wanjiru", "Xenia", "Yusuf", "Zoe",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HabitPlan:
    """A habit as somebody lives it: usually at `hour` (local, give or take `spread` hours), `ease` from 0 (hard) to 1.

    `fields` are what the API is told; `amount` is the range of values of a measured one.
    """

    fields: dict[str, Any]
    hour: float
    spread: float
    ease: float
    amount: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.fields["name"])


DAILY = {"type": "daily"}
HABITS = (
    HabitPlan({"name": "Push-ups", "kind": "yes_no", "schedule": DAILY}, 7.5, 1.0, 0.8),
    HabitPlan(
        {"name": "Water", "kind": "measured", "unit": "glasses", "target": {"at_least": 6}, "schedule": DAILY}, 13.0, 4.0, 0.95, (1, 3)
    ),
    HabitPlan(
        {"name": "Read", "kind": "measured", "unit": "pages", "target": {"at_least": 10}, "schedule": DAILY}, 21.5, 1.2, 0.75, (5, 40)
    ),
    HabitPlan(
        {"name": "Run", "kind": "measured", "unit": "km", "schedule": {"type": "times_per_week", "times": 3}}, 18.0, 2.0, 0.6, (3, 12)
    ),
    HabitPlan({"name": "Practise", "kind": "yes_no", "schedule": {"type": "weekdays", "days": ["mon", "wed", "fri"]}}, 17.0, 1.5, 0.85),
    HabitPlan({"name": "Coffee", "kind": "measured", "unit": "cups", "target": {"at_most": 3}, "schedule": DAILY}, 9.5, 2.5, 0.9, (1, 2)),
    HabitPlan({"name": "Lights out", "kind": "yes_no", "schedule": DAILY}, 23.0, 1.0, 0.7),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody: `diligence` from 0 to 1; `chronotype` is how many hours later (or earlier) than usual they live."""

    seed: int
    number: int
    name: str
    time_zone: str
    day_start: str
    diligence: float
    chronotype: float
    habits: tuple[HabitPlan, ...]

    @property
    def email(self) -> str:
        """Their address: the same for the same seed, so a second run meets the same accounts."""
        return f"sim-{self.seed}-{self.number}@example.org"

    def chance(self, *about: object) -> Random:
        """Chance of their own in one matter, the same whenever it is asked."""
        return Random(":".join(map(str, (self.seed, self.number, *about))))  # noqa: S311 - a simulation, not a secret


def people(seed: int, count: int, zones: Sequence[str] = ZONES) -> tuple[Person, ...]:
    """So many people, spread over the zones."""
    return tuple(_person(seed, number, zones[number % len(zones)]) for number in range(count))


def _person(seed: int, number: int, zone: str) -> Person:
    chance = Random(f"{seed}:{number}")  # noqa: S311 - a simulation, not a secret
    round_, place = divmod(number, len(NAMES))
    chronotype = max(-2.5, min(3.5, chance.gauss(0.3, 1.2)))
    return Person(
        seed=seed,
        number=number,
        name=NAMES[place] if round_ == 0 else f"{NAMES[place]} {round_ + 1}",
        time_zone=zone,
        day_start="03:00" if chronotype > 1 else "00:00",
        diligence=round(chance.betavariate(5, 2), 3),
        chronotype=round(chronotype, 2),
        habits=tuple(chance.sample(HABITS, k=chance.randint(2, 4))),
    )
