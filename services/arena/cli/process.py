"""`arena up` and `arena settings`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from arena.chassis.core.settings import Settings, SettingsError, describe, load_settings
from arena.cli.console import AsJson, fail, out, say, show_json


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("up")(up)
    app.command("settings")(settings)


def current_settings(**overrides: Any) -> Settings:
    """The settings of this call; ends the command with a sentence when one is wrong."""
    try:
        return load_settings(**{name: value for name, value in overrides.items() if value is not None})
    except SettingsError as wrong:
        fail(str(wrong), 2)


def up(
    host: Annotated[str | None, typer.Option(help="Address to serve on (ARENA_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port of pages and API (ARENA_PORT).")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of everything that is kept (ARENA_DATA_DIR).")] = None,
) -> None:
    """Serve the platform in the foreground until SIGINT or SIGTERM."""
    from arena.embedded.process import CannotStart, run  # noqa: PLC0415 - `arena --help` need not load a server

    try:
        run(current_settings(host=host, port=port, data_dir=data_dir), say)
    except CannotStart as refused:
        fail(str(refused))


def settings(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Every setting with its default and meaning, and what is in force."""
    in_force = current_settings()
    rows = [(row, _shown(in_force, row.variable)) for row in describe()]
    if as_json:
        show_json([{**row._asdict(), "value": value} for row, value in rows])
        return
    table = Table("setting", "default", "in force", "meaning")
    for row, value in rows:
        table.add_row(row.variable, row.default, value, row.description)
    out.print(table)


def _shown(settings: Settings, variable: str) -> str:
    field = variable.removeprefix("ARENA_").lower()
    value = getattr(settings, {"otel_exporter_otlp_endpoint": "otlp_endpoint", "otel_service_name": "service_name"}.get(field, field))
    return "" if value is None else str(value)
