"""Run other people's programs so that who watches sees which, and knows at which one it stopped. Standard library only."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tools.setup_venv import ROOT


def run(*command: str, hint: str = "") -> None:
    """Show a command and run it in the repository; when it fails, stop with the hint."""
    _show(command)
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        _stop(command, hint)


def answer(*command: str, both: bool = False) -> str:
    """Show a command, run it in the repository and return what it printed (on `both` streams, if asked); when it fails, stop."""
    _show(command)
    errors = subprocess.STDOUT if both else None
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
    if done.returncode:
        print(done.stdout, end="", flush=True)
        _stop(command, "")
    return done.stdout


def tell_workflow(values: dict[str, str]) -> None:
    """Hand values to later steps of a workflow of GitHub; elsewhere nobody asks."""
    if output := os.environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in values.items())


def _show(command: tuple[str, ...]) -> None:
    print(f"+ {shlex.join(command)}", flush=True)


def _stop(command: tuple[str, ...], hint: str) -> None:
    sys.exit(f"stopped: {command[0]} failed (above)\n{hint}".rstrip())
