"""A battle's result out of its events alone; what each event means for it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from arena.contracts.battle_spec import BattleKind, BattleSpec, Phase, ScoringSpec, WindowSpec
from arena.contracts.events import battles as about
from arena.contracts.events import habits as ledger
from arena.contracts.habit import Bound, HabitKind, Schedule, Target, Weekday
from arena.contracts.ids import BattleId, FactId, HabitId, UserId
from arena.scoring.domain.story import Story

BATTLE = BattleId(UUID(int=1))
ANN, BEN = UserId(UUID(int=11)), UserId(UUID(int=12))
RUN, READ, OTHER = (HabitId(UUID(int=number)) for number in (21, 22, 23))
DAY = date(2026, 6, 1)
START = datetime(2026, 6, 1, 8, tzinfo=UTC)
END = START + timedelta(hours=2)
BEFORE, AFTER = START - timedelta(days=1), END + timedelta(minutes=30)
TABLE = about.Timetable(START, END, END + timedelta(minutes=10), END + timedelta(minutes=20), "2026a")
WINDOW = WindowSpec(START.replace(tzinfo=None), END.replace(tzinfo=None), "UTC")
SPEC = BattleSpec(BattleKind.FREE_FOR_ALL, WINDOW, ScoringSpec())
VECTOR = {"habits.ledger": [0] * 16, "battles.battle": [0] * 16}


def joined(user: UserId, *habits: HabitId) -> about.ParticipantJoined:
    return about.ParticipantJoined(BATTLE, user, habits or (RUN,), "Europe/Berlin", 180, Weekday.SUN)


def created(user: UserId, habit: HabitId = RUN, target: Target | None = None) -> ledger.HabitCreated:
    return ledger.HabitCreated(user, habit, HabitKind.MEASURED, target, Schedule(), DAY - timedelta(days=9))


def fact(user: UserId, number: int, habit: HabitId = RUN, **fields: Any) -> ledger.FactLogged:
    known: dict[str, Any] = {
        "revision": 1,
        "civil_day": DAY,
        "instant": START + timedelta(minutes=number),
        "value": 1000,
        "source": ledger.Source.APP,
    }
    return ledger.FactLogged(user, habit, FactId(UUID(int=100 + number)), time_zone="UTC", day_start=0, **(known | fields))


def corrected(user: UserId, number: int, revision: int, **fields: Any) -> ledger.FactCorrected:
    known = fact(user, number, **fields)
    return ledger.FactCorrected(
        user, RUN, known.fact_id, revision, known.civil_day, known.instant, "UTC", 0, known.value, ledger.Source.APP
    )


@pytest.fixture
def story() -> Story:
    """Two who compete with one habit each, made long before."""
    told = Story.begin(about.BattleOpened(BATTLE, ANN, SPEC, TABLE))
    for user in (ANN, BEN):
        told.follow(joined(user), BEFORE)
        told.players[user].keep(created(user), BEFORE)
    return told


def scores(story: Story) -> dict[str, int]:
    lines = story.result(BATTLE, VECTOR, str)["standings"]
    return {line["user_id"]: line["score"] for line in lines}


def digested(story: Story, user: UserId) -> str:
    lines = story.result(BATTLE, VECTOR, str)["standings"]
    return next(str(line["digest"]) for line in lines if line["user_id"] == str(user))


def test_facts_are_counted_for_whom_they_are_of(story: Story) -> None:
    for number in range(3):
        story.players[ANN].keep(fact(ANN, number), START + timedelta(minutes=number))
    story.players[BEN].keep(fact(BEN, 9), START + timedelta(minutes=9))
    assert scores(story) == {str(ANN): 30, str(BEN): 10}
    document = story.result(BATTLE, VECTOR, str)
    assert (document["battle_id"], document["tzdata"], document["vector"]) == (str(BATTLE), "2026a", VECTOR)


def test_a_correction_takes_the_place_of_what_it_corrects(story: Story) -> None:
    ann = story.players[ANN]
    ann.keep(fact(ANN, 1), START + timedelta(minutes=1))
    ann.keep(corrected(ANN, 1, 2, value=5000), START + timedelta(minutes=2))
    assert scores(story)[str(ANN)] == 10
    assert "'revision': 2" in digested(story, ANN)
    assert "'value': 5000" in digested(story, ANN)
    assert "'revision': 1" not in digested(story, ANN)


def test_a_correction_after_the_grace_changes_nothing(story: Story) -> None:
    ann = story.players[ANN]
    ann.keep(fact(ANN, 1), START + timedelta(minutes=1))
    before = digested(story, ANN)
    ann.keep(corrected(ANN, 1, 2, value=5000), TABLE.grace_ends + timedelta(seconds=1))
    assert digested(story, ANN) == before


def test_a_fact_that_is_taken_back_does_not_count(story: Story) -> None:
    ann = story.players[ANN]
    ann.keep(fact(ANN, 1), START + timedelta(minutes=1))
    ann.keep(fact(ANN, 2), START + timedelta(minutes=2))
    ann.keep(ledger.FactVoided(ANN, RUN, fact(ANN, 1).fact_id, 1), START + timedelta(minutes=3))
    assert scores(story)[str(ANN)] == 10


def test_what_has_ended_is_not_ended_again(story: Story) -> None:
    ann = story.players[ANN]
    ann.keep(fact(ANN, 1), START)
    ann.keep(ledger.FactVoided(ANN, RUN, fact(ANN, 1).fact_id, 1), START + timedelta(minutes=1))
    ann.keep(ledger.HabitDeleted(ANN, RUN), AFTER)
    assert [one.ended_at for one in ann.facts.values()] == [START + timedelta(minutes=1)]


def test_a_deleted_habit_takes_its_facts_along_and_no_others(story: Story) -> None:
    story.follow(joined(ANN, RUN, READ), BEFORE)
    ann = story.players[ANN]
    ann.keep(created(ANN, READ), BEFORE)
    ann.keep(fact(ANN, 1), START)
    ann.keep(fact(ANN, 2, READ), START)
    ann.keep(ledger.HabitDeleted(ANN, READ), START + timedelta(minutes=1))
    assert scores(story)[str(ANN)] == 10


def test_habits_that_do_not_compete_are_passed_over(story: Story) -> None:
    ann = story.players[ANN]
    ann.keep(created(ANN, OTHER), BEFORE)
    ann.keep(fact(ANN, 1, OTHER), START)
    ann.keep(ledger.SettingsChanged(ANN, "Asia/Tokyo", 0, Weekday.MON), START)
    assert (ann.facts, set(ann.terms)) == ({}, {RUN})


def test_imported_facts_do_not_count(story: Story) -> None:
    story.players[ANN].keep(fact(ANN, 1, source=ledger.Source.IMPORT), START)
    assert scores(story)[str(ANN)] == 0


def test_terms_are_those_in_force_at_the_start(story: Story) -> None:
    ann = story.players[ANN]
    change = ledger.HabitChanged(ANN, RUN, Target(Bound.AT_LEAST, 3000), Schedule(), DAY)
    ann.keep(change, BEFORE + timedelta(hours=1))
    ann.keep(ledger.HabitChanged(ANN, RUN, Target(Bound.AT_LEAST, 9000), Schedule(), DAY), START + timedelta(minutes=1))
    assert "{'at_least': 3000}" in digested(story, ANN)


def test_who_left_is_not_in_the_standings_and_who_came_back_is(story: Story) -> None:
    story.follow(about.ParticipantLeft(BATTLE, BEN), START)
    assert set(scores(story)) == {str(ANN)}
    story.follow(joined(BEN, READ), START)
    assert set(scores(story)) == {str(ANN), str(BEN)}
    assert story.players[BEN].joined.habits == (READ,)


def test_who_goes_when_all_is_decided_stays_in_the_standings(story: Story) -> None:
    story.follow(about.ParticipantLeft(BATTLE, BEN), TABLE.audit_ends)
    assert str(BEN) in scores(story)


def test_an_arbiter_s_decisions_count_also_after_coming_back(story: Story) -> None:
    ann = story.players[ANN]
    ann.keep(fact(ANN, 1), START)
    ann.keep(fact(ANN, 2), START)
    story.follow(about.FactExcluded(BATTLE, ANN, fact(ANN, 1).fact_id), AFTER)
    story.follow(joined(ANN), AFTER)
    assert scores(story)[str(ANN)] == 10
    story.follow(about.ParticipantDisqualified(BATTLE, ANN), AFTER)
    assert set(scores(story)) == {str(BEN)}


def test_the_last_definition_and_timetable_are_in_force(story: Story) -> None:
    story.players[ANN].keep(fact(ANN, 90), START + timedelta(minutes=90))
    assert scores(story)[str(ANN)] == 10
    sooner = about.Timetable(START, START + timedelta(hours=1), END, END, "2026a")
    story.follow(about.PhaseChanged(BATTLE, Phase.RUNNING, sooner), START)
    assert scores(story)[str(ANN)] == 0
    richer = BattleSpec(SPEC.kind, SPEC.window, ScoringSpec(points=50))
    story.follow(about.BattleChanged(BATTLE, richer, TABLE), START)
    assert scores(story)[str(ANN)] == 50


def test_zone_day_start_and_week_start_are_those_of_joining(story: Story) -> None:
    told = story.result(BATTLE, VECTOR, lambda value: str(value["user_id"]))
    assert [line["digest"] for line in told["standings"]] == [str(ANN), str(BEN)]
    contest = type("Contest", (), {"start": START, "first_day": DAY, "end_day": DAY})
    seen = story.players[ANN].contestant(contest)  # type: ignore[arg-type]  # the three fields of a contest that are asked for
    assert (seen.user_id, seen.time_zone, seen.day_start, seen.week_start) == (ANN, "Europe/Berlin", 180, Weekday.SUN)
