"""The same app without a database: route, authentication, validation and answer are real, and the log queue answers from memory.

Started like `arena up` (its settings, its web server); the keys are those of the data folder, so the tokens of a running platform are good
here too. Prints `ready …` when it serves.
"""

from datetime import UTC, datetime

from arena.chassis.core.ids import new_id
from arena.chassis.core.settings import Settings, load_settings
from arena.chassis.core.telemetry_setup import set_up_telemetry
from arena.contracts.habit import HabitKind
from arena.contracts.ids import FactId
from arena.embedded.platform import Assembled, assemble
from arena.embedded.process import secrets_of
from arena.habits.domain import LedgerSettings
from arena.habits.use_cases.ledger import LogCommand, Logged, accepted
from bench.serving import Nowhere, run


class MemoryQueue:
    """Decides as the ledger does and remembers nothing."""

    async def submit(self, command: LogCommand) -> Logged:
        """The fact that the ledger would have accepted from somebody who never chose settings."""
        fact = accepted(command, HabitKind.YES_NO, LedgerSettings(), FactId(new_id()), datetime.now(UTC))
        return Logged(fact, known=False)


def assemble_without_database(settings: Settings) -> Assembled:
    """The platform whose log route answers from memory; no worker runs."""
    platform = assemble(settings, Nowhere(), secrets_of(settings))
    habits = next(service for service in platform.services if service.name == "habits")
    habits.app.state.log_queue = MemoryQueue()
    return platform


def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    set_up_telemetry(settings)
    run(settings, assemble_without_database(settings))


if __name__ == "__main__":
    main()
