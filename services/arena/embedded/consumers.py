"""The consumers of all services by name, without a database: for whoever looks after what they left behind."""

from arena.battles.consumers import consumers as of_battles
from arena.chassis.bus.consumer import Consumer
from arena.chassis.core.ids import new_id
from arena.habits.consumers import consumers as of_habits
from arena.habits.use_cases.ledger import Ledger
from arena.scoring.consumers import consumers as of_scoring
from arena.scoring.use_cases.battles import BattleKeeper
from arena.scoring.use_cases.ledger import LedgerKeeper
from arena.scoring.use_cases.scorekeeping import Scorekeeper


def consumers_of() -> dict[str, Consumer]:
    """Every consumer; its name begins with its service."""
    scorekeeper = Scorekeeper()
    found = (*of_scoring(LedgerKeeper(scorekeeper), BattleKeeper(scorekeeper)), *of_habits(Ledger(new_id)), *of_battles())
    return {consumer.name: consumer for consumer in found}
