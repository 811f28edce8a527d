"""Ten thousand people in five thousand running battles, and a backlog of facts: written as events, the way the services write them."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from arena.chassis.core.ids import new_id
from arena.chassis.db.unit_of_work import Units
from arena.contracts.battle_spec import BattleKind, BattleSpec, Phase, ScoringSpec, WindowSpec
from arena.contracts.events.battles import BattleOpened, ParticipantJoined, PhaseChanged, Timetable
from arena.contracts.events.habits import FactLogged, HabitCreated, Source
from arena.contracts.habit import HabitKind, Schedule, Weekday
from arena.contracts.ids import BattleId, FactId, HabitId, UserId

WEEK_START = Weekday.MON
_AT_ONCE = 5000
_DAYS = 14


class Player(NamedTuple):
    """Somebody with one habit."""

    user_id: UserId
    habit_id: HabitId


@dataclass(frozen=True, slots=True)
class Duel:
    """A head-to-head battle as its events tell it."""

    battle_id: BattleId
    spec: BattleSpec
    timetable: Timetable
    players: tuple[Player, Player]

    def events(self) -> list[object]:
        """Opened, joined twice, running."""
        joined = [ParticipantJoined(self.battle_id, player.user_id, (player.habit_id,), "UTC", 0, WEEK_START) for player in self.players]
        running = PhaseChanged(self.battle_id, Phase.RUNNING, self.timetable)
        return [BattleOpened(self.battle_id, self.players[0].user_id, self.spec, self.timetable), *joined, running]


def people(count: int) -> list[Player]:
    """So many players."""
    return [Player(UserId(new_id()), HabitId(new_id())) for _ in range(count)]


def duels(players: Sequence[Player], start: datetime) -> list[Duel]:
    """Pair them off for two weeks from `start` on, with a streak bonus, so that days matter too."""
    window = WindowSpec(start.replace(tzinfo=None), (start + timedelta(days=_DAYS)).replace(tzinfo=None), "UTC")
    spec = BattleSpec(BattleKind.HEAD_TO_HEAD, window, ScoringSpec(streak_bonus=2, streak_bonus_cap=20))
    end = start + timedelta(days=_DAYS)
    over = end + timedelta(minutes=window.grace_minutes)
    timetable = Timetable(start, end, over, over, "2026a")
    pairs = zip(players[::2], players[1::2], strict=True)
    return [Duel(BattleId(new_id()), spec, timetable, pair) for pair in pairs]


def habits(players: Iterable[Player], first: date) -> list[object]:
    """The habits of these people, due every day from `first` on."""
    return [HabitCreated(player.user_id, player.habit_id, HabitKind.YES_NO, None, Schedule(), first) for player in players]


def facts(players: Sequence[Player], count: int, start: datetime, rng: random.Random) -> list[FactLogged]:
    """So many facts by people in random order, spread over the window: neighbours in the log seldom share a battle."""
    found = []
    for _ in range(count):
        player = players[rng.randrange(len(players))]
        at = start + timedelta(seconds=rng.randrange(_DAYS * 86_400))
        fact_id = FactId(UUID(int=new_id().int))
        found.append(FactLogged(player.user_id, player.habit_id, fact_id, 1, at.date(), at, "UTC", 0, 1000, Source.APP))
    return found


async def append(units: Units, events: Sequence[object]) -> None:
    """Write them to their log."""
    for begin in range(0, len(events), _AT_ONCE):
        async with units.begin() as uow:
            for event in events[begin : begin + _AT_ONCE]:
                uow.emit(event)


def next_minute() -> datetime:
    """A start that lies after everything accepted so far."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
