"""A log with two battles at once and facts of every kind, told from a seed in a second or two of real time."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from arena.contracts.battle_spec import Per, Phase
from arena.contracts.events.battles import ParticipantLeft
from arena.contracts.events.habits import HabitChanged, HabitDeleted, SettingsChanged, Source
from arena.contracts.habit import Schedule, Weekday
from arena.contracts.ids import HabitId
from tests.integration.scoring.ground import Ground
from tests.integration.scoring.stories import POINTS, Cast, Contestant, Match, Tale

WEEK = date(2026, 6, 1)
WINDOW = 1200
"""Milliseconds: long enough for a busy machine to write all that must be accepted in time."""


@dataclass(slots=True)
class Season:
    """Two battles of a log: what the plain reading of the rules gives for the one by instants."""

    matches: tuple[Match, Match]
    expected: dict[str, int]


async def tell(ground: Ground, seed: int) -> Season:
    """Write a log: six people, two battles at once (by instants, by days), facts of every kind, changed before and after the window."""
    chance = Random(seed)  # noqa: S311 - a seeded story
    cast = Cast(chance, await ground.now())
    people = [cast.person() for _ in range(6)]
    await ground.append(*(person.created() for person in people))
    start = await ground.now() + timedelta(milliseconds=80)
    end = start + timedelta(milliseconds=WINDOW)
    instants = Match.between(cast, people[0].user, start, end, grace=0.1, audit=0.1)
    days = Match.of_days(cast, people[1].user, WEEK, 5, start, end, per=Per.MET_DAY, streak_bonus=2, streak_bonus_cap=6)
    matches = (instants, days)
    await ground.append(*(match.opened() for match in matches), *(person.joined(match) for match in matches for person in people))
    await ground.append(ParticipantLeft(instants.id, people[5].user), people[5].joined(instants), ParticipantLeft(days.id, people[4].user))
    tale = Tale(cast)
    await _play(ground, chance, tale, people, matches)
    await _until(ground, end + timedelta(milliseconds=110))
    expected = {str(person.user): POINTS * tale.counted(person, start, end) for person in people[:5]}
    await _afterwards(ground, chance, tale, people, matches)
    await _until(ground, end + timedelta(milliseconds=210))
    return Season(matches, expected)


async def _play(ground: Ground, chance: Random, tale: Tale, people: list[Contestant], matches: tuple[Match, Match]) -> None:
    """While the window is open: facts, corrections, undos; the battles begin in the midst of it."""
    start = matches[0].timetable.start
    for step in range(36):
        if step == 12:
            await ground.append(*(match.moved(Phase.RUNNING) for match in matches))
        known = list(tale.in_force)
        person = chance.choice(people)
        inside, outside = start + timedelta(milliseconds=chance.randrange(WINDOW)), start - timedelta(seconds=chance.randrange(1, 90_000))
        day = WEEK + timedelta(days=chance.randrange(-1, 6))
        match chance.randrange(9):
            case 0 | 1 | 2:
                event: object = tale.log(person, inside)
            case 3 | 4:
                event = tale.log(person, None, civil_day=day)
            case 5:
                event = tale.log(person, outside, source=chance.choice(list(Source)))
            case 6:
                event = tale.log(person, inside, habit_id=HabitId(tale.cast.id()))
            case 7 if known:
                instant = chance.choice([inside, outside, None])
                event = tale.correct(chance.choice(known), instant=instant, civil_day=instant.date() if instant else day)
            case _ if known:
                event = tale.take_back(chance.choice(known))
            case _:
                event = tale.log(person, inside)
        await ground.append(event)
    await ground.append(ParticipantLeft(matches[0].id, people[5].user), *(match.moved(Phase.GRACE) for match in matches))


async def _afterwards(ground: Ground, chance: Random, tale: Tale, people: list[Contestant], matches: tuple[Match, Match]) -> None:
    """What comes too late for the battles: it changes the ledger alone."""
    known = list(tale.in_force)
    start = matches[0].timetable.start
    await ground.append(
        matches[0].moved(Phase.AUDIT),
        *(tale.log(person, start) for person in people),
        *(tale.take_back(fact) for fact in chance.sample(known, 3)),
        HabitChanged(people[2].user, people[2].habit, None, Schedule(), WEEK),
        HabitDeleted(people[3].user, people[3].habit),
        SettingsChanged(people[0].user, "Asia/Tokyo", 180, Weekday.SUN),
    )


async def _until(ground: Ground, instant: datetime) -> None:
    await asyncio.sleep(max(0.0, (instant - await ground.now()).total_seconds()) + 0.02)
