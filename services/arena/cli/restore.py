"""`arena restore`: an installation as it was when the backup was taken, and the proof of it."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer

from arena.chassis.core.settings import Settings
from arena.cli.backup import PIPE, archived, as_answer, told
from arena.cli.console import AsJson, fail, progress, say, show_json
from arena.cli.settings import WRONG_USE, current_settings
from arena.contracts.civil import tzdata_version, use_tzdata_wheel
from arena.embedded.backup.archive import Archive
from arena.embedded.backup.keys import put_keys
from arena.embedded.backup.manifest import Manifest
from arena.embedded.backup.restoring import refuse_small_disk, refuse_unusable
from arena.embedded.backup.restoring import restore as load
from arena.embedded.backup.where import administrator


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup; - reads stdin.", show_default=False)],
    check: Annotated[bool, typer.Option("--check", help="Only tell whether the file is whole and what is in it.")] = False,  # noqa: FBT002 - an option
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Load a backup into a new installation, and prove that it is what was saved.

    All or nothing: before anything is committed, the hash of every final result is computed anew, and every log must stand where it stood.
    What is interrupted has changed nothing and can be repeated.
    """
    use_tzdata_wheel()
    settings = current_settings()
    with _opened(file, settings.data_dir) as archive:
        refuse_unusable(archive.manifest)
        seconds = None if check else _load(settings, archive)
    if as_json:
        show_json(as_answer(archive.manifest) | {"restored": not check, "seconds": seconds})
    else:
        _tell(archive.manifest, seconds)


@contextmanager
def _opened(file: Path, data_dir: Path) -> Iterator[Archive]:
    """The archive, proved."""
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(_kept(data_dir) if file == PIPE else file.open("rb"))
            archive = stack.enter_context(Archive.open(opened, "stdin" if file == PIPE else str(file)))
        except OSError as trouble:
            fail(f"{file} cannot be read ({trouble.strerror}): name a file that `arena backup` wrote.", WRONG_USE)
        yield archive


def _kept(data_dir: Path) -> IO[bytes]:
    """What came through a pipe, in a file without a name where there is most room: a ZIP is read from its end."""
    kept = tempfile.TemporaryFile(dir=data_dir if data_dir.is_dir() else None)  # noqa: SIM115 - the caller's stack closes it
    shutil.copyfileobj(sys.stdin.buffer, kept)
    return kept


def _load(settings: Settings, archive: Archive) -> float:
    manifest, keys = archive.manifest, archive.keys()
    if settings.database_url is None:
        refuse_small_disk(settings.data_dir, manifest)
    with (
        administrator(settings, existing=False) as admin,
        progress("bytes", sum(part.bytes for part in manifest.tables)) as advance,
    ):
        return load(admin, archive, advance, lambda: put_keys(settings, keys) if keys else None).seconds


def _tell(manifest: Manifest, seconds: float | None) -> None:
    say(f"backup of {manifest.taken_at:%F %T} UTC by HabitArena {manifest.version}: {told(manifest)}")
    for fault in manifest.census.wrong:
        say(f"wrong, and it was so when it was saved: {fault}")
    if manifest.archived:
        say(archived(manifest))
    if seconds is None:
        say(f"ok: the file is whole{'' if manifest.keys else ', without keys'}")
        return
    say(f"ok: {len(manifest.census.results):,} final results have equal hashes, {len(manifest.census.logs)} logs stand where they stood")
    if manifest.tzdata != tzdata_version():
        say(
            f"It was saved with tzdata {manifest.tzdata}, this is {tzdata_version()}: `arena replay battle` tells of it where that matters."
        )
    if not manifest.keys:
        say("No keys were in it: where the keys are others than before, everybody signs in again.")
    say(f"restored in {seconds:.1f} s; the platform goes on from there when it starts")
