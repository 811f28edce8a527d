"""Battles, put together."""

import secrets
from functools import partial
from pathlib import Path
from typing import Final

from arena.battles.api import battles, declarations, participants
from arena.battles.api.door import PREFIX, Parts
from arena.battles.consumers import consumers
from arena.battles.due import due_handlers
from arena.battles.neighbours import HttpAccounts, HttpLedger
from arena.battles.use_cases.deciding import Deciding
from arena.battles.use_cases.declaring import Declaring
from arena.battles.use_cases.hosting import Hosting
from arena.chassis.core.ids import new_id
from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import ServiceSchema
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.dead_letters import dead_letter_routes
from arena.chassis.http.outbound import Outbound
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.service_app import create_app
from arena.chassis.service import Service

SCHEMA: Final = ServiceSchema("battles", Path(__file__).with_name("migrations"))
_new_token = partial(secrets.token_urlsafe, 24)

PROBLEMS: Final = {
    "not-owner": 403,
    "invite-needed": 403,
    "battle-not-found": 404,
    "declaration-not-found": 404,
    "not-invited": 404,
    "result-not-ready": 404,
    "not-participating": 404,
    "already-running": 409,
    "battle-closed": 409,
    "battle-full": 409,
    "declaration-stale": 409,
    "declared-elsewhere": 409,
    "battle-invalid": 422,
    "window-invalid": 422,
    "window-in-past": 422,
    "scoring-invalid": 422,
    "participant-invalid": 422,
    "unknown-habit": 422,
    "unknown-player": 422,
    "decision-refused": 422,
}


def assemble(
    settings: Settings, units: Units, authenticator: Authenticator, rate_limits: RateLimits, habits: Outbound, identity: Outbound
) -> Service:
    """Construct the service; the client of `habits` carries no token of its own, that of `identity` is trusted."""
    parts = Parts(Hosting(new_id, _new_token), Deciding(new_id), Declaring(new_id, _new_token), HttpLedger(habits), HttpAccounts(identity))
    consumed = consumers()
    app = create_app(
        title="battles",
        prefix=PREFIX,
        # Declarations and dead letters first: their paths would be ids of battles otherwise.
        routers=[declarations.router, dead_letter_routes(PREFIX), battles.router, participants.router],
        settings=settings,
        authenticator=authenticator,
        units=units,
        rate_limits=rate_limits,
        problems=PROBLEMS,
        state={"battles": parts, "consumers": consumed},
    )
    return Service("battles", app, units, consumed, due_handlers())
