"""What happens in battles, told as events: people with habits, a window of a few tenths of a second, facts of every kind."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from arena.contracts.battle_spec import BattleKind, BattleSpec, DayRule, Phase, ScoringSpec, WindowSpec
from arena.contracts.civil import tzdata_version
from arena.contracts.events.battles import BattleOpened, ParticipantJoined, PhaseChanged, Timetable
from arena.contracts.events.habits import FactCorrected, FactLogged, FactVoided, HabitCreated, Source
from arena.contracts.habit import ONE, HabitKind, Schedule, Weekday
from arena.contracts.ids import BattleId, FactId, HabitId, UserId

POINTS = 10


@dataclass(slots=True)
class Cast:
    """Ids from a seed, and events with their usual values filled in."""

    chance: Random
    today: datetime

    def id(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def person(self) -> "Contestant":
        return Contestant(UserId(self.id()), HabitId(self.id()))

    def fact(self, person: "Contestant", instant: datetime | None, **changes: Any) -> FactLogged:
        usual: dict[str, Any] = {
            "user_id": person.user,
            "habit_id": person.habit,
            "fact_id": FactId(self.id()),
            "revision": 1,
            "civil_day": (instant or self.today).date(),
            "instant": instant,
            "time_zone": "UTC",
            "day_start": 0,
            "value": ONE,
            "source": Source.APP,
        }
        return FactLogged(**usual | changes)


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody with one habit."""

    user: UserId
    habit: HabitId

    def created(self) -> HabitCreated:
        return HabitCreated(self.user, self.habit, HabitKind.YES_NO, None, Schedule(), date(2026, 1, 1))

    def joined(self, battle: "Match") -> ParticipantJoined:
        return ParticipantJoined(battle.id, self.user, (self.habit,), "UTC", 0, Weekday.MON)


@dataclass(frozen=True, slots=True)
class Match:
    """A battle whose window lies where the story wants it."""

    id: BattleId
    owner: UserId
    spec: BattleSpec
    timetable: Timetable

    @classmethod
    def between(
        cls, cast: Cast, owner: UserId, start: datetime, end: datetime, *, grace: float = 0.0, audit: float = 0.0, **scoring: Any
    ) -> "Match":
        """A battle by instants; `grace` and `audit` in seconds."""
        window = WindowSpec(start.replace(tzinfo=None), end.replace(tzinfo=None), "UTC")
        return cls._of(cast, owner, window, Timetable(start, end, *_after(end, grace, audit), tzdata_version()), scoring)

    @classmethod
    def of_days(cls, cast: Cast, owner: UserId, first: date, days: int, start: datetime, end: datetime, **scoring: Any) -> "Match":
        """A battle by civil days, which end when the story says so."""
        midnight = datetime.combine(first, datetime.min.time())
        window = WindowSpec(midnight, midnight + timedelta(days=days), "UTC", days=DayRule.OWN)
        return cls._of(cast, owner, window, Timetable(start, end, end, end, tzdata_version()), scoring)

    @classmethod
    def _of(cls, cast: Cast, owner: UserId, window: WindowSpec, timetable: Timetable, scoring: dict[str, Any]) -> "Match":
        spec = BattleSpec(BattleKind.FREE_FOR_ALL, window, ScoringSpec(points=POINTS, **scoring))
        return cls(BattleId(cast.id()), owner, spec, timetable)

    def opened(self) -> BattleOpened:
        return BattleOpened(self.id, self.owner, self.spec, self.timetable)

    def moved(self, phase: Phase) -> PhaseChanged:
        return PhaseChanged(self.id, phase, self.timetable)


@dataclass(slots=True)
class Tale:
    """Facts of people as they change, and which of them are in force."""

    cast: Cast
    in_force: dict[FactId, FactLogged] = field(default_factory=dict)

    def log(self, person: Contestant, instant: datetime | None, **changes: Any) -> FactLogged:
        fact = self.cast.fact(person, instant, **changes)
        self.in_force[fact.fact_id] = fact
        return fact

    def correct(self, fact_id: FactId, **changes: Any) -> FactCorrected:
        before = self.in_force[fact_id]
        fields = {name: getattr(before, name) for name in FactLogged.__slots__} | changes | {"revision": before.revision + 1}
        after = FactCorrected(**fields)
        self.in_force[fact_id] = after
        return after

    def take_back(self, fact_id: FactId) -> FactVoided:
        fact = self.in_force.pop(fact_id)
        return FactVoided(fact.user_id, fact.habit_id, fact_id, fact.revision)

    def counted(self, person: Contestant, start: datetime, end: datetime) -> int:
        """By the plain reading of the rules: facts in force, made here, of the habit, with an instant in the window."""
        return sum(
            fact.habit_id == person.habit and fact.source is Source.APP and fact.instant is not None and start <= fact.instant < end
            for fact in self.in_force.values()
        )


def _after(end: datetime, grace: float, audit: float) -> tuple[datetime, datetime]:
    return end + timedelta(seconds=grace), end + timedelta(seconds=grace + audit)
