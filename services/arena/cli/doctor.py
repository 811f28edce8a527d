"""`arena doctor`: looks over an installation, running or stopped, and says what to do."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from arena.chassis.core.settings import Settings
from arena.cli.checkup import addresses, database, machine
from arena.cli.checkup.finding import Finding, State, fail, ok
from arena.cli.console import AsJson, err, out, say, show_json, table_of
from arena.cli.settings import current_settings
from arena.contracts.civil import use_tzdata_wheel
from arena.embedded.backup.where import given
from arena.embedded.postgres import EmbeddedPostgres, PostgresRefused, find_running
from arena.embedded.postgres.folder import DataFolder

_LOOKS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}


def doctor(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Look over this installation and say what to do.

    Works on a running platform and on a stopped one, whose database is started for the moment. Changes nothing.
    Exit code 1: something fails.
    """
    use_tzdata_wheel()
    settings = current_settings()
    with err.status("looking"):
        findings = list(_findings(settings))
    if as_json:
        show_json([finding._asdict() for finding in findings])
    else:
        _tell(findings)
    if any(finding.state is State.FAIL for finding in findings):
        raise typer.Exit(1)


def _findings(settings: Settings) -> Iterator[Finding]:
    found = list(machine.look(settings, os.environ, datetime.now(UTC)))
    yield from found
    yield from addresses.look(settings)
    if not any(finding.check == "data folder" and finding.state is State.FAIL for finding in found):
        yield from _database(settings)


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        if settings.database_url is not None:
            yield from database.look(given(settings.database_url.get_secret_value(), settings.database_passwords))
        elif (running := find_running(settings.data_dir)) is not None:
            yield from database.look(make_url(running.url()))
        elif not DataFolder(settings.data_dir.resolve()).pgdata.exists():
            yield ok("database", "not there yet: the first start makes it")
        else:
            with EmbeddedPostgres(settings.data_dir) as server:
                yield from database.look(make_url(server.endpoint.url()))
    except PostgresRefused as refused:
        yield fail("database", "does not start", str(refused))
    except SQLAlchemyError as trouble:
        words = str(getattr(trouble, "orig", trouble)).strip().splitlines()[0]
        yield fail("database", words, "Check ARENA_DATABASE_URL, and whether that server runs.")


def _tell(findings: list[Finding]) -> None:
    table = table_of("", "check", "found", "what to do")
    for finding in findings:
        table.add_row(f"[{_LOOKS[finding.state]}]{finding.state.value}[/]", finding.check, finding.found, finding.advice)
    out.print(table)
    count = Counter(finding.state for finding in findings)
    say(f"{count[State.OK]} ok, {count[State.WARN]} warn, {count[State.FAIL]} fail")
