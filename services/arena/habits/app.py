"""The ledger, put together."""

from pathlib import Path

from arena.chassis.bus.coalesce import Coalescer, OneByOne
from arena.chassis.core.ids import new_id
from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import ServiceSchema
from arena.chassis.db.unit_of_work import Units
from arena.chassis.http.auth import Authenticator
from arena.chassis.http.dead_letters import dead_letter_routes
from arena.chassis.http.rate_limits import RateLimits
from arena.chassis.http.service_app import create_app
from arena.chassis.service import Service
from arena.habits.api import router
from arena.habits.consumers import consumers
from arena.habits.use_cases.importing import Importing
from arena.habits.use_cases.ledger import Ledger

SCHEMA = ServiceSchema("habits", Path(__file__).with_name("migrations"))
PREFIX = "/api/habits"
LARGEST_IMPORT = 50 * 1024 * 1024

PROBLEMS = {
    "habit-not-found": 404,
    "log-not-found": 404,
    "unknown-time-zone": 422,
    "day-out-of-range": 422,
    "value-refused": 422,
    "schedule-refused": 422,
    "target-refused": 422,
}
IMPORT_PROBLEMS = {
    "import-damaged": 422,
    "import-empty": 422,
    "import-encrypted": 422,
    "import-incomplete": 422,
    "import-nested-archive": 422,
    "import-not-yet": 422,
    "import-too-large": 413,
    "import-unknown-format": 422,
    "import-unknown-version": 422,
    "import-unsafe-archive": 422,
    "import-unsafe-database": 422,
}


def assemble(settings: Settings, units: Units, authenticator: Authenticator, rate_limits: RateLimits) -> Service:
    """Construct the service."""
    ledger = Ledger(new_id)
    consumed = consumers(ledger)
    app = create_app(
        title="habits",
        prefix=PREFIX,
        routers=[dead_letter_routes(PREFIX), router],  # first: its path would be the id of a habit otherwise
        settings=settings,
        authenticator=authenticator,
        units=units,
        rate_limits=rate_limits,
        problems=PROBLEMS | IMPORT_PROBLEMS,
        body_limits={f"{PREFIX}/imports": LARGEST_IMPORT},
        state={
            "ledger": ledger,
            "consumers": consumed,
            "importing": Importing(new_id),
            "log_queue": Coalescer(units, ledger.log_many) if settings.coalesce else OneByOne(units, ledger.log_many),
        },
    )
    return Service("habits", app, units, consumed)
