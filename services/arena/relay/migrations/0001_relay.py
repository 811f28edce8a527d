"""Up to where Kafka has confirmed each log, and who may say so."""

from alembic import op

from arena.chassis.bus.kafka.lease import create_lease_table
from arena.chassis.db.standard_tables import create_standard_tables

revision = "0001"
down_revision = None
floor = "0001"


def upgrade() -> None:
    """Create the tables."""
    create_standard_tables(op.get_bind())
    create_lease_table(op.get_bind())
