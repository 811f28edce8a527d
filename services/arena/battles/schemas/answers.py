"""What goes out."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from arena.battles.domain.battle import Battle, Participant
from arena.battles.domain.declaring import Resource
from arena.battles.storage.decisions import Action, Decision
from arena.battles.storage.views import SeenBattle
from arena.contracts.battle_spec import BattleKind, CancelReason, DayRule, Disambiguation, Per, Phase, ScoringSpec, TieBreak


class WindowOut(BaseModel):
    """The window as it was given, and what it means in UTC."""

    start: str
    end: str
    time_zone: str
    days: DayRule
    grace_minutes: int
    audit_minutes: int
    disambiguation: Disambiguation
    starts_at: datetime
    ends_at: datetime
    grace_ends_at: datetime
    audit_ends_at: datetime
    tzdata: str = Field(description="Release of the IANA database it was resolved with.")

    @classmethod
    def from_domain(cls, battle: Battle) -> "WindowOut":
        """As the API words it."""
        window, table = battle.spec.window, battle.timetable
        return cls(
            start=window.start.isoformat(),
            end=window.end.isoformat(),
            time_zone=window.time_zone,
            days=window.days,
            grace_minutes=window.grace_minutes,
            audit_minutes=window.audit_minutes,
            disambiguation=window.disambiguation,
            starts_at=table.start,
            ends_at=table.end,
            grace_ends_at=table.grace_ends,
            audit_ends_at=table.audit_ends,
            tzdata=table.tzdata,
        )


class ScoringOut(BaseModel):
    """How points are made."""

    rule: str
    per: Per | None
    points: int
    streak_bonus: int
    streak_bonus_cap: int
    tie_breaks: list[TieBreak]

    @classmethod
    def from_domain(cls, scoring: ScoringSpec) -> "ScoringOut":
        """As the API words it."""
        return cls(
            rule=scoring.rule,
            per=scoring.per,
            points=scoring.points,
            streak_bonus=scoring.streak_bonus,
            streak_bonus_cap=scoring.streak_bonus_cap,
            tie_breaks=list(scoring.tie_breaks),
        )


class MyPartOut(BaseModel):
    """With what I compete; nobody else is shown it."""

    user_id: UUID
    habits: list[UUID]
    time_zone: str
    day_start: str
    week_start: str
    joined_at: datetime
    left_at: datetime | None

    @classmethod
    def from_domain(cls, me: Participant) -> "MyPartOut":
        """As the API words it."""
        return cls(
            user_id=me.user_id,
            habits=list(me.habits),
            time_zone=me.time_zone,
            day_start=f"{me.day_start // 60:02}:{me.day_start % 60:02}",
            week_start=me.week_start.value,
            joined_at=me.joined_at,
            left_at=me.left_at,
        )


class ResourceOut(BaseModel):
    """The resource that declares a battle."""

    kind: str
    namespace: str
    name: str

    @classmethod
    def from_domain(cls, resource: Resource) -> "ResourceOut":
        """As the API words it."""
        return cls(kind=resource.kind, namespace=resource.namespace, name=resource.name)


class BattleOut(BaseModel):
    """A battle as whoever asks may see it."""

    id: UUID
    name: str
    kind: BattleKind
    phase: Phase
    owner_id: UUID
    window: WindowOut
    scoring: ScoringOut
    participants: int = Field(description="How many take part now.")
    max_participants: int | None
    invite_only: bool
    invite: str | None = Field(description="Token of the invite link; shown to the owner.")
    spectator: str | None = Field(description="Token of the spectator link; shown to the owner.")
    me: MyPartOut | None = Field(description="My own part in it, if any.")
    invited: bool = Field(description="Whether I am invited by name and have neither joined nor declined.")
    declared_by: ResourceOut | None = Field(description="The resource that declares it; only that one changes it then.")
    cancelled_for: CancelReason | None
    result_hash: str | None = Field(description="SHA-256 of the result document, once final.")
    created_at: datetime

    @classmethod
    def from_domain(cls, seen: SeenBattle, *, owned: bool) -> "BattleOut":
        """As the API words it; the links are the owner's to give."""
        stored, me, battle = seen.stored, seen.me, seen.stored.battle
        return cls(
            id=battle.id,
            name=battle.name,
            kind=battle.spec.kind,
            phase=battle.phase,
            owner_id=battle.owner_id,
            window=WindowOut.from_domain(battle),
            scoring=ScoringOut.from_domain(battle.spec.scoring),
            participants=battle.joined,
            max_participants=battle.spec.max_participants,
            invite_only=battle.spec.invite_only,
            invite=stored.invite if owned else None,
            spectator=stored.spectator if owned else None,
            me=None if me is None else MyPartOut.from_domain(me),
            invited=seen.by_name and me is None,
            declared_by=None if seen.declared_by is None else ResourceOut.from_domain(seen.declared_by),
            cancelled_for=battle.cancelled_for,
            result_hash=battle.result_hash,
            created_at=stored.created_at,
        )

    @classmethod
    def seen(cls, seen: SeenBattle, by: UUID | None) -> "BattleOut":
        """As this person sees it."""
        return cls.from_domain(seen, owned=seen.stored.battle.owner_id == by)


class ParticipantOut(BaseModel):
    """Somebody who takes part, as others see them."""

    user_id: UUID
    joined_at: datetime
    left_at: datetime | None = Field(description="When they forfeited, if they left while it ran.")

    @classmethod
    def from_domain(cls, participant: Participant) -> "ParticipantOut":
        """As the API words it."""
        return cls(user_id=participant.user_id, joined_at=participant.joined_at, left_at=participant.left_at)


class DecisionOut(BaseModel):
    """What an arbiter decided."""

    id: UUID
    user_id: UUID
    action: Action
    fact_id: UUID | None
    reason: str
    decided_by: UUID
    decided_at: datetime

    @classmethod
    def from_domain(cls, decision: Decision) -> "DecisionOut":
        """As the API words it."""
        return cls(
            id=decision.id,
            user_id=decision.user_id,
            action=decision.action,
            fact_id=decision.fact_id,
            reason=decision.reason,
            decided_by=decision.decided_by,
            decided_at=decision.decided_at,
        )


def result_body(document: str, result_hash: str) -> bytes:
    """The document that `contracts.result` describes, of a result in canonical form; it is in canonical form itself."""
    return f'{{"hash":"{result_hash}","result":{document}}}'.encode()
