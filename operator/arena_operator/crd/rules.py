"""What no type can say of a resource, in CEL: run by the API server, and on the laptop by `validate`. Written once."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from arena.contracts.battle_spec import BattleSpec, DayRule, ScoringSpec, WindowSpec
from arena_operator.crd.declared import BattleTerms, DeclaredBattle, DeclaredSeries
from arena_operator.crd.status import PENDING
from arena_operator.crd.words import CIVIL, camel, pascal


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on `self` (and `oldSelf`), the sentence for whoever breaks it, and the field below `self` that it is about.

    `told` is an expression that makes the sentence, where a constant would say too little.
    """

    holds: str
    message: str
    field: str = ""
    told: str = ""

    @property
    def changes(self) -> bool:
        """Whether it judges a change rather than a state."""
        return "oldSelf" in self.holds

    def manifest(self) -> dict[str, str]:
        """As a schema carries it."""
        parts = {"rule": self.holds, "message": self.message, "messageExpression": self.told, "fieldPath": self.field}
        return {key: value for key, value in parts.items() if value}


def matches(pattern: str, subject: str = "self") -> str:
    """An expression: the text is of this pattern."""
    return f"{subject}.matches(r'{pattern}')"


BEFORE_START: Final = (PENDING, "Draft", "Open")
FROZEN: Final = tuple(camel(name) for name in ("name", *(one.name for one in fields(BattleSpec))))
"""What cannot change once the battle has begun: the name and all of the definition."""


def _instant(field: str) -> str:
    """A civil time as if it were UTC: lengths are those of the wall clock."""
    return f"timestamp(self.{field} + (size(self.{field}) == 16 ? ':00Z' : 'Z'))"


def _same(field: str, *, inside: str = "") -> str:
    """An expression: the field is what it was, be it that it is there or not."""
    new, old = f"self.{inside}{field}", f"oldSelf.{inside}{field}"
    return f"has({new}) == has({old}) && (!has({new}) || {new} == {old})"


def _frozen(field: str) -> Rule:
    begun = f"has(self.status) && has(self.status.phase) && !(self.status.phase in {list(BEFORE_START)})"
    return Rule(
        f"!({begun}) || ({_same(field, inside='spec.')})",
        f"{field} cannot change any more: the battle has begun",
        f".spec.{field}",
        f"'{field} cannot change any more: the battle is ' + self.status.phase + ' (another battle is another resource)'",
    )


def _name(longest: int, why: str) -> Rule:
    holds = f"size(self.metadata.name) <= {longest} && !self.metadata.name.contains('.')"
    return Rule(holds, f"the name must have at most {longest} characters and no dots: {why}")


_UNREAD = f"!({matches(CIVIL, 'self.start')} && {matches(CIVIL, 'self.end')})"
"""A time that is none is complained of where it stands."""
_LENGTH = f"{_instant('end')} - {_instant('start')}"
_OWN = pascal(DayRule.OWN.value)

RULES: Final[Mapping[Any, tuple[Rule, ...]]] = {
    WindowSpec: (
        Rule(f"{_UNREAD} || {_LENGTH} >= duration('60s')", "the window must end a minute or more after it starts", ".end"),
        Rule(f"{_UNREAD} || {_LENGTH} <= duration('8784h')", "a window is at most 366 days long", ".end"),
        Rule(
            f"{_UNREAD} || self.days != '{_OWN}' || (self.start.matches('T00:00(:00)?$') && self.end.matches('T00:00(:00)?$'))",
            f"under `days: {_OWN}` a window is whole civil days: start and end at 00:00",
            ".start",
        ),
    ),
    ScoringSpec: (
        Rule("self.streakBonus <= self.streakBonusCap", "the cap of the streak bonus must be at least the bonus", ".streakBonusCap"),
        Rule("self.tieBreaks.all(a, self.tieBreaks.exists_one(b, a == b))", "no tie-break is named twice", ".tieBreaks"),
    ),
    BattleTerms: (
        Rule(
            "self.kind != 'HeadToHead' || !has(self.maxParticipants) || self.maxParticipants == 2",
            "a head-to-head battle is between two: leave maxParticipants out",
            ".maxParticipants",
        ),
    ),
    DeclaredBattle: (
        Rule(
            _same("battleId"),
            "battleId is said when the resource is made, and never changes: another battle is another resource",
            ".battleId",
        ),
    ),
}
"""By the type of the object that is `self`."""

ROOT_RULES: Final[Mapping[Any, tuple[Rule, ...]]] = {
    DeclaredBattle: (_name(63, "it is a label of what serves the battle"), *(_frozen(field) for field in FROZEN)),
    DeclaredSeries: (_name(52, "each battle's name is this one and a number"),),
}
"""By the type of the spec: `self` is the whole resource."""
