"""How the command speaks: answers on stdout, trouble and progress on stderr, JSON where asked for."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
Advance = Callable[[int], None]


def say(line: str) -> None:
    """A line on stdout at once, without markup."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show_json(value: Any) -> None:
    """A value as JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and end."""
    err.print(message, markup=False)
    raise typer.Exit(code)


def table_of(*columns: str, title: str | None = None) -> Table:
    """An empty table; what is too wide for the terminal goes on in the next line, nothing is cut off."""
    made = Table(title=title)
    for name in columns:
        made.add_column(name, overflow="fold")
    return made


@contextmanager
def progress(words: str, total: int | None) -> Iterator[Advance]:
    """A progress bar on stderr while the block runs, where somebody can see it; call the given function with what was done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(words, total=total)
        yield lambda done: bar.advance(task, done)
