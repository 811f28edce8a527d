"""The result document: what it says, what its digests are taken of, and that it passes its own checks."""

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.contracts.battle_spec import BattleKind, BattleSpec, DayRule, Per, ScoringSpec, TieBreak, WindowSpec
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.events.battles import Timetable
from arena.contracts.habit import Bound, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import BattleId, FactId, HabitId, UserId
from arena.contracts.result import FIELDS, FORMAT, LINE, PARTITIONS, problems
from arena.scoring.domain.result import contribution, instant, result_document
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, HabitTerms
from arena.scoring.domain.standings import standings

use_tzdata_wheel()

BATTLE = BattleId(UUID(int=7))
RUN, READ = HabitId(UUID(int=1)), HabitId(UUID(int=2))
ANN, BEN = UserId(UUID(int=11)), UserId(UUID(int=12))
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)
GRACE, AUDIT = END + timedelta(minutes=10), END + timedelta(minutes=40)
TIMES = Timetable(START, END, GRACE, AUDIT, "2026a")
WINDOW = WindowSpec(datetime(2026, 6, 1), datetime(2026, 6, 8), "Etc/UTC", DayRule.OWN, audit_minutes=30)  # noqa: DTZ001 - civil times
SPEC = BattleSpec(BattleKind.FREE_FOR_ALL, WINDOW, ScoringSpec(streak_bonus=5, streak_bonus_cap=20), max_participants=4)
VECTOR = {"habits.ledger": [3] * PARTITIONS, "battles.battle": [1] * PARTITIONS}
TERMS = {
    READ: HabitTerms(Schedule(ScheduleType.WEEKDAYS, (Weekday.MON, Weekday.WED)), Target(Bound.AT_MOST, 2000)),
    RUN: HabitTerms(),
}


def contestant(user: UserId = ANN) -> Contestant:
    return Contestant(user, TERMS, "Etc/UTC", 0, Weekday.MON)


def fact(number: int, day: int, habit: HabitId = RUN) -> CountedFact:
    at = START + timedelta(days=day - 1, hours=12)
    return CountedFact(FactId(UUID(int=number)), 1, habit, at.date(), at, 1000, at)


FACTS = [fact(3, 2), fact(1, 1), fact(2, 1, READ)]


def test_a_digest_is_of_the_frozen_terms_and_the_counted_facts_in_the_order_of_their_ids() -> None:
    stated = CountedFact(FactId(UUID(int=4)), 2, RUN, date(2026, 6, 3), None, 1500, START)
    found = contribution(Contest.of(SPEC, TIMES), contestant(), [*FACTS, stated, fact(5, 30)])
    assert found.score == (ANN, 55, 4, 3, 4, START + timedelta(days=1, hours=12))
    assert found.digested == {
        "user_id": "00000000-0000-0000-0000-00000000000b",
        "time_zone": "Etc/UTC",
        "day_start": 0,
        "week_start": "mon",
        "habits": [
            {"habit_id": str(RUN), "schedule": {"type": "daily", "days": [], "times": 0}, "target": None},
            {"habit_id": str(READ), "schedule": {"type": "weekdays", "days": ["mon", "wed"], "times": 0}, "target": {"at_most": 2000}},
        ],
        "facts": [
            {
                "fact_id": str(UUID(int=number)),
                "revision": revision,
                "habit_id": str(habit),
                "day": day,
                "instant": at,
                "value": value,
                "accepted_at": at or "2026-06-01T00:00:00.000000Z",
            }
            for number, revision, habit, day, at, value in [
                (1, 1, RUN, "2026-06-01", "2026-06-01T12:00:00.000000Z", 1000),
                (2, 1, READ, "2026-06-01", "2026-06-01T12:00:00.000000Z", 1000),
                (3, 1, RUN, "2026-06-02", "2026-06-02T12:00:00.000000Z", 1000),
                (4, 2, RUN, "2026-06-03", None, 1500),
            ]
        ],
    }


def test_a_contestant_who_is_disqualified_has_nothing() -> None:
    found = contribution(Contest.of(SPEC, TIMES), replace(contestant(), disqualified=True), FACTS)
    assert found.digested["facts"] == []
    assert found.score == (ANN, 0, 0, 0, 0, None)


def test_of_two_revisions_of_a_fact_the_earlier_is_digested_first() -> None:
    both = [fact(1, 1)._replace(revision=2), fact(1, 1)]
    digested = contribution(Contest.of(SPEC, TIMES), contestant(), both).digested
    assert [line["revision"] for line in digested["facts"]] == [1, 2]


def test_an_instant_is_in_utc_with_microseconds() -> None:
    assert instant(datetime(2026, 6, 1, 9, 0, 0, 5, tzinfo=timezone(timedelta(hours=9)))) == "2026-06-01T00:00:00.000005Z"
    assert instant(datetime(1970, 1, 1, tzinfo=UTC)) == "1970-01-01T00:00:00.000000Z"


def test_the_machines_zone_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = document([(ANN, FACTS)])
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        try:
            assert document([(ANN, FACTS)]) == expected
            assert instant(START) == "2026-06-01T00:00:00.000000Z"
        finally:
            elsewhere.undo()
            time.tzset()


def document(entries: list[tuple[UserId, list[CountedFact]]], spec: BattleSpec = SPEC) -> dict[str, Any]:
    contest = Contest.of(spec, TIMES)
    parts = [contribution(contest, contestant(user), facts) for user, facts in entries]
    digests = {part.score.user_id: sha256_hex(canonical_json(part.digested)) for part in parts}
    rows = standings([part.score for part in parts], spec.scoring.tie_breaks)
    return result_document(BATTLE, spec, TIMES, VECTOR, rows, digests)


DECLARED = {
    "kind": "free_for_all",
    "window": {
        "start": "2026-06-01T00:00:00",
        "end": "2026-06-08T00:00:00",
        "time_zone": "Etc/UTC",
        "days": "own",
        "grace_minutes": 10,
        "audit_minutes": 30,
        "disambiguation": "compatible",
    },
    "scoring": {
        "rule": "points@1",
        "per": None,
        "points": 10,
        "streak_bonus": 5,
        "streak_bonus_cap": 20,
        "tie_breaks": ["met_days", "streak", "earliest"],
    },
    "max_participants": 4,
    "invite_only": True,
}


def test_the_document_says_what_was_played_by_which_rule_up_to_where_and_what_came_out() -> None:
    found = document([(BEN, []), (ANN, FACTS)])
    standing = found.pop("standings")
    assert found == {
        "format": FORMAT,
        "battle_id": str(BATTLE),
        "spec": DECLARED,
        "timetable": {
            "start": "2026-06-01T00:00:00.000000Z",
            "end": "2026-06-08T00:00:00.000000Z",
            "grace_ends": "2026-06-08T00:10:00.000000Z",
            "audit_ends": "2026-06-08T00:40:00.000000Z",
        },
        "tzdata": "2026a",
        "rule": "points@1",
        "vector": VECTOR,
    }
    first, second = standing
    digest = first.pop("digest")
    assert first == {
        "user_id": str(ANN),
        "rank": 1,
        "score": 35,
        "met_days": 3,
        "longest_streak": 2,
        "facts": 3,
        "last_counted_at": "2026-06-02T12:00:00.000000Z",
    }
    assert digest == sha256_hex(canonical_json(contribution(Contest.of(SPEC, TIMES), contestant(), FACTS).digested))
    assert (second["user_id"], second["rank"], second["score"], second["last_counted_at"]) == (str(BEN), 2, 0, None)
    assert set(second) == LINE


def test_per_is_written_as_it_was_declared() -> None:
    spec = replace(SPEC, scoring=ScoringSpec(per=Per.FACT, tie_breaks=(TieBreak.EARLIEST,)))
    assert document([], spec)["spec"]["scoring"]["per"] == "fact"
    assert document([], spec)["spec"]["scoring"]["tie_breaks"] == ["earliest"]


def test_the_hash_can_be_recomputed_with_any_json_library_that_sorts_keys() -> None:
    found = document([(ANN, FACTS)])
    plain = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert sha256(plain).hexdigest() == sha256_hex(canonical_json(found))


numbers = st.lists(
    st.tuples(st.integers(1, 99), st.integers(-1, 9), st.sampled_from([RUN, READ])), max_size=9, unique_by=lambda entry: entry[0]
)
specs = st.builds(
    lambda per, bonus, cap, days: replace(
        SPEC, window=replace(WINDOW, days=days), scoring=ScoringSpec(per=per, streak_bonus=bonus, streak_bonus_cap=cap)
    ),
    st.sampled_from([None, *Per]),
    st.sampled_from([0, 3]),
    st.sampled_from([3, 7]),
    st.sampled_from(list(DayRule)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(numbers, max_size=5), specs, st.data())
def test_any_result_passes_its_own_checks_and_has_one_hash_whatever_the_order(
    ledgers: list[list[tuple[int, int, HabitId]]], spec: BattleSpec, data: st.DataObject
) -> None:
    entries = [(UserId(UUID(int=100 + n)), [fact(*line) for line in ledger]) for n, ledger in enumerate(ledgers)]
    shuffled = [(user, data.draw(st.permutations(facts))) for user, facts in data.draw(st.permutations(entries))]
    found = document(entries, spec)
    assert canonical_json(document(shuffled, spec)) == canonical_json(found)
    assert set(found) == FIELDS
    assert list(problems(found)) == []
    assert list(problems(json.loads(canonical_json(found)))) == []
