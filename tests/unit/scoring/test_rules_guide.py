"""The example in the players' guide comes to what the guide says."""

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from arena.contracts.battle_spec import DayRule, Per, ScoringSpec
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.habit import Bound, Schedule, ScheduleType, Target, Weekday
from arena.contracts.ids import FactId, HabitId, UserId
from arena.scoring.domain.rules import score
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, HabitTerms
from arena.scoring.domain.rules_facts import select_facts

use_tzdata_wheel()

BERLIN = ZoneInfo("Europe/Berlin")
HABITS = {"run": HabitId(UUID(int=1)), "read": HabitId(UUID(int=2))}
LINE = re.compile(r"^\| (run|read) \| (.+?) \| (\d+) \| (\S+ \S+) \| (\d+ June|\N{EN DASH}) \|", re.MULTILINE)


def guide() -> str:
    root = next(parent for parent in Path(__file__).resolve().parents if (parent / "docs").is_dir())
    return (root / "docs" / "guides" / "battles.md").read_text("utf-8")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def june(text: str) -> date:
    return date(2026, 6, int(text.split(maxsplit=1)[0]))


def facts() -> list[tuple[CountedFact, date | None]]:
    """Each line of the table, and the day it is said to count for."""
    found = []
    for number, (habit, done, amount, accepted, counts) in enumerate(LINE.findall(guide()), start=1):
        stated = "no time" in done
        at = None if stated else berlin(done)
        day = june(done) if at is None else at.date()
        fact = CountedFact(FactId(UUID(int=number)), 1, HABITS[habit], day, at, int(amount) * 1000, berlin(accepted))
        found.append((fact, None if counts == "\N{EN DASH}" else june(counts)))
    return found


def test_the_example_in_the_guide_comes_to_what_the_guide_says() -> None:
    end = berlin("2026-06-06 03:00")
    grace = berlin("2026-06-06 03:10")
    start = datetime.combine(date(2026, 6, 1), time(), BERLIN)
    scoring = ScoringSpec(streak_bonus=5, streak_bonus_cap=10)
    contest = Contest(DayRule.OWN, start, end, grace, date(2026, 6, 1), date(2026, 6, 6), scoring, Per.MET_DAY)
    reading = Schedule(ScheduleType.WEEKDAYS, (Weekday.MON, Weekday.WED, Weekday.FRI))
    terms = {HABITS["run"]: HabitTerms(target=Target(Bound.AT_LEAST, 5000)), HABITS["read"]: HabitTerms(reading)}
    ann = Contestant(UserId(UUID(int=9)), terms, "Europe/Berlin", 180, Weekday.MON)

    table = facts()
    assert len(table) == 11
    counted = select_facts(contest, ann, [fact for fact, _ in table])
    assert [(fact.fact_id, fact.civil_day) for fact in counted] == [(fact.fact_id, day) for fact, day in table if day]
    found = score(contest, ann, counted)
    said = re.search(r"\*\*(\d+) points\*\*, (\d+) met days and a longest streak of (\d+)", guide())
    assert said
    assert [found.score, found.met_days, found.longest_streak] == [int(number) for number in said.groups()] == [95, 7, 3]
