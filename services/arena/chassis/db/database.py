"""Engines: one pool a service, psycopg 3, READ COMMITTED, UTC."""

from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from arena.chassis.bus.archive.continuation import carrying
from arena.chassis.bus.archive.reading import Archive
from arena.chassis.bus.catalogue import Catalogue
from arena.chassis.db.trouble import told_rightly
from arena.chassis.db.unit_of_work import Units


def create_engine(url: str | URL, *, pool_size: int = 4, overflow: int = 4, archive: Archive | None = None) -> AsyncEngine:
    """An engine for one service; a connection that died is noticed before use and replaced. The log goes on into `archive`."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=overflow,
        pool_timeout=10,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args={"options": "-c timezone=UTC", "connect_timeout": 10},
        execution_options=carrying(archive),
    )
    event.listen(engine.sync_engine, "handle_error", told_rightly, retval=True)
    return engine


def open_units(url: str | URL, catalogue: Catalogue, *, pool_size: int = 4, overflow: int = 4, archive: Archive | None = None) -> Units:
    """Units of work on a pool of their own."""
    return Units(create_engine(url, pool_size=pool_size, overflow=overflow, archive=archive), catalogue)
