"""`arena serve` and `arena work`: a part of the platform in the foreground."""

from typing import Annotated

import typer

from arena.cli.console import say
from arena.cli.settings import current_settings
from arena.embedded.assembling import CARRIED, SERVICES, WORKING, carried
from arena.split.process import run, share_of

_Served = Annotated[list[str] | None, typer.Argument(metavar="[SERVICE]...", help=f"Which; without any all: {' '.join(SERVICES)}.")]
_Worked = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SERVICE]...", help=f"Which; without any all: {' '.join(WORKING)}, and {' '.join(CARRIED)} with Kafka."),
]


def serve(services: _Served = None) -> None:
    """Serve the HTTP of services, as one process of several."""
    settings = current_settings()
    run(settings, share_of(settings, serve=services or SERVICES), say)


def work(services: _Worked = None) -> None:
    """Do what services have to do beside HTTP, as one process of several."""
    settings = current_settings()
    run(settings, share_of(settings, work=services or (*WORKING, *carried(settings))), say)
