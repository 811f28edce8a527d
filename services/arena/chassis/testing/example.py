"""A log and two services that exist in tests of the chassis only, so that these know no product words."""

from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.db.provision import ServiceSchema

_MIGRATION = '''"""Tables of an example service."""

from alembic import op

from arena.chassis.db.migrate import run_script
from arena.chassis.db.standard_tables import create_dead_letters, create_standard_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create them."""
    create_standard_tables(op.get_bind())
    create_dead_letters(op.get_bind())
    run_script(op.get_bind(), "create table note (key text, number integer, turn bigint generated always as identity)")
'''


@dataclass(frozen=True, slots=True)
class Counted:
    """Something was counted."""

    key: str
    number: int


@dataclass(frozen=True, slots=True)
class Renamed:
    """Another event of the same log."""

    key: str
    number: int


@dataclass(frozen=True, slots=True)
class ExampleLog:
    """A log of the tests."""

    number: int
    name: str
    key: str
    events: tuple[type, ...]
    readers: tuple[str, ...]

    @property
    def owner(self) -> str:
        """The service that may append."""
        return self.name.partition(".")[0]


COUNTS = ExampleLog(1, "writer.counts", "key", (Counted, Renamed), ("reader",))
OTHER = ExampleLog(2, "reader.notes", "key", (), ())
LOGS = (COUNTS, OTHER)


def partition_of(key: str) -> int:
    """As the product's registry does."""
    return crc32(key.encode()) % 16


def catalogue() -> Catalogue:
    """Codec of the example events."""
    return Catalogue(LOGS, partition_of)


def schemas(folder: Path) -> tuple[ServiceSchema, ...]:
    """Services `writer` and `reader`; their migration is written into `folder`."""
    (folder / "0001_example.py").write_text(_MIGRATION)
    return ServiceSchema("writer", folder), ServiceSchema("reader", folder)
