"""Events that scoring follows."""

from arena.chassis.bus.consumer import Consumer
from arena.contracts.registry import BATTLES, LEDGER
from arena.scoring.use_cases.battles import BATTLE_EVENTS, BattleKeeper
from arena.scoring.use_cases.ledger import LEDGER_CONSUMER, LEDGER_EVENTS, LedgerKeeper

BATTLES_CONSUMER = "scoring.battles"


def consumers(ledger: LedgerKeeper, battles: BattleKeeper) -> tuple[Consumer, ...]:
    """Who reads what."""
    return (
        Consumer(LEDGER_CONSUMER, LEDGER, dict.fromkeys(LEDGER_EVENTS, ledger.ingest), batch=5000),
        Consumer(BATTLES_CONSUMER, BATTLES, dict.fromkeys(BATTLE_EVENTS, battles.follow), batch=500),
    )
