"""Refusals that need more than the domain to decide: what is not there, or not for whoever asks."""

from arena.battles.domain.declaring import Resource
from arena.battles.domain.errors import BattleError


class BattleNotFound(BattleError):
    """No such battle, or not one that whoever asks may see."""

    slug = "battle-not-found"

    def __init__(self, detail: str = "There is no such battle, or it is not yours to see.", *, field: str | None = None) -> None:
        super().__init__(detail, field=field)


class ResultNotReady(BattleError):
    """The battle has no result yet."""

    slug = "result-not-ready"

    def __init__(self) -> None:
        super().__init__("There is no result yet: a battle has one when its phase is final.")


class UnknownHabit(BattleError):
    """A habit that somebody wants to compete with is not theirs."""

    slug = "unknown-habit"


class DecisionRefused(BattleError):
    """A decision about somebody who does not take part."""

    slug = "decision-refused"


class DeclarationNotFound(BattleError):
    """No resource with this uid declares a battle."""

    slug = "declaration-not-found"

    def __init__(self) -> None:
        super().__init__("No resource with this uid declares a battle here.")


class DeclaredElsewhere(BattleError):
    """A resource declares the battle, and only that resource changes it."""

    slug = "declared-elsewhere"

    def __init__(self, resource: Resource) -> None:
        super().__init__(f"This battle is declared as {resource}: change or delete that resource instead.")


class NotInvited(BattleError):
    """Somebody declines who was not invited by name."""

    slug = "not-invited"

    def __init__(self) -> None:
        super().__init__("You are not invited to such a battle by name.")


class ResultDamaged(Exception):
    """A result and its hash do not belong together; the event is parked and nothing is published."""
