"""Events that battles follows."""

from arena.battles.use_cases.forgetting import forget
from arena.battles.use_cases.moving_on import take_results
from arena.chassis.bus.consumer import Consumer
from arena.contracts.events.identity import UserErased
from arena.contracts.events.scoring import BattleScored
from arena.contracts.registry import STANDINGS, USERS

RESULTS_CONSUMER = "battles.results"
ERASURE_CONSUMER = "battles.erasure"


def consumers() -> tuple[Consumer, ...]:
    """Who reads what."""
    return (
        Consumer(RESULTS_CONSUMER, STANDINGS, {BattleScored: take_results}),
        Consumer(ERASURE_CONSUMER, USERS, {UserErased: forget}),
    )
