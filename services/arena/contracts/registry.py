"""The registry of logs: number, owner, key and events of each. A log is never renumbered; versions are event types in the same log."""

from dataclasses import dataclass
from zlib import crc32

from arena.contracts.events import battles, habits, identity, scoring

PARTITIONS = 16
"""Every log has sixteen partitions, for ever."""


@dataclass(frozen=True, slots=True)
class Log:
    """An event log `<owner>.<aggregate>`; `key` is the attribute of its events that orders them; `readers` may consume it."""

    number: int
    name: str
    key: str
    events: tuple[type, ...]
    readers: tuple[str, ...]

    @property
    def owner(self) -> str:
        """The service that may append."""
        return self.name.partition(".")[0]


USERS = Log(
    1,
    "identity.user",
    "user_id",
    (identity.UserRegistered, identity.ProfileChanged, identity.UserErased),
    readers=("habits", "battles", "live"),
)
LEDGER = Log(
    2,
    "habits.ledger",
    "user_id",
    (
        habits.SettingsChanged,
        habits.HabitCreated,
        habits.HabitChanged,
        habits.HabitDeleted,
        habits.FactLogged,
        habits.FactCorrected,
        habits.FactVoided,
    ),
    readers=("scoring",),
)
BATTLES = Log(
    3,
    "battles.battle",
    "battle_id",
    (
        battles.BattleOpened,
        battles.BattleChanged,
        battles.ParticipantJoined,
        battles.ParticipantLeft,
        battles.PhaseChanged,
        battles.FactExcluded,
        battles.ParticipantDisqualified,
        battles.BattleFinalised,
    ),
    readers=("scoring", "live"),
)
STANDINGS = Log(
    4, "scoring.standings", "battle_id", (scoring.StandingsChanged, scoring.BattleScored), readers=("battles", "live", "scoring")
)
STREAKS = Log(
    5,
    "scoring.streaks",
    "user_id",
    (scoring.StreakExtended, scoring.StreakAtRisk, scoring.StreakBroken, scoring.StreakRestored),
    readers=(),
)

LOGS = (USERS, LEDGER, BATTLES, STANDINGS, STREAKS)


def partition_of(key: str) -> int:
    """The partition of a key: CRC-32 (IEEE 802.3, as zlib) of its UTF-8 bytes, modulo 16. Computed here and nowhere else."""
    return crc32(key.encode()) % PARTITIONS
