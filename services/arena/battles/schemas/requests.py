"""What comes in. Shapes are checked here, rules in the domain; what is left out of a patch stays as it is."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from arena.battles.storage.decisions import Action
from arena.battles.use_cases.deciding import Ruling
from arena.battles.use_cases.hosting import BattleEdit
from arena.chassis.http.fields import Body, CivilTime, Name, Note, ShortText
from arena.contracts.battle_spec import (
    BattleKind,
    BattleSpec,
    DayRule,
    Disambiguation,
    Per,
    ScoringSpec,
    TieBreak,
    WindowSpec,
)
from arena.contracts.ids import FactId, HabitId, UserId

Whole = Annotated[int, Field(strict=True)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_START = "Civil time in the window's zone, without offset; under `days: own` the first civil day, at 00:00."
_END = "Civil time, not part of the window any more; under `days: own` the day after the last one, at 00:00."
_GRACE = "Minutes after the end in which facts from before it still arrive."
_AUDIT = "Minutes after the grace in which arbiters may decide."


class WindowIn(Body):
    """When: civil times in one zone."""

    start: CivilTime = Field(description=_START, examples=["2026-11-21T18:00"])
    end: CivilTime = Field(description=_END, examples=["2026-11-28T18:00"])
    time_zone: ShortText = Field(description="IANA name, aliases included.", examples=["Europe/Berlin"])
    days: DayRule = DayRule.INSTANT
    grace_minutes: Whole = Field(10, description=_GRACE)
    audit_minutes: Whole = Field(0, description=_AUDIT)
    disambiguation: Disambiguation = Field(
        Disambiguation.COMPATIBLE, description="What a civil time means that the zone skips or repeats (as in TC39 Temporal)."
    )


class ScoringIn(Body):
    """How points are made."""

    rule: ShortText = "points@1"
    per: Per | None = Field(
        default=None, description="What earns points; by default a fact under `days: instant`, a met day under `days: own`."
    )
    points: Whole = 10
    streak_bonus: Whole = Field(default=0, description="Added for each further day of an unbroken run, growing up to the cap.")
    streak_bonus_cap: Whole = 0
    tie_breaks: list[TieBreak] = Field(
        default=list(ScoringSpec().tie_breaks), description="In this order; who is still equal shares the rank."
    )

    def to_domain(self) -> ScoringSpec:
        """As the domain knows it."""
        return ScoringSpec(**_plain(self))


class BattleIn(Body):
    """A battle somebody wants."""

    name: Name
    kind: BattleKind
    window: WindowIn
    scoring: ScoringIn = Field(default_factory=ScoringIn)
    max_participants: Whole | None = Field(None, description="Places of a free-for-all; 10,000 where left out.")
    invite_only: bool = Field(default=True, description="Whether joining needs the invite; otherwise anybody who has signed in may.")

    def to_domain(self) -> BattleSpec:
        """The definition, without the name."""
        window = WindowSpec(**_plain(self.window))
        return BattleSpec(self.kind, window, self.scoring.to_domain(), self.max_participants, self.invite_only)


class Patch(Body):
    """Fields that may be left out; null only for those that mean something by it."""

    @model_validator(mode="after")
    def _no_nulls(self) -> "Patch":
        for name in sorted(self.model_fields_set - {"max_participants", "per"}):
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class WindowPatch(Patch):
    """What is to change of a window."""

    start: CivilTime | None = None
    end: CivilTime | None = None
    time_zone: ShortText | None = None
    days: DayRule | None = None
    grace_minutes: Whole | None = None
    audit_minutes: Whole | None = None
    disambiguation: Disambiguation | None = None


class ScoringPatch(Patch):
    """What is to change of the scoring."""

    rule: ShortText | None = None
    per: Per | None = None
    points: Whole | None = None
    streak_bonus: Whole | None = None
    streak_bonus_cap: Whole | None = None
    tie_breaks: list[TieBreak] | None = None


class BattlePatch(Patch):
    """What is to change of a battle."""

    name: Name | None = None
    kind: BattleKind | None = None
    window: WindowPatch | None = None
    scoring: ScoringPatch | None = None
    max_participants: Whole | None = None
    invite_only: bool | None = None

    def to_domain(self) -> BattleEdit:
        """As the use case takes it."""
        own = {name: getattr(self, name) for name in self.model_fields_set & {"kind", "max_participants", "invite_only"}}
        window = {} if self.window is None else _plain(self.window)
        scoring = {} if self.scoring is None else _plain(self.scoring)
        return BattleEdit(self.name, own, window, scoring)


class JoinIn(Body):
    """Somebody wants to compete."""

    habits: list[UUID] = Field(min_length=1, max_length=50, description="Habits of mine; only their facts count.")
    time_zone: ShortText | None = Field(None, description="IANA zone of my days in this battle; my ledger's where left out.")
    invite: Token | None = Field(None, description="The token of the invite link; its owner needs none, nor does anybody if open to all.")

    @property
    def wanted(self) -> tuple[HabitId, ...]:
        """The habits, in order."""
        return tuple(HabitId(habit) for habit in self.habits)


class DecisionIn(Body):
    """What an arbiter decides."""

    user_id: UUID = Field(description="Whom it is about.")
    action: Action
    fact_id: UUID | None = Field(None, description="The log entry that is not to count; with `exclude_fact` only.")
    reason: Annotated[Note, StringConstraints(min_length=1)] = Field(description="For the person it is about and for arbiters.")

    @model_validator(mode="after")
    def _consistent(self) -> "DecisionIn":
        if (self.fact_id is not None) != (self.action is Action.EXCLUDE_FACT):
            raise ValueError("fact_id goes with exclude_fact, and only with it")
        return self

    def to_domain(self) -> Ruling:
        """As the use case takes it."""
        return Ruling(UserId(self.user_id), None if self.fact_id is None else FactId(self.fact_id), self.reason)


def _plain(body: Body) -> dict[str, Any]:
    """The given fields as the domain knows them: tuples, not lists. A patch names what was given, a whole body everything."""
    names = body.model_fields_set if isinstance(body, Patch) else type(body).model_fields
    values = {name: getattr(body, name) for name in names}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
