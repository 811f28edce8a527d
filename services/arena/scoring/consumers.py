"""Events that scoring follows."""

from arena.chassis.bus.consumer import Consumer
from arena.contracts.registry import BATTLES, LEDGER
from arena.scoring.use_cases.battles import BATTLE_EVENTS, BattleKeeper
from arena.scoring.use_cases.ledger import LEDGER_CONSUMER, LEDGER_EVENTS, LedgerKeeper

BATTLES_CONSUMER = "scoring.battles"

_BACKLOG = 32_000
"""How many events of the ledger are applied at once when so many wait (otherwise: those that wait).

Each contestant a batch touches is scored once for it, so the more there is to catch up with, the less each fact costs.
"""


def consumers(ledger: LedgerKeeper, battles: BattleKeeper) -> tuple[Consumer, ...]:
    """Who reads what."""
    return (
        Consumer(LEDGER_CONSUMER, LEDGER, dict.fromkeys(LEDGER_EVENTS, ledger.ingest), batch=_BACKLOG),
        Consumer(BATTLES_CONSUMER, BATTLES, dict.fromkeys(BATTLE_EVENTS, battles.follow), batch=500),
    )
