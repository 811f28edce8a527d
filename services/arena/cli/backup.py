"""`arena backup`: everything that must be kept, in one file."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from arena.cli.console import AsJson, err, fail, progress, say, show_json
from arena.cli.settings import WRONG_USE, current_settings
from arena.contracts.civil import use_tzdata_wheel
from arena.embedded.backup.keys import read_keys
from arena.embedded.backup.manifest import Manifest
from arena.embedded.backup.taking import Taken, database_size, new_file, take
from arena.embedded.backup.where import administrator

PIPE = Path("-")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; - writes to stdout.", show_default=False)],
    without_keys: Annotated[bool, typer.Option("--without-keys", help="Leave the installation's keys out.")] = False,  # noqa: FBT002 - an option
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Write everything that must be kept into one file, while the platform runs.

    The file is a snapshot: what was answered before is in it, whole. It holds password hashes and keys, so only its owner may read it.
    Exit code 1: it was written, but what it holds does not hold together; each fault is told.
    """
    use_tzdata_wheel()
    if file == PIPE and (as_json or sys.stdout.isatty()):
        fail("A backup on stdout goes to a file or a pipe, without --json: arena backup - > FILE.", WRONG_USE)
    taken = _write(file, keys=not without_keys)
    if as_json:
        show_json(as_answer(taken.manifest) | {"seal": taken.seal, "bytes": taken.bytes, "seconds": round(taken.seconds, 2)})
    elif file == PIPE:
        err.print(_told(taken), markup=False)
    else:
        say(f"{file}: {_told(taken)}")
    if not as_json and taken.manifest.archived:
        err.print(archived(taken.manifest), markup=False)
    if taken.manifest.census.wrong:
        fail("\n".join(f"wrong: {fault}" for fault in taken.manifest.census.wrong))


def _write(file: Path, *, keys: bool) -> Taken:
    settings = current_settings()
    try:
        with administrator(settings, existing=True) as admin, progress("bytes", database_size(admin)) as advance:
            kept = read_keys(settings) if keys else None
            if file == PIPE:
                return take(admin, kept, sys.stdout.buffer, advance)
            with new_file(file) as out:
                return take(admin, kept, out, advance)
    except OSError as trouble:
        fail(f"{file} cannot be written ({trouble.strerror}): name a file in a folder of yours with room. Nothing was left behind.")


def _told(taken: Taken) -> str:
    return f"{told(taken.manifest)}; {taken.bytes / 1e6:,.1f} MB in {taken.seconds:.1f} s"


def told(manifest: Manifest) -> str:
    """What is in a backup, in words."""
    counts = as_answer(manifest)
    return ", ".join(f"{counts[name]:,} {name.replace('_', ' ')}" for name in ("accounts", "facts", "battles", "final_results", "events"))


def archived(manifest: Manifest) -> str:
    """What is not in a backup, in words."""
    places = ", ".join(dict.fromkeys(manifest.archived.values()))
    return (
        f"Not in it: months {min(manifest.archived)} to {max(manifest.archived)} of the log. They are in the archive {places}: keep it too."
    )


def as_answer(manifest: Manifest) -> dict[str, Any]:
    """What is in a backup, for programs."""
    return {
        "version": manifest.version,
        "taken_at": manifest.taken_at,
        "accounts": manifest.rows("identity.account"),
        "facts": manifest.rows("habits.fact"),
        "battles": manifest.rows("battles.battle"),
        "final_results": len(manifest.census.results),
        "events": manifest.census.events,
        "keys": manifest.keys is not None,
        "archived": manifest.archived,
        "wrong": list(manifest.census.wrong),
    }
