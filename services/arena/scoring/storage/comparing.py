"""Which of scoring's tables follow from the logs, and what of each can be compared."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Projected(NamedTuple):
    """What follows from the logs and is compared row by row."""

    name: str
    """The table; of a `source`, what it is called."""
    key: tuple[str, ...]
    """Unique, and ordered alike in PostgreSQL and in Python."""
    columns: Mapping[str, str]
    """Name → expression."""
    where: str = "true"
    """Which rows."""
    source: str = ""
    """A query in the place of the table; `{0}` stands for the schema, here and in `where`."""


def _plain(*names: str) -> dict[str, str]:
    return {name: name for name in names}


STANDING: Final = "standing"
CALLED_OFF: Final = "standing of a cancelled battle"
STREAK: Final = "streak"
REVIEW: Final = "due streak.review"

PROJECTED: Final = (
    Projected("settings", ("user_id",), _plain("time_zone", "day_start", "week_start")),
    Projected("habit", ("habit_id",), _plain("user_id", "kind", "deleted")),
    Projected(
        "terms",
        ("habit_id", "place"),
        {"schedule": "schedule::text", **_plain("accepted_at", "from_day", "target_bound", "target_amount")},
    ),
    Projected(
        "fact",
        ("fact_id", "revision"),
        _plain("user_id", "habit_id", "civil_day", "instant", "value", "source", "accepted_at", "ended_at"),
    ),
    Projected(
        "battle",
        ("battle_id",),
        {
            **_plain("owner_id", "phase", "spec", "timetable", "closes_at", "version", "result_hash"),
            "result": "result::text",
            # The barrier may have been asked for before it was reached; that says nothing yet.
            "vector": "case when result_hash is not null then vector::text end",
            **{name: f"case when revision > 0 then {name} end" for name in ("revision", "as_of")},
        },
    ),
    Projected(
        "contestant",
        ("battle_id", "user_id"),
        {"habits": "habits::text", **_plain("time_zone", "day_start", "week_start", "left_at", "disqualified_at")},
    ),
    Projected("exclusion", ("battle_id", "fact_id"), _plain("user_id", "at")),
    Projected(
        STANDING,
        ("battle_id", "user_id"),
        _plain("rank", "score", "met_days", "longest_streak", "facts", "last_counted_at"),
        "battle_id in (select b.battle_id from {0}.battle b where b.phase <> 'cancelled')",
    ),
    # What a battle that was called off had come to by then depends on which log was read first: it is what was announced last.
    Projected(
        CALLED_OFF,
        ("battle_id", "user_id"),
        _plain("rank", "score"),
        source="(select s.* from {0}.standing s join {0}.battle b using (battle_id) where b.phase = 'cancelled' and b.revision > 0)",
    ),
    # Of a streak only what lives now follows from the facts; what was lost and warned of is memory of what was said.
    Projected(
        STREAK,
        ("habit_id",),
        _plain("user_id", "length", "since"),
        "habit_id in (select h.habit_id from {0}.habit h where not h.deleted)",
    ),
    # Whoever looked in vain looks again a moment later, so a time that is past says no more than that.
    Projected(
        "due battle.close",
        ("battle_id",),
        _plain("at"),
        source="(select d.key::uuid as battle_id, least(d.at, b.closes_at) as at "
        "from {0}.due d left join {0}.battle b on b.battle_id = d.key::uuid where d.kind = 'battle.close')",
    ),
    Projected(
        REVIEW,
        ("habit_id",),
        _plain("at"),
        source="(select h.habit_id, d.at from {0}.due d join {0}.habit h on h.habit_id = d.key::uuid "
        "where d.kind = 'streak.review' and not h.deleted)",
    ),
    Projected("parked", ("topic", "partition", "position"), _plain("consumer", "key", "type")),
)

REMEMBERED: Final = ("due", "streak", "discarded", "dead_letter", "idempotency_key")
"""Tables that remember what was said, given up and is due: they do not follow from the logs, and a rebuilt scoring keeps them."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "standing of a cancelled battle: met_days, longest_streak, facts, last_counted_at": "depend on which log was read first",
    "standing of a cancelled battle that was never announced": "depends on which log was read first",
    "streak: lost, lost_since, warned_day": "what was said of it by the clock, not what follows from facts",
    "due standings.announce, due times that are past, and due: attempts": "a matter of the moment",
    "parked: payload, at, headers, reason, attempts, parked_at": "copies of the log, and what happened when",
    "discarded, dead_letter": "acts of people",
    "idempotency_key": "answers to requests",
}
"""What is not compared, and why; `arena replay scoring --verify` says so."""
