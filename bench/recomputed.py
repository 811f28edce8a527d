"""Standings from nothing: the log's facts and the pure rules, without anything that scoring stored."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from arena.chassis.bus.bell import Bell
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.source import PostgresSource
from arena.chassis.db.provision import PARTITIONS
from arena.chassis.db.unit_of_work import Units
from arena.contracts.events.habits import FactLogged, HabitCreated
from arena.contracts.events.scoring import StandingsChanged
from arena.contracts.ids import BattleId, HabitId
from arena.contracts.registry import LEDGER, STANDINGS, Log
from arena.scoring.domain.rules import score
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, HabitTerms, TermsChange, frozen_terms
from arena.scoring.domain.rules_facts import select_facts
from arena.scoring.domain.standings import standings
from bench.ledger_world import WEEK_START, Duel

Line = tuple[UUID, UUID, int, int, int, int, int, Any]
"""battle, user, rank, score, met days, longest streak, facts, reached"""
_AT_ONCE = 50_000


async def differences(units: Units, duels: Sequence[Duel]) -> list[str]:
    """Every line of the stored or announced standings that a recomputation does not give."""
    expected = await _recomputed(units, duels)
    stored = await _stored(units)
    announced = await _announced(units)
    found = [f"stored {line}" for line in stored.symmetric_difference(expected)]
    public = {(battle, user, rank, points) for battle, user, rank, points, *_ in expected}
    return found + [f"announced {line}" for line in announced.symmetric_difference(public)]


async def _recomputed(units: Units, duels: Sequence[Duel]) -> set[Line]:
    facts: dict[HabitId, list[CountedFact]] = {}
    terms: dict[HabitId, TermsChange] = {}
    for record in await records_of(units, LEDGER):
        event = units.catalogue.decode(LEDGER.number, record)
        if isinstance(event, HabitCreated):
            terms[event.habit_id] = TermsChange(record.at, event.from_day, HabitTerms(event.schedule, event.target))
        elif isinstance(event, FactLogged):
            counted = CountedFact(
                event.fact_id, event.revision, event.habit_id, event.civil_day, event.instant, event.value, record.at, None, event.source
            )
            facts.setdefault(event.habit_id, []).append(counted)
    return {line for duel in duels for line in _ranked(duel, facts, terms)}


def _ranked(duel: Duel, facts: dict[HabitId, list[CountedFact]], terms: dict[HabitId, TermsChange]) -> list[Line]:
    contest = Contest.of(duel.spec, duel.timetable)
    scores = []
    for player in duel.players:
        frozen = frozen_terms({player.habit_id: [terms[player.habit_id]]}, contest)
        contestant = Contestant(player.user_id, frozen, "UTC", 0, WEEK_START)
        scores.append(score(contest, contestant, select_facts(contest, contestant, facts.get(player.habit_id, []))))
    return [
        (duel.battle_id, s.user_id, rank, s.score, s.met_days, s.longest_streak, s.facts, s.last_counted_at)
        for rank, s in standings(scores, contest.scoring.tie_breaks)
    ]


async def _stored(units: Units) -> set[Line]:
    async with units.begin(read_only=True) as uow:
        rows = await uow.connection.execute(
            text("select battle_id, user_id, rank, score, met_days, longest_streak, facts, last_counted_at from standing")
        )
        return {tuple(row) for row in rows}


async def _announced(units: Units) -> set[tuple[UUID, UUID, int, int]]:
    latest: dict[BattleId, StandingsChanged] = {}
    for record in await records_of(units, STANDINGS):
        event = units.catalogue.decode(STANDINGS.number, record)
        if isinstance(event, StandingsChanged):
            latest[event.battle_id] = event
    return {(event.battle_id, row.user_id, row.rank, row.score) for event in latest.values() for row in event.rows}


async def records_of(units: Units, log: Log, beyond: Mapping[int, int] | None = None) -> list[RawRecord]:
    """All that a log has, or what it has beyond these positions."""
    source = PostgresSource(units.engine, log.number, range(PARTITIONS), Bell(""))
    after = dict.fromkeys(range(PARTITIONS), 0) | dict(beyond or {})
    found: list[RawRecord] = []
    while batch := await source.read(after, _AT_ONCE):
        after |= {record.partition: record.position for record in batch}
        found += batch
    return found
