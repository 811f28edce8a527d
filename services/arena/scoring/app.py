"""Scoring, put together."""

from functools import partial
from pathlib import Path

from arena.chassis.bus import barrier
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.source import PostgresSource
from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import ServiceSchema
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.dead_letters import dead_letter_routes
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.service_app import create_app
from arena.chassis.service import Service
from arena.contracts.registry import PARTITIONS, STANDINGS, STREAKS, Log
from arena.scoring.api import router
from arena.scoring.consumers import BATTLES_CONSUMER, consumers
from arena.scoring.use_cases.battles import BattleKeeper
from arena.scoring.use_cases.closing import CLOSE, Closing
from arena.scoring.use_cases.ledger import LEDGER_CONSUMER, STREAK_REVIEW, LedgerKeeper
from arena.scoring.use_cases.resuming import check_tables
from arena.scoring.use_cases.scorekeeping import ANNOUNCE, Scorekeeper
from arena.scoring.use_cases.streaks import Streaks

SCHEMA = ServiceSchema("scoring", Path(__file__).with_name("migrations"))
PREFIX = "/api/scoring"
PROBLEMS = {"habit-not-found": 404, "battle-not-found": 404}


def assemble(settings: Settings, units: Units, authenticator: Authenticator, rate_limits: RateLimits) -> Service:
    """Construct the service."""
    scorekeeper = Scorekeeper()
    streaks = Streaks()
    closing = Closing(partial(barrier.take, units.engine), scorekeeper, ledger_consumer=LEDGER_CONSUMER, battles_consumer=BATTLES_CONSUMER)
    consumed = consumers(LedgerKeeper(scorekeeper), BattleKeeper(scorekeeper))
    app = create_app(
        title="scoring",
        prefix=PREFIX,
        routers=[router, dead_letter_routes(PREFIX)],
        settings=settings,
        authenticator=authenticator,
        units=units,
        rate_limits=rate_limits,
        problems=PROBLEMS,
        state={"streaks": streaks, "consumers": consumed},
    )
    return Service(
        "scoring",
        app,
        units,
        consumed,
        {CLOSE: closing.close, STREAK_REVIEW: streaks.review, ANNOUNCE: scorekeeper.announce},
        partial(_check, units),
    )


async def _check(units: Units) -> None:
    """Whether its tables go on where its logs end."""

    def source_of(log: Log) -> PostgresSource:
        return PostgresSource(units.engine, log.number, range(PARTITIONS), Bell(""))

    async with units.begin(read_only=True) as uow:
        await check_tables(uow, source_of(STANDINGS), source_of(STREAKS))
