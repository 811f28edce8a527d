"""A battle in words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from arena.client.models import LeaderboardRow, Standings
from arena.web.views.battle import PHASES, Battle, cancelled_words, host_words, line, read, rules, winner_words
from arena.web.views.board import lines
from arena.web.views.words import Clock

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ME, ANN, BEN = (UUID(int=n) for n in range(3))


def battle(phase: str = "running", window: dict[str, Any] | None = None, scoring: dict[str, Any] | None = None, **changes: Any) -> Battle:
    at = {
        name: NOW + timedelta(hours=hours) for name, hours in (("starts_at", 1), ("ends_at", 2), ("grace_ends_at", 3), ("audit_ends_at", 4))
    }
    times = {"start": "", "end": "", "time_zone": "UTC", "days": "instant", "grace_minutes": 10, "audit_minutes": 0, **at}
    points: dict[str, Any] = {"rule": "points@1", "per": None, "points": 10, "streak_bonus": 0, "streak_bonus_cap": 0, "tie_breaks": []}
    fields = {"id": ME, "name": "Sprint", "kind": "head_to_head", "owner_id": ANN, "participants": 2, "max_participants": None}
    return read(
        {
            **fields,
            "phase": phase,
            "window": {**times, **(window or {})},
            "scoring": {**points, **(scoring or {})},
            "invite_only": True,
            "created_at": NOW,
            "something_new": 1,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("phase", "when", "words"),
    [
        ("open", "starts", "today 13:00"),
        ("running", "ends", "today 14:00"),
        ("grace", "late logs count until", "today 15:00"),
        ("audit", "settled after", "today 16:00"),
        ("final", "ended", "today 14:00"),
    ],
)
def test_a_line_says_what_is_next_and_when(phase: str, when: str, words: str) -> None:
    shown = line(battle(phase), Clock(NOW, "UTC"))
    assert shown.when == when
    assert shown.moment is not None
    assert shown.moment.words == words


def test_a_battle_is_by_me_by_its_owner_by_a_resource_or_by_someone() -> None:
    resource = {"kind": "Battle", "namespace": "games", "name": "november"}
    assert host_words(battle(owner_id=ME), ME, "Ann") == "by you"
    assert host_words(battle(declared_by=resource), ME, "Ann") == "by Ann"
    assert host_words(battle(declared_by=resource), ME, None) == "declared as Battle games/november"
    assert host_words(battle(), ME, None) == "by Someone"


def test_every_phase_has_a_name() -> None:
    assert set(PHASES) == {"draft", "open", "running", "grace", "audit", "final", "cancelled"}
    assert line(battle("cancelled"), Clock(NOW, "UTC")).moment is None


def test_the_rules_say_what_counts_and_for_how_much() -> None:
    told = rules(battle(scoring={"points": 1, "streak_bonus": 2, "streak_bonus_cap": 6, "tie_breaks": ["met_days", "earliest"]}))
    assert told == [
        "1 point for every log.",
        "2 more for each further day of an unbroken streak inside the battle, at most 6.",
        "A log counts if it was done between start and end, to the second.",
        "Logs that arrive up to 10 min after the end still count.",
        "Equal scores are told apart by more met days, then who got there first.",
        "Opponents see your name and score, nothing else; imports never count.",
    ]


def test_whole_days_count_by_met_day_unless_told_otherwise() -> None:
    assert rules(battle(window={"days": "own", "grace_minutes": 0, "audit_minutes": 60}))[:3] == [
        "10 points for every day whose target is met.",
        "Whole days count, for each in the zone they joined with.",
        "After that an arbiter has 1 h to decide.",
    ]


def rows(*given: tuple[UUID, str, int, int]) -> list[LeaderboardRow]:
    return [LeaderboardRow(user, name, rank, score) for user, name, rank, score in given]


def test_the_winner_is_named_and_a_shared_first_place_is_shared() -> None:
    assert winner_words(rows((ANN, "Ann", 1, 1)), ME) == "Ann won with 1 point."
    assert winner_words(rows((ME, "Me", 1, 50), (ANN, "Ann", 2, 1)), ME) == "You won with 50 points."
    assert winner_words(rows((ME, "Me", 1, 5), (ANN, "Ann", 1, 5), (BEN, "Ben", 1, 5)), ME) == "You, Ann and Ben share the first place."
    assert winner_words([], ME) == "Nobody took part to the end."


def test_why_a_battle_was_called_off_is_told() -> None:
    assert "needs two" in cancelled_words(battle("cancelled", cancelled_for="too_few"))
    assert cancelled_words(battle("cancelled", cancelled_for="something_new")) == "It was called off."


def test_bars_are_relative_to_the_leader() -> None:
    shown = lines(Standings(rows((ANN, "Ann", 2, 15), (ME, "Me", 1, 30), (BEN, "Ben", 3, 0)), 1, NOW, "running"), ME)
    assert [(row.name, row.share, row.is_me) for row in shown] == [("Me", 100, True), ("Ann", 50, False), ("Ben", 0, False)]
    assert [row.share for row in lines(Standings(rows((ANN, "Ann", 1, 0)), 1, NOW, "running"), None)] == [0]
