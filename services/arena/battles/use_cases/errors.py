"""Refusals that need more than the domain to decide: what is not there, or not for whoever asks."""

from arena.battles.domain.errors import BattleError


class BattleNotFound(BattleError):
    """No such battle, or not one that whoever asks may see."""

    slug = "battle-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such battle, or it is not yours to see.")


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


class ResultDamaged(Exception):
    """A result and its hash do not belong together; the event is parked and nothing is published."""
