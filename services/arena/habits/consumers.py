"""Events that the ledger follows."""

from arena.chassis.bus.consumer import Consumer
from arena.contracts.events.identity import UserErased
from arena.contracts.registry import USERS
from arena.habits.use_cases.ledger import Ledger


def consumers(ledger: Ledger) -> tuple[Consumer, ...]:
    """Who reads what."""
    return (Consumer("habits.erasure", USERS, {UserErased: ledger.erase}),)
