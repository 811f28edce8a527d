"""A battle as the logs tell it, event by event: enough to recompute its result without any table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from arena.contracts.battle_spec import BattleSpec
from arena.contracts.events import battles as about
from arena.contracts.events import habits as ledger
from arena.contracts.ids import BattleId, FactId, HabitId, UserId
from arena.scoring.domain.result import contribution, result_document
from arena.scoring.domain.rules_contest import Contest, Contestant, CountedFact, HabitTerms, TermsChange, frozen_terms, unlived_days
from arena.scoring.domain.standings import standings

Digest = Callable[[Any], str]
"""The SHA-256 of a JSON value's canonical form, as 64 hexadecimal digits."""


@dataclass(slots=True)
class Player:
    """A contestant: how they joined, what became of them, and what their ledger tells of the habits they compete with."""

    joined: about.ParticipantJoined
    left_at: datetime | None = None
    disqualified: bool = False
    excluded: set[FactId] = field(default_factory=set)
    terms: dict[HabitId, list[TermsChange]] = field(default_factory=dict)
    facts: dict[tuple[FactId, int], CountedFact] = field(default_factory=dict)

    def keep(self, event: Any, at: datetime) -> None:
        """One more event of their ledger, accepted at an instant."""
        if isinstance(event, ledger.SettingsChanged) or event.habit_id not in self.joined.habits:
            return
        match event:
            case ledger.HabitCreated() | ledger.HabitChanged():
                change = TermsChange(at, event.from_day, HabitTerms(event.schedule, event.target))
                self.terms.setdefault(event.habit_id, []).append(change)
            case ledger.HabitDeleted():
                self._end([place for place, fact in self.facts.items() if fact.habit_id == event.habit_id], at)
            case ledger.FactVoided():
                self._end([(event.fact_id, event.revision)], at)
            case ledger.FactLogged():
                self._end([(event.fact_id, event.revision - 1)], at)
                self.facts[event.fact_id, event.revision] = _fact(event, at)

    def contestant(self, contest: Contest) -> Contestant:
        """As the rules see them."""
        joined = self.joined
        return Contestant(
            user_id=joined.user_id,
            habits=frozen_terms({habit: self.terms[habit] for habit in joined.habits if habit in self.terms}, contest),
            time_zone=joined.time_zone,
            day_start=joined.day_start,
            week_start=joined.week_start,
            unlived=unlived_days(contest.first_day, contest.end_day, joined.time_zone, joined.day_start),
            excluded=frozenset(self.excluded),
            disqualified=self.disqualified,
        )

    def _end(self, places: Iterable[tuple[FactId, int]], at: datetime) -> None:
        for place in places:
            fact = self.facts.get(place)
            if fact is not None and fact.ended_at is None:
                self.facts[place] = fact._replace(ended_at=at)


@dataclass(slots=True)
class Story:
    """A battle: its definition and timetable in force, and who has ever joined."""

    spec: BattleSpec
    timetable: about.Timetable
    players: dict[UserId, Player] = field(default_factory=dict)

    @classmethod
    def begin(cls, opened: about.BattleOpened) -> Self:
        """The battle as it opened."""
        return cls(opened.spec, opened.timetable)

    def follow(self, event: Any, at: datetime) -> None:
        """One more event of the battle's own log."""
        match event:
            case about.BattleChanged():
                self.spec, self.timetable = event.spec, event.timetable
            case about.PhaseChanged():
                self.timetable = event.timetable
            case about.ParticipantJoined():
                self._admit(event)
            case about.ParticipantLeft():
                self.players[event.user_id].left_at = at
            case about.ParticipantDisqualified():
                self.players[event.user_id].disqualified = True
            case about.FactExcluded():
                self.players[event.user_id].excluded.add(event.fact_id)

    def result(self, battle_id: BattleId, vector: Mapping[str, list[int]], digest: Digest) -> dict[str, Any]:
        """The result document of those who stayed and were not disqualified."""
        contest = Contest.of(self.spec, self.timetable)
        stayed = [player for player in self.players.values() if not player.disqualified and self._stayed(player)]
        parts = [contribution(contest, player.contestant(contest), list(player.facts.values())) for player in stayed]
        rows = standings([part.score for part in parts], self.spec.scoring.tie_breaks)
        digests = {part.score.user_id: digest(part.digested) for part in parts}
        return result_document(battle_id, self.spec, self.timetable, vector, rows, digests)

    def _stayed(self, player: Player) -> bool:
        return player.left_at is None or player.left_at >= self.timetable.audit_ends

    def _admit(self, joined: about.ParticipantJoined) -> None:
        """Somebody joins, or comes back with other habits; what was decided about them stays."""
        known = self.players.get(joined.user_id)
        if known is None:
            self.players[joined.user_id] = Player(joined)
        else:
            known.joined, known.left_at = joined, None


def _fact(event: ledger.FactLogged, at: datetime) -> CountedFact:
    return CountedFact(
        event.fact_id, event.revision, event.habit_id, event.civil_day, event.instant, event.value, accepted_at=at, source=event.source
    )
