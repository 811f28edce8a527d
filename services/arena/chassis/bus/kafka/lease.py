"""Who may say up to where Kafka has a log: one row a log, with a token that grows whenever the holder changes.

The relay's positions change only in a transaction that finds its token still there. So a relay that was stopped past its lease and wakes
may send something twice, and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from arena.chassis.bus import positions
from arena.chassis.db.migrate import run_script
from arena.chassis.db.provision import PARTITIONS
from arena.chassis.db.unit_of_work import Position, Units

CONSUMER = "relay"
"""The name under which the relay's positions lie in `applied`."""
SECONDS = 6
"""How long a lease holds that nobody renews; by the database clock."""

_TABLE = """
create table lease (
  topic smallint primary key,
  token bigint not null default 0,
  holder uuid,
  until timestamptz not null default '-infinity'
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
"""
_TAKE = """
update lease set token = token + 1, holder = :holder, until = clock_timestamp() + :seconds * interval '1 second'
where topic = :topic and (until <= clock_timestamp() or holder = :holder) returning token"""
_UNHURRIED = "set local synchronous_commit to off"
"""Nothing waits for a disk: what a crash of the database forgets is sent again."""
_RENEW = """
update lease set until = clock_timestamp() + :seconds * interval '1 second' where topic = :topic and token = :token returning token"""


def create_lease_table(connection: Connection) -> None:
    """Create it in the schema being migrated."""
    run_script(connection, _TABLE)


async def prepare(units: Units, topic: int) -> None:
    """Make the rows of a log where there are none yet."""
    await positions.load(units, CONSUMER, topic, range(PARTITIONS))
    async with units.begin() as uow:
        await uow.connection.execute(text("insert into lease (topic) values (:topic) on conflict do nothing"), {"topic": topic})


class Fenced(Exception):
    """Another relay has taken the log over."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to relay a log, while nobody else has taken it."""

    units: Units
    topic: int
    token: int
    since: Mapping[int, int]
    """What was confirmed when it was taken: partition → position."""

    @classmethod
    async def take(cls, units: Units, topic: int, holder: UUID) -> "Lease | None":
        """Take it, or keep one's own under a new token; None while another holds it."""
        async with units.begin() as uow:
            token = await uow.connection.scalar(text(_TAKE), {"topic": topic, "holder": holder, "seconds": SECONDS})
            since = await positions.read(uow, CONSUMER, topic, range(PARTITIONS)) if token is not None else {}
        return None if token is None else cls(units, topic, token, since)

    async def store(self, confirmed: Mapping[int, Position]) -> None:
        """Renew it, and record what Kafka has confirmed.

        Raises:
            Fenced: it is another's by now; nothing was recorded.
        """
        async with self.units.begin() as uow:
            await uow.connection.execute(text(_UNHURRIED))
            values = {"topic": self.topic, "token": self.token, "seconds": SECONDS}
            if await uow.connection.scalar(text(_RENEW), values) is None:
                raise Fenced
            if confirmed:
                uow.advance(CONSUMER, self.topic, confirmed)

    async def give_back(self) -> None:
        """Let the next one have it at once; nothing if it is another's by now."""
        async with self.units.begin() as uow:
            await uow.connection.execute(
                text("update lease set until = '-infinity', holder = null where topic = :topic and token = :token"),
                {"topic": self.topic, "token": self.token},
            )
