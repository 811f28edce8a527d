"""`arena up`: the platform in the foreground."""

from pathlib import Path
from typing import Annotated

import typer

from arena.cli.console import fail, say
from arena.cli.settings import current_settings
from arena.embedded.process import run
from arena.embedded.server import CannotStart


def up(
    host: Annotated[str | None, typer.Option(help="Address to serve on (ARENA_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port of pages and API (ARENA_PORT).")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of everything that is kept (ARENA_DATA_DIR).")] = None,
) -> None:
    """Serve the platform in the foreground until Ctrl-C."""
    try:
        run(current_settings(host=host, port=port, data_dir=data_dir), say)
    except CannotStart as refused:
        fail(str(refused))
