"""`arena`: one command for players, hosts and engineers; each subcommand has its own module, loaded when it is called."""

import os
import sys
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from arena import __version__
from arena.cli.console import err, say

INTERRUPTED = 130


class Entry(NamedTuple):
    """A subcommand: where its function (or Typer app) is, and its line in `arena --help`."""

    name: str
    target: str
    words: str
    panel: str


RUN, PLAY, DECLARE, TEND = "Run", "Play and prove", "Declare battles as resources", "Look after an installation"
ENTRIES = {
    entry.name: entry
    for entry in (
        Entry("up", "arena.cli.up:up", "Serve the platform in the foreground until Ctrl-C.", RUN),
        Entry("serve", "arena.cli.serving:serve", "Serve the HTTP of services, as one process of several.", RUN),
        Entry("work", "arena.cli.serving:work", "Do what services have to do beside HTTP, as one process of several.", RUN),
        Entry(
            "migrate",
            "arena.cli.migrating:migrate",
            "Bring roles, schemas and log of the database to what this version needs; safe to repeat.",
            RUN,
        ),
        Entry("postgres", "arena.cli.postgres:postgres", "Run PostgreSQL in the foreground, for a cluster that has none.", RUN),
        Entry("demo", "arena.cli.demo:demo", "Imports, a short battle of simulated users, and the page to watch it.", RUN),
        Entry("import", "arena.cli.importing:import_", "Import another app's export into an account, and tell what became of it.", PLAY),
        Entry("simulate", "arena.cli.simulating:simulate", "Let simulated people use the platform: history, a battle, or load.", PLAY),
        Entry("verify", "arena.cli.verify:verify", "Check a battle's result file offline.", PLAY),
        Entry("replay", "arena.cli.replay:app", "Recompute a battle, or all of scoring, from the log.", PLAY),
        Entry("apply", "arena.cli.applying:apply", "Make what manifests declare true: the files that `kubectl apply` takes.", DECLARE),
        Entry("get", "arena.cli.looking:get", "Show battles, series and result ConfigMaps.", DECLARE),
        Entry("describe", "arena.cli.looking:describe", "Tell everything about a resource.", DECLARE),
        Entry("explain", "arena.cli.explaining:explain", "Tell why a battle's resource is as it is, and what comes next.", DECLARE),
        Entry("delete", "arena.cli.applying:delete", "Let a resource end; its battle goes on unless it says Cancel.", DECLARE),
        Entry("gate", "arena.cli.gate:app", "Whether now is a time to deploy: no while protected battles run.", DECLARE),
        Entry("doctor", "arena.cli.doctor:doctor", "Look over this installation and say what to do.", TEND),
        Entry("settings", "arena.cli.settings:settings", "Every setting with its default and meaning, and what is in force.", TEND),
        Entry("backup", "arena.cli.backup:backup", "Write everything that must be kept into one file, while the platform runs.", TEND),
        Entry("restore", "arena.cli.restore:restore", "Load a backup into a new installation, and prove that it is what was saved.", TEND),
        Entry("archive", "arena.cli.archive:app", "Old months of the log: run, list, verify.", TEND),
        Entry("user", "arena.cli.users:app", "Accounts: create, reset, list, roles, invite.", TEND),
        Entry("dlq", "arena.cli.parked:app", "Parked events: list, show, replay, discard, acts.", TEND),
        Entry("topics", "arena.cli.topics:app", "Kafka's topics: plan, apply.", TEND),
        Entry(
            "bench",
            "arena.cli.bench:bench",
            "Measure this version, in a checkout of the sources: a table, build/bench.json, and exit code 1 when a bar is missed.",
            TEND,
        ),
    )
}


def load(entry: Entry) -> Any:
    """The real command of an entry."""
    module, _, name = entry.target.partition(":")
    target = getattr(import_module(module), name)
    if not isinstance(target, typer.Typer):
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(entry.name)(target)
        target = single
    command = typer.main.get_command(target)
    command.name = entry.name
    return command


class LazyGroup(TyperGroup):
    """Knows every command by its line, and loads the one that is called: help comes at once."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The real command in the place of its line."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(ENTRIES[name]) if name in ENTRIES else command, rest


def _create_app() -> typer.Typer:
    made = typer.Typer(
        cls=LazyGroup,
        name="arena",
        help="HabitArena: habits, streaks with reasons, live battles.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        epilog="Every wrong use ends with a sentence and exit code 1 or 2. `arena COMMAND --help` tells more of each.",
    )
    made.callback()(_options)
    for entry in ENTRIES.values():
        made.command(entry.name, help=entry.words, rich_help_panel=entry.panel)(_in_its_place)
    return made


def _in_its_place() -> None:
    """Stands for a command until it is loaded."""


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        say(f"arena {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")] = False,  # noqa: FBT002 - an option
) -> None:
    del version


app = _create_app()


def run(arguments: list[str] | None = None) -> None:
    """The entry point: what goes wrong and has a name ends in a sentence, not in a traceback."""
    try:
        app(arguments)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as failure:
        from arena.cli.refusals import in_words  # noqa: PLC0415 - what goes well need not load it

        words = in_words(failure)
        if words is None:
            raise
        err.print(words, markup=False)
        sys.exit(1)


if __name__ == "__main__":
    run()
