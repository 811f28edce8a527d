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
        # Between two results there are thousands of standings, which are none of its business: it looks a few times a second.
        Consumer(RESULTS_CONSUMER, STANDINGS, {BattleScored: take_results}, linger=0.25),
        Consumer(ERASURE_CONSUMER, USERS, {UserErased: forget}),
    )
