"""Archiving as an installation's settings say, by whoever holds the administrator's address: a command, or `arena up` by itself."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import structlog
from sqlalchemy import URL

from arena.chassis.bus.archive.archiving import Advance, Archiving, Kept
from arena.chassis.bus.archive.segments import Session
from arena.chassis.bus.archive.store import open_store
from arena.chassis.bus.archive.troubles import ArchiveRefused, ArchiveTrouble
from arena.chassis.core.settings import Settings
from arena.chassis.core.settings_kafka import Bus
from arena.chassis.db.provision import RELAY
from arena.embedded.assembling import conninfo

EVERY: Final = 6 * 3600.0
"""Seconds between two looks."""
_OPTIONS: Final = "-c timezone=UTC -c statement_timeout=0"

_log = structlog.get_logger(__name__)


class ArchiveUnset(Exception):
    """Nobody said where the archive is."""

    slug = "archive-unset"

    def __init__(self) -> None:
        super().__init__("ARENA_ARCHIVE is not set: name the folder, or s3://BUCKET/PREFIX, in which months of the log are archived.")


@contextmanager
def archive_session(admin: URL) -> Iterator[Session]:
    """A session of the administrator's, as archiving needs it."""
    with psycopg.connect(conninfo(admin), autocommit=True, options=_OPTIONS, connect_timeout=10) as session:
        yield session


def archiving(settings: Settings, session: Session, advance: Advance) -> Archiving:
    """What archives; where Kafka carries the log, only what the relay has brought there.

    Raises:
        ArchiveUnset: the settings name no archive.
    """
    if settings.archive is None:
        raise ArchiveUnset
    return Archiving(session, open_store(settings.archive), (RELAY,) if settings.bus is Bus.KAFKA else (), advance)


async def keep_archiving(settings: Settings, admin: URL) -> None:
    """Archive what is due, now and every six hours, until cancelled; what fails is done in the next round."""
    stopping = threading.Event()
    try:
        while settings.retention is not None:
            try:
                await asyncio.to_thread(_round, settings, admin, stopping)
            except (ArchiveRefused, ArchiveTrouble, psycopg.Error) as trouble:
                _log.warning("archiving_put_off", error=str(trouble).splitlines()[0])
            except Exception:  # noqa: BLE001 - a mistake of ours here must not end the platform, and the log stays whole
                _log.exception("archiving_failed")
            await asyncio.sleep(EVERY)
    finally:
        stopping.set()


class _Stopped(Exception):
    """The process ends; the month under way is begun again in the next one."""


def _round(settings: Settings, admin: URL, stopping: threading.Event) -> None:
    def go_on(_: int) -> None:
        if stopping.is_set():
            raise _Stopped

    if settings.retention is None:
        return
    with archive_session(admin) as session:
        for one in archiving(settings, session, go_on).run(settings.retention):
            if isinstance(one, Kept):
                _log.info("log_month_kept", month=one.month, needed_by=sorted({need.by for need in one.needs}))
            else:
                _log.info("log_month_archived", **one._asdict(), where=settings.archive)
