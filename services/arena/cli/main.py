"""`arena`: one command for players, hosts and engineers; each subcommand has its own module."""

import typer

from arena.cli import process

app = typer.Typer(
    name="arena", help="HabitArena: habits, streaks with reasons, live battles.", no_args_is_help=True, pretty_exceptions_enable=False
)
process.register(app)


def run() -> None:
    """The entry point."""
    app()


if __name__ == "__main__":
    run()
