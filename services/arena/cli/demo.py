"""`arena demo`: everything at a glance, on generated data or an export of one's own."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from arena.chassis.core.settings import Settings
from arena.cli.connect import address_of
from arena.cli.console import AsJson, err, say, show_json
from arena.cli.demo_acts import Acts, generated
from arena.cli.importing import read_export_file
from arena.cli.platform import some_platform
from arena.cli.settings import current_settings
from arena.client import ArenaClient
from arena.contracts.civil import use_tzdata_wheel


def demo(
    file: Annotated[Path | None, typer.Option(help="An export of your own in the place of the generated ones.")] = None,
    users: Annotated[int, typer.Option(min=2, max=100, help="How many people compete.")] = 8,
    minutes: Annotated[float, typer.Option(min=1, max=60, help="How long the battle lasts.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and exports.")] = 1,
    exit_: Annotated[bool, typer.Option("--exit", help="End after the battle, rather than serve on.")] = False,  # noqa: FBT002 - an option
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Imports, a short battle of simulated users, and the page to watch it.

    Starts the platform if none serves yet (it then serves on until Ctrl-C), imports exports of several years into an account of its own,
    lets simulated people compete, and checks the result offline.
    """
    use_tzdata_wheel()
    files = [(file.name, read_export_file(file))] if file else list(generated(seed))
    acts = Acts(files, users=users, minutes=minutes, seed=seed, quiet=as_json)
    asyncio.run(_until_told(_show(current_settings(), acts, stays=not exit_, as_json=as_json)))
    if not as_json:
        say("stopped")


async def _until_told(showing: Coroutine[Any, Any, None]) -> None:
    """Show until it is over or somebody presses Ctrl-C; either way it winds up what it began."""
    task = asyncio.create_task(showing)
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


async def _show(settings: Settings, acts: Acts, *, stays: bool, as_json: bool) -> None:
    url = address_of(settings)
    async with AsyncExitStack() as stack:
        with err.status("starting the platform"):
            child = await stack.enter_async_context(some_platform(settings, os.environ))
        if not as_json:
            say(f"ready {url}" if child else f"using the platform at {url}")
        client = await stack.enter_async_context(ArenaClient.connect(url))
        told = await acts.perform(url, client)
        if as_json:
            show_json(told)
        if child is not None and stays:
            err.print(f"serving at {url} until Ctrl-C", markup=False)
            await child.ended()
