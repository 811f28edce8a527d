"""`arena import`: another app's export through the public API."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from arena.cli.connect import Email, Password, Url, account, address, signed_in
from arena.cli.console import AsJson, err, fail, out, say, show_json, table_of
from arena.cli.settings import WRONG_USE
from arena.client.models import ImportReport, Loss
from arena.habits.importing.folder import pack_folder
from arena.habits.importing.report import ImportRefused


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The export: a file, or a folder it was unpacked to.", show_default=False)],
    url: Url = None,
    email: Email = None,
    password: Password = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Import another app's export into an account, and tell what became of it.

    Takes the database or CSV export of Loop Habit Tracker (and what else the platform can read). The same file twice is the same as once.
    """
    where, data = address(url), read_export_file(file)
    who, word = account(email, password)
    report = asyncio.run(_send(where, who, word, file.name, data))
    if as_json:
        show_json(msgspec.to_builtins(report))
    else:
        show_report(file.name, report)


def read_export_file(file: Path) -> bytes:
    """The bytes to send; a folder is packed first. Ends the command when there is nothing to read."""
    try:
        return pack_folder(file) if file.is_dir() else file.read_bytes()
    except ImportRefused as refused:
        fail(f"{file}: {refused.sentence}")
    except OSError as unread:
        fail(f"{file} cannot be read ({unread.strerror}): name the export's file, or the folder it was unpacked to.", WRONG_USE)


async def _send(url: str, email: str, password: str, name: str, data: bytes) -> ImportReport:
    async with signed_in(url, email, password) as client:
        with err.status(f"importing {name}"):
            return await client.habits.import_file(name, data)


def show_report(name: str, report: ImportReport) -> None:
    """What was kept, changed, dropped and there already, as a table."""
    known = report.already_there
    say(
        f"{name} ({report.source}): kept {report.kept.habits} habits and {report.kept.logs} logs, "
        f"of which {known.habits} habits and {known.logs} logs were there already"
    )
    rows = [*_rows("changed", report.changed), *_rows("dropped", report.dropped)]
    if not rows:
        say("nothing was changed or dropped")
        return
    table = table_of("", "what", "why", "count")
    table.columns[-1].justify = "right"
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _rows(word: str, losses: list[Loss]) -> list[tuple[str, str, str, str]]:
    return [(word, loss.what, loss.why, str(loss.count)) for loss in losses]
