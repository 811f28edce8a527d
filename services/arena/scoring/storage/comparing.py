"""Which of scoring's tables follow from the logs, and what of each can be compared."""

from typing import Final, NamedTuple


class Projected(NamedTuple):
    """A table that follows from the logs: its key, and its columns (name → expression)."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]
    where: str = "true"


def _plain(*names: str) -> dict[str, str]:
    return {name: name for name in names}


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
    # What a battle that was called off had come to by then depends on who was read first; nobody is told.
    Projected(
        "standing",
        ("battle_id", "user_id"),
        _plain("rank", "score", "met_days", "longest_streak", "facts", "last_counted_at"),
        "battle_id in (select b.battle_id from {}.battle b where b.phase <> 'cancelled')",
    ),
    # Of a streak only what lives now follows from the facts; what was lost and warned of is memory of what was said.
    Projected(
        "streak",
        ("habit_id",),
        _plain("user_id", "length", "since"),
        "habit_id in (select h.habit_id from {}.habit h where not h.deleted)",
    ),
    Projected("parked", ("topic", "partition", "position"), _plain("consumer", "key", "type")),
)

REMEMBERED: Final = ("due", "streak", "discarded", "dead_letter", "idempotency_key")
"""Tables that remember what was said, given up and is due: they do not follow from the logs, and a rebuilt scoring keeps them."""
