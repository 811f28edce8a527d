"""`arena settings`, and the settings that every command goes by."""

from typing import Any

from arena.chassis.core.settings import Settings, SettingsError, describe, load_settings
from arena.cli.console import AsJson, fail, out, show_json, table_of

WRONG_USE = 2


def current_settings(**overrides: Any) -> Settings:
    """The settings of this call; ends the command with a sentence when one is wrong."""
    try:
        return load_settings(**{name: value for name, value in overrides.items() if value is not None})
    except SettingsError as wrong:
        fail(str(wrong), WRONG_USE)


def settings(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Every setting with its default and meaning, and what is in force."""
    in_force = current_settings()
    rows = [(row, _shown(in_force, row.variable)) for row in describe()]
    if as_json:
        show_json([{**row._asdict(), "value": value} for row, value in rows])
        return
    table = table_of("setting", "default", "in force", "meaning")
    for row, value in rows:
        table.add_row(row.variable, row.default, value, row.description)
    out.print(table)


def _shown(settings: Settings, variable: str) -> str:
    field = variable.removeprefix("ARENA_").lower()
    value = getattr(settings, {"otel_exporter_otlp_endpoint": "otlp_endpoint", "otel_service_name": "service_name"}.get(field, field))
    return "" if value is None else str(value)
