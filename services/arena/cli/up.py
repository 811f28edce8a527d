"""`arena up`: the platform in the foreground."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from arena.chassis.core.settings_kafka import Bus
from arena.cli.console import fail, say
from arena.cli.settings import WRONG_USE, current_settings
from arena.embedded.process import run
from arena.embedded.server import CannotStart
from arena.split.laptop import run as run_split


def up(
    host: Annotated[str | None, typer.Option(help="Address to serve on (ARENA_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port of pages and API (ARENA_PORT).")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of everything that is kept (ARENA_DATA_DIR).")] = None,
    split: Annotated[bool, typer.Option("--split", help="As several processes, as in a cluster, over the same data.")] = False,  # noqa: FBT002 - typer makes it the option
    bus: Annotated[Bus | None, typer.Option(help="With --split: where events are read, log or kafka (ARENA_BUS).")] = None,
) -> None:
    """Serve the platform in the foreground until Ctrl-C."""
    settings = current_settings(host=host, port=port, data_dir=data_dir, bus=bus)
    if settings.bus is Bus.KAFKA and not split:
        fail(
            "One process needs no Kafka (ARENA_BUS): say `arena up --split --bus kafka`, or leave it at log.",
            WRONG_USE,
        )
    try:
        if split:
            run_split(settings, (sys.executable, "-m", "arena.cli.child"), say)
        else:
            run(settings, say)
    except CannotStart as refused:
        fail(str(refused))
