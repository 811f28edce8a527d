"""All services in one process."""

from arena.battles import app as battles
from arena.chassis.core.settings import Settings
from arena.chassis.db.provision import ServiceSchema
from arena.embedded.assembling import EVERYTHING, Addresses, Assembled, Secrets, assemble_share, conninfo
from arena.embedded.resources import service as resources
from arena.habits import app as habits
from arena.identity import app as identity
from arena.live import app as live
from arena.scoring import app as scoring

__all__ = ["SCHEMAS", "Addresses", "Assembled", "Secrets", "assemble", "conninfo"]

SCHEMAS: tuple[ServiceSchema, ...] = (identity.SCHEMA, habits.SCHEMA, scoring.SCHEMA, battles.SCHEMA, live.SCHEMA, resources.SCHEMA)


def assemble(settings: Settings, database: Addresses, secrets: Secrets) -> Assembled:
    """Construct every service over a database that is open."""
    return assemble_share(
        settings, database, secrets, EVERYTHING, lambda parts: resources.assemble(parts.units["resources"], parts.trusted)
    )
