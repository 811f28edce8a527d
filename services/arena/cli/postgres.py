"""`arena postgres`: PostgreSQL in the foreground."""

from typing import Annotated

import typer

from arena.cli.console import say
from arena.cli.settings import current_settings
from arena.split.postgres import PostgresOptions, run_postgres


def postgres(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "0.0.0.0",  # noqa: S104 - it is there for the other pods
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5432,
) -> None:
    """Run PostgreSQL in the foreground, for a cluster that has none."""
    settings = current_settings()
    run_postgres(PostgresOptions(host, port, settings.data_dir, settings.postgres_password_file), say)
