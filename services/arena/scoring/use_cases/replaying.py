"""A battle's result recomputed from the logs alone: scoring's tables are not asked, so they can be proved by it."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from arena.chassis.bus.catalogue import Catalogue, Recorded
from arena.chassis.bus.source import EventSource
from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.contracts.battle_spec import BattleSpec
from arena.contracts.events import battles as about
from arena.contracts.events import habits as ledger
from arena.contracts.events.scoring import BattleScored
from arena.contracts.ids import BattleId, FactId, HabitId, UserId
from arena.contracts.registry import BATTLES, LEDGER, STANDINGS, Log, partition_of
from arena.scoring.domain.result import contribution, result_document
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, HabitTerms, TermsChange, frozen_terms, unlived_days
from arena.scoring.domain.standings import standings

AT_ONCE = 5000
Advance = Callable[[int], None]
SourceOf = Callable[[Log], EventSource]


class BattleUnscored(Exception):
    """The logs hold no last word on the battle."""

    slug = "battle-unscored"

    def __init__(self, battle_id: BattleId) -> None:
        super().__init__(f"The log holds no result of a battle {battle_id}: it is unknown, was called off, or is not over yet.")


class Difference(NamedTuple):
    """What the document says and what the log gives, of one field; `contestant` is None where it is not of a contestant's line."""

    contestant: str | None
    field: str
    then: Any
    now: Any


class Replayed(NamedTuple):
    """A battle's result as it was announced, and as the log gives it now."""

    announced: BattleScored
    document: dict[str, Any]

    @property
    def result_hash(self) -> str:
        """The hash of what the log gives."""
        return sha256_hex(canonical_json(self.document))


@dataclass(slots=True)
class Player:
    """A contestant as the battle's log tells of them."""

    joined: about.ParticipantJoined
    left_at: datetime | None = None
    disqualified: bool = False
    excluded: set[FactId] = field(default_factory=set)
    terms: dict[HabitId, list[TermsChange]] = field(default_factory=dict)
    facts: dict[tuple[FactId, int], CountedFact] = field(default_factory=dict)


@dataclass(slots=True)
class Story:
    """A battle as the logs tell it."""

    spec: BattleSpec
    timetable: about.Timetable
    players: dict[UserId, Player] = field(default_factory=dict)

    def result(self, battle_id: BattleId, vector: Mapping[str, list[int]]) -> dict[str, Any]:
        """The result document."""
        contest = Contest.of(self.spec, self.timetable)
        stayed = [player for player in self.players.values() if player.left_at is None or player.left_at >= self.timetable.audit_ends]
        parts = [contribution(contest, _contestant(player, contest), list(player.facts.values())) for player in stayed]
        rows = standings([part.score for part in parts], self.spec.scoring.tie_breaks)
        digests = {part.score.user_id: sha256_hex(canonical_json(part.digested)) for part in parts}
        return result_document(battle_id, self.spec, self.timetable, vector, rows, digests)


async def replay_battle(battle_id: BattleId, source_of: SourceOf, catalogue: Catalogue, advance: Advance = lambda _: None) -> Replayed:
    """Recompute a battle's result from the events up to the vector that was announced.

    Raises:
        BattleUnscored: there is no last word on it in the log.
    """
    announced = await _last_word(battle_id, source_of(STANDINGS), catalogue, advance)
    vector = announced.result["vector"]
    story: Story | None = None
    async for record in _told(source_of(BATTLES), BATTLES, {str(battle_id)}, vector[BATTLES.name], catalogue, advance):
        story = _follow(story, record)
    if story is None:
        raise BattleUnscored(battle_id)
    users = {str(user) for user in story.players}
    async for record in _told(source_of(LEDGER), LEDGER, users, vector[LEDGER.name], catalogue, advance):
        _keep(story.players[record.event.user_id], record)
    return Replayed(announced, story.result(battle_id, vector))


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """What differs between two result documents: fields of the whole first, then line by line."""
    found = [Difference(None, name, then.get(name), now.get(name)) for name in sorted(then.keys() | now.keys()) if name != "standings"]
    before, after = _lines(then), _lines(now)
    for user in sorted(before.keys() | after.keys()):
        old, new = before.get(user), after.get(user)
        if old is None or new is None:
            found.append(Difference(user, "line", "present" if old else None, "present" if new else None))
        else:
            found += [Difference(user, name, old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys())]
    return [one for one in found if one.then != one.now]


def _lines(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(line["user_id"]): line for line in document.get("standings", ())}


async def _last_word(battle_id: BattleId, source: EventSource, catalogue: Catalogue, advance: Advance) -> BattleScored:
    heads = await source.heads()
    upto = [heads.get(partition, 0) for partition in range(max(heads, default=0) + 1)]
    async for record in _told(source, STANDINGS, {str(battle_id)}, upto, catalogue, advance):
        if isinstance(record.event, BattleScored):
            return record.event
    raise BattleUnscored(battle_id)


async def _told(
    source: EventSource, log: Log, keys: set[str], upto: list[int], catalogue: Catalogue, advance: Advance
) -> AsyncIterator[Recorded[Any]]:
    """What a log tells of some keys up to a vector, in the order of each key."""
    cursors = {partition: 0 for partition in {partition_of(key) for key in keys} if upto[partition]}
    while cursors:
        batch = await source.read(cursors, AT_ONCE)
        known = [raw for raw in batch if raw.position <= upto[raw.partition]]
        for raw in known:
            cursors[raw.partition] = raw.position
            if raw.key in keys:
                yield Recorded(catalogue.decode(log.number, raw), raw.partition, raw.position, raw.at, raw.key)
        advance(len(known))
        cursors = {partition: position for partition, position in cursors.items() if position < upto[partition]} if known else {}


def _follow(story: Story | None, record: Recorded[Any]) -> Story:
    """The battle's story with one event more."""
    event = record.event
    if isinstance(event, about.BattleOpened):
        return Story(event.spec, event.timetable)
    if story is None:
        raise BattleUnscored(event.battle_id)
    if isinstance(event, about.BattleChanged):
        story.spec, story.timetable = event.spec, event.timetable
    elif isinstance(event, about.PhaseChanged):
        story.timetable = event.timetable
    elif isinstance(event, about.ParticipantJoined):
        known = story.players.get(event.user_id)
        story.players[event.user_id] = Player(event) if known is None else replace(known, joined=event, left_at=None)
    elif isinstance(event, about.ParticipantLeft):
        story.players[event.user_id].left_at = record.at
    elif isinstance(event, about.ParticipantDisqualified):
        story.players[event.user_id].disqualified = True
    elif isinstance(event, about.FactExcluded):
        story.players[event.user_id].excluded.add(event.fact_id)
    return story


def _keep(player: Player, record: Recorded[Any]) -> None:
    """What a contestant's ledger tells of the habits they compete with."""
    event = record.event
    if isinstance(event, ledger.SettingsChanged) or event.habit_id not in player.joined.habits:
        return
    if isinstance(event, ledger.HabitCreated | ledger.HabitChanged):
        change = TermsChange(record.at, event.from_day, HabitTerms(event.schedule, event.target))
        player.terms.setdefault(event.habit_id, []).append(change)
    elif isinstance(event, ledger.HabitDeleted):
        _end(player, [place for place, fact in player.facts.items() if fact.habit_id == event.habit_id], record.at)
    elif isinstance(event, ledger.FactVoided):
        _end(player, [(event.fact_id, event.revision)], record.at)
    elif isinstance(event, ledger.FactLogged):
        _end(player, [(event.fact_id, event.revision - 1)], record.at)
        player.facts[event.fact_id, event.revision] = _fact(event, record.at)


def _end(player: Player, places: Iterable[tuple[FactId, int]], at: datetime) -> None:
    for place in places:
        fact = player.facts.get(place)
        if fact is not None and fact.ended_at is None:
            player.facts[place] = fact._replace(ended_at=at)


def _fact(event: ledger.FactLogged, at: datetime) -> CountedFact:
    return CountedFact(
        event.fact_id, event.revision, event.habit_id, event.civil_day, event.instant, event.value, at, source=ledger.Source(event.source)
    )


def _contestant(player: Player, contest: Contest) -> Contestant:
    joined = player.joined
    return Contestant(
        user_id=joined.user_id,
        habits=frozen_terms({habit: player.terms[habit] for habit in joined.habits if habit in player.terms}, contest),
        time_zone=joined.time_zone,
        day_start=joined.day_start,
        week_start=joined.week_start,
        unlived=unlived_days(contest.first_day, contest.end_day, joined.time_zone, joined.day_start),
        excluded=frozenset(player.excluded),
        disqualified=player.disqualified,
    )
