"""Each rule about a definition, at its bounds; a refusal names the field."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from arena.battles.domain.battle import Participant
from arena.battles.domain.errors import BattleError, InvalidBattle, ParticipantInvalid, ScoringInvalid, WindowInPast, WindowInvalid
from arena.battles.domain.validation import check_name, check_participant, check_places, check_scoring, check_window, valid_timetable
from arena.contracts.battle_spec import BattleKind, BattleSpec, DayRule, Disambiguation, ScoringSpec, TieBreak, WindowSpec
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, HabitId, UserId

use_tzdata_wheel()

MAY = datetime(2026, 5, 1, tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


WINDOW = WindowSpec(wall("2026-06-01"), wall("2026-06-08"), "Europe/Berlin")
SPEC = BattleSpec(BattleKind.FREE_FOR_ALL, WINDOW)
PERSON = Participant(BattleId(UUID(int=1)), UserId(UUID(int=2)), (HabitId(UUID(int=3)),), "Europe/Berlin", 0, Weekday.MON, MAY)


def refusal(check: Callable[[], Any], kind: type[BattleError]) -> tuple[str | None, str]:
    with pytest.raises(kind) as refused:
        check()
    assert type(refused.value) is kind
    return refused.value.field, refused.value.detail


def test_an_ordinary_definition_is_accepted_with_its_times() -> None:
    assert valid_timetable("June", SPEC, MAY).start == wall("2026-05-31T22:00Z")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "A battle has a name."),
        (" \u3000\t", "A battle has a name."),
        ("x" * 201, "A name has at most 200 characters."),
        ("a\nb", "A name has no control characters."),
        ("a\x7fb", "A name has no control characters."),
        ("a\ud800b", "A name has no control characters."),
    ],
)
def test_a_name_is_one_line_of_1_to_200_characters(name: str, reason: str) -> None:
    assert refusal(lambda: check_name(name), InvalidBattle) == ("name", reason)
    assert refusal(lambda: valid_timetable(name, SPEC, MAY), InvalidBattle) == ("name", reason)


@pytest.mark.parametrize("name", ["x", "x" * 200, "Ünïcode 🏅 и שלום"])
def test_any_other_name_will_do(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("kind", "limit", "reason"),
    [
        ("head_to_head", 3, "A head-to-head battle is between two: leave max_participants out, or say 2."),
        ("head_to_head", 1, "A head-to-head battle is between two: leave max_participants out, or say 2."),
        ("free_for_all", 1, "A battle has 2 to 10000 participants."),
        ("free_for_all", 10_001, "A battle has 2 to 10000 participants."),
    ],
)
def test_places_have_bounds(kind: str, limit: int, reason: str) -> None:
    spec = replace(SPEC, kind=BattleKind(kind), max_participants=limit)
    assert refusal(lambda: check_places(spec), InvalidBattle) == ("max_participants", reason)
    assert refusal(lambda: valid_timetable("June", spec, MAY), InvalidBattle) == ("max_participants", reason)


@pytest.mark.parametrize(("kind", "limit"), [("head_to_head", None), ("head_to_head", 2), ("free_for_all", None), ("free_for_all", 2)])
def test_places_within_bounds_are_accepted(kind: str, limit: int | None) -> None:
    check_places(replace(SPEC, kind=BattleKind(kind), max_participants=limit))
    check_places(replace(SPEC, max_participants=10_000))


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"rule": "points@2"}, "rule", "There is no such rule; known: points@1."),
        ({"points": 0}, "points", "Points are 1 to 1000000."),
        ({"points": 1_000_001}, "points", "Points are 1 to 1000000."),
        ({"streak_bonus": -1}, "streak_bonus", "A streak bonus is 0 to 1000000."),
        ({"streak_bonus": 1_000_001}, "streak_bonus", "A streak bonus is 0 to 1000000."),
        ({"streak_bonus_cap": -1}, "streak_bonus_cap", "The cap of the streak bonus is 0 to 1000000."),
        ({"streak_bonus_cap": 1_000_001}, "streak_bonus_cap", "The cap of the streak bonus is 0 to 1000000."),
        ({"streak_bonus": 5, "streak_bonus_cap": 4}, "streak_bonus_cap", "The cap of the streak bonus is at least the bonus."),
        ({"tie_breaks": (TieBreak.STREAK, TieBreak.STREAK)}, "tie_breaks", "No tie-break is named twice."),
    ],
)
def test_scoring_has_bounds(change: dict[str, Any], field: str, reason: str) -> None:
    scoring = replace(ScoringSpec(), **change)
    assert refusal(lambda: check_scoring(scoring), ScoringInvalid) == (f"scoring.{field}", reason)
    assert refusal(lambda: valid_timetable("June", replace(SPEC, scoring=scoring), MAY), ScoringInvalid)[0] == f"scoring.{field}"


@pytest.mark.parametrize(
    "change",
    [
        {"points": 1},
        {"points": 1_000_000},
        {"streak_bonus": 1_000_000, "streak_bonus_cap": 1_000_000},
        {"streak_bonus": 5, "streak_bonus_cap": 5},
        {"tie_breaks": ()},
        {"tie_breaks": (TieBreak.EARLIEST, TieBreak.STREAK)},
    ],
)
def test_scoring_within_bounds_is_accepted(change: dict[str, Any]) -> None:
    check_scoring(replace(ScoringSpec(), **change))


OWN_DAYS = "Under `days: own` a window is whole civil days: from 00:00 to 00:00."


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"start": wall("2026-06-01T00:00Z")}, "window.start", "The window is in civil times: the zone says the offset."),
        ({"end": wall("2026-06-08T00:00Z")}, "window.end", "The window is in civil times: the zone says the offset."),
        ({"start": wall("1969-12-31T23:59")}, "window.start", "The window lies in the years 1970 to 2999."),
        ({"end": wall("3000-01-01")}, "window.end", "The window lies in the years 1970 to 2999."),
        ({"days": DayRule.OWN, "start": wall("2026-06-01T00:01")}, "window.start", OWN_DAYS),
        ({"days": DayRule.OWN, "end": wall("2026-06-08T12:00")}, "window.end", OWN_DAYS),
        ({"time_zone": "Mars/Olympus"}, "window.time_zone", "There is no such IANA time zone."),
        ({"time_zone": "../etc/passwd"}, "window.time_zone", "There is no such IANA time zone."),
        ({"end": WINDOW.start}, "window.end", "The window ends after it starts."),
        ({"end": wall("2026-05-31")}, "window.end", "The window ends after it starts."),
        ({"end": wall("2026-06-01T00:00:59")}, "window.end", "A window is at least a minute long."),
        ({"end": wall("2027-06-02T00:00:01")}, "window.end", "A window is at most 366 days long."),
        ({"grace_minutes": -1}, "window.grace_minutes", "Grace is 0 to 10080 minutes."),
        ({"grace_minutes": 10_081}, "window.grace_minutes", "Grace is 0 to 10080 minutes."),
        ({"audit_minutes": -1}, "window.audit_minutes", "An audit is 0 to 43200 minutes."),
        ({"audit_minutes": 43_201}, "window.audit_minutes", "An audit is 0 to 43200 minutes."),
    ],
)
def test_a_window_has_bounds(change: dict[str, Any], field: str, reason: str) -> None:
    window = replace(WINDOW, **change)
    assert refusal(lambda: check_window(window), WindowInvalid) == (field, reason)
    assert refusal(lambda: valid_timetable("June", replace(SPEC, window=window), MAY), WindowInvalid) == (field, reason)


@pytest.mark.parametrize(
    "change",
    [
        {"end": wall("2026-06-01T00:01")},
        {"end": wall("2027-06-02")},
        {"days": DayRule.OWN},
        {"time_zone": "GMT"},
        {"grace_minutes": 0, "audit_minutes": 0},
        {"grace_minutes": 10_080, "audit_minutes": 43_200},
        {"start": wall("1970-01-01"), "end": wall("1970-01-02")},
        {"start": wall("2999-12-30"), "end": wall("2999-12-31T23:59")},
    ],
)
def test_a_window_within_bounds_is_accepted(change: dict[str, Any]) -> None:
    check_window(replace(WINDOW, **change))


def test_a_battle_starts_in_the_future() -> None:
    start = wall("2026-05-31T22:00Z")
    valid_timetable("June", SPEC, start - timedelta(microseconds=1))
    assert refusal(lambda: valid_timetable("June", SPEC, start), WindowInPast) == ("window.start", "A battle starts in the future.")


def test_a_window_that_a_clock_change_swallows_is_refused_and_one_that_keeps_a_minute_is_not() -> None:
    def over(end: str, rule: Disambiguation) -> BattleSpec:
        return replace(SPEC, window=replace(WINDOW, start=wall("2027-03-28T01:45"), end=wall(end), disambiguation=rule))

    swallowed = "The window is shorter than a minute once the clock change inside it is counted."
    # 02:45 does not exist that night; the earlier reading of it is 01:45.
    for end in ("2027-03-28T02:45", "2027-03-28T02:45:59"):
        short = over(end, Disambiguation.EARLIER)
        assert refusal(partial(valid_timetable, "March", short, MAY), WindowInvalid) == ("window.end", swallowed)
    table = valid_timetable("March", over("2027-03-28T02:46", Disambiguation.EARLIER), MAY)
    assert table.end - table.start == timedelta(minutes=1)


def test_a_time_that_must_not_be_ambiguous_is_refused_in_words() -> None:
    window = replace(WINDOW, start=wall("2027-03-28T02:30"), end=wall("2027-03-29"), disambiguation=Disambiguation.REJECT)
    field, reason = refusal(lambda: valid_timetable("March", replace(SPEC, window=window), MAY), WindowInvalid)
    assert field == "window"
    assert reason == "The window cannot be resolved: 2027-03-28T02:30:00 is skipped in Europe/Berlin"


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"habits": ()}, "habits", "Name the habits you compete with."),
        ({"habits": tuple(HabitId(UUID(int=n)) for n in range(51))}, "habits", "At most 50 habits compete."),
        ({"habits": PERSON.habits * 2}, "habits", "No habit is named twice."),
        ({"time_zone": "Berlin"}, "time_zone", "There is no such IANA time zone."),
        ({"day_start": -1}, "day_start", "A day starts 0 to 1439 minutes after midnight."),
        ({"day_start": 1440}, "day_start", "A day starts 0 to 1439 minutes after midnight."),
    ],
)
def test_what_somebody_joins_with_has_bounds(change: dict[str, Any], field: str, reason: str) -> None:
    assert refusal(lambda: check_participant(replace(PERSON, **change)), ParticipantInvalid) == (field, reason)


def test_what_somebody_joins_with_is_accepted_within_bounds() -> None:
    check_participant(replace(PERSON, habits=tuple(HabitId(UUID(int=n)) for n in range(50)), day_start=1439))
    check_participant(PERSON)


def test_every_refusal_has_a_slug_of_its_own() -> None:
    kinds: list[type[BattleError]] = [BattleError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    slugs = [kind.slug for kind in kinds if kind.__module__ == BattleError.__module__]
    assert len(slugs) == len(set(slugs)) > 1
