"""How the command speaks: plain lines on stdout, trouble on stderr, JSON where asked for."""

import json
import sys
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


def say(line: str) -> None:
    """A line on stdout at once, without markup."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show_json(value: Any) -> None:
    """A value as JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and end."""
    err.print(message, markup=False)
    raise typer.Exit(code)
