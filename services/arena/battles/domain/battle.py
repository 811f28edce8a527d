"""The aggregate: a battle with its phase, and one participant. Transitions are in `lifecycle`, coming and going in `joining`."""

from dataclasses import dataclass
from datetime import datetime

from arena.battles.domain.timetable import ParticipantDays
from arena.contracts.battle_spec import BattleKind, BattleSpec, CancelReason, Phase
from arena.contracts.events.battles import Timetable
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, HabitId, UserId

MAX_PARTICIPANTS = 10_000
"""The places of a free-for-all that names no limit, and the highest limit it may name."""

OVER = frozenset({Phase.FINAL, Phase.CANCELLED})
"""The phases that nothing leaves."""


@dataclass(frozen=True, slots=True)
class Battle:
    """A battle as it stands. `joined` counts who is in it now; `timetable` is what `spec.window` means in UTC, with the zones so far."""

    id: BattleId
    owner_id: UserId
    name: str
    spec: BattleSpec
    timetable: Timetable
    phase: Phase = Phase.DRAFT
    joined: int = 0
    cancelled_for: CancelReason | None = None
    result_hash: str | None = None

    @property
    def places(self) -> int:
        """How many may take part."""
        return places(self.spec)


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a battle; habits, zone, day start (minutes after midnight) and week start are fixed on joining.

    `left_at` is set for who went while it ran (forfeited); who went before is simply no participant.
    """

    battle_id: BattleId
    user_id: UserId
    habits: tuple[HabitId, ...]
    time_zone: str
    day_start: int
    week_start: Weekday
    joined_at: datetime
    left_at: datetime | None = None

    @property
    def days(self) -> ParticipantDays:
        """What of the participant can move the timetable under `days: own`."""
        return ParticipantDays(self.time_zone, self.day_start)


def places(spec: BattleSpec) -> int:
    """How many may take part: two head to head, else the limit the battle names or the house's."""
    if spec.kind is BattleKind.HEAD_TO_HEAD:
        return 2
    return spec.max_participants or MAX_PARTICIPANTS
