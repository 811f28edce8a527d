"""`arena archive`: months of the log moved out of the database, listed, and proved to be what they were."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from arena.chassis.bus.archive import segments
from arena.chassis.bus.archive.archiving import Kept, Moved
from arena.chassis.bus.archive.reading import Archive
from arena.chassis.bus.archive.segments import Session
from arena.chassis.bus.archive.store import open_store
from arena.chassis.bus.archive.verifying import verify as prove
from arena.chassis.core.logging import set_up_logging
from arena.chassis.core.settings import LogLevel, Settings
from arena.cli.console import AsJson, fail, out, progress, say, show_json, table_of
from arena.cli.settings import WRONG_USE, current_settings
from arena.contracts.civil import use_tzdata_wheel
from arena.embedded.archiving import ArchiveUnset, archive_session, archiving
from arena.embedded.backup.where import administrator

app = typer.Typer(help="Old months of the log: run, list, verify.", no_args_is_help=True)


@app.command()
def run(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Archive every month whose ARENA_LOG_RETENTION is over, oldest first, up to the first that somebody still needs.

    Works beside a running platform, and may be repeated whatever ended it. `arena up` does the same by itself.
    """
    settings = current_settings()
    if settings.retention is None:
        fail("ARENA_LOG_RETENTION is not set: say how long a month stays in the database, such as 400d.", WRONG_USE)
    told: list[Moved | Kept] = []
    with _session(settings) as session, progress("events read", None) as advance:
        for one in archiving(settings, session, advance).run(settings.retention):
            told.append(one)
            if not as_json:
                say(_words(one))
    if as_json:
        show_json([_as_answer(one) for one in told])
    elif not told:
        say(f"nothing to archive: no month in the database ended {settings.log_retention} ago")


def _words(one: Moved | Kept) -> str:
    if isinstance(one, Moved):
        return f"{one.month}: {one.events:,} events in the archive, {one.bytes / 1e6:,.1f} MB, {one.seconds:.1f} s"
    behind = ", ".join(sorted({f"{need.by} ({need.log})" for need in one.needs}))
    return f"{one.month} stays in the database: {behind} has not applied all of it"


def _as_answer(one: Moved | Kept) -> dict[str, Any]:
    if isinstance(one, Moved):
        return {"archived": True, **one._asdict()}
    return {"archived": False, "month": one.month, "needs": [need._asdict() for need in one.needs]}


@app.command(name="list")
def list_(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Every month of the log, and where it is."""
    settings = current_settings()
    with _session(settings) as session:
        gone, here = segments.archived(session), segments.segments(session)
    if as_json:
        months = {"archived": [month._asdict() for month in gone], "database": [month._asdict() for month in here]}
        show_json({"archive": settings.archive, **months})
        return
    table = table_of("month", "where", "events", "size")
    for month in gone:
        table.add_row(month.month, month.location, f"{month.events:,}", "")
    for segment in here:
        table.add_row(segment.month, "database", "", f"{segment.bytes / 1e6:,.1f} MB")
    out.print(table)
    if settings.archive is None:
        without = "what reads the log stops with a sentence at the first month that is in the archive" if gone else "nothing is archived"
        say(f"ARENA_ARCHIVE is not set here: {without}")


@app.command()
def verify(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Read the whole archive, and prove that it holds every event that left the database, unchanged.

    Exit code 1: it does not; each month that is damaged is told.
    """
    settings = current_settings()
    if settings.archive is None:
        raise ArchiveUnset
    archive = Archive(open_store(settings.archive))
    with _session(settings) as session, progress("events", None) as advance:
        found = list(prove(session, archive, advance))
    if as_json:
        show_json([month._asdict() for month in found])
    else:
        for month in found:
            say(f"{month.month}: {month.wrong or f'ok, {month.events:,} events'}")
        if not found:
            say("nothing is archived")
    if any(month.wrong for month in found):
        raise typer.Exit(1)


@contextmanager
def _session(settings: Settings) -> Iterator[Session]:
    """The administrator's session of the installation."""
    use_tzdata_wheel()
    set_up_logging(LogLevel.WARNING)
    with administrator(settings, existing=True) as admin, archive_session(admin) as session:
        yield session
