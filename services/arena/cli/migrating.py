"""`arena migrate`: the database brought to what this version needs."""

import re
from typing import Annotated

import typer

from arena.cli.console import err, say
from arena.cli.settings import current_settings
from arena.contracts.civil import use_tzdata_wheel
from arena.split.migrating import check_database, migrate_database


def _seconds(given: str) -> float:
    if found := re.fullmatch(r"(\d+)(s|m)?", given):
        return int(found[1]) * (60 if found[2] == "m" else 1)
    raise typer.BadParameter("write seconds or minutes, such as 60s or 2m")


def migrate(
    wait: Annotated[
        float, typer.Option(parser=_seconds, metavar="TIME", help="How long to wait for the database, such as 60s or 2m.")
    ] = "60s",  # type: ignore[assignment]  # typer gives the default to the parser
    check: Annotated[bool, typer.Option("--check", help="Only look, and say what is wrong.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Bring roles, schemas and log of the database to what this version needs; safe to repeat."""
    use_tzdata_wheel()
    settings = current_settings()
    say(check_database(settings) if check else migrate_database(settings, wait=wait, say=lambda words: err.print(words, markup=False)))
