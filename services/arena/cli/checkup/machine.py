"""The process's surroundings: Python, settings, zone data, data folder."""

import os
import pwd
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from arena.chassis.core.settings import Registration, Settings, misspelt
from arena.cli.checkup.finding import Finding, fail, ok, warn
from arena.contracts.civil import tzdata_version
from arena.embedded.postgres import PostgresRefused
from arena.embedded.postgres.folder import DataFolder

OLDEST_PYTHON = (3, 11)
_LITTLE = 1024**3
_NONE = 64 * 1024**2
_LOOPBACK = ("127.", "::1", "localhost")


def look(settings: Settings, environ: Mapping[str, str], now: datetime) -> Iterator[Finding]:
    """Every finding about the surroundings."""
    yield python(sys.version_info[:3])
    yield zone_data(tzdata_version(), now)
    yield registration(settings)
    for words in misspelt(environ):
        yield warn("settings", words, "`arena settings` lists them all.")
    yield from data_folder(settings)


def python(version: tuple[int, int, int]) -> Finding:
    """The interpreter."""
    words = ".".join(map(str, version))
    if version[:2] < OLDEST_PYTHON:
        return fail("python", words, "HabitArena needs Python 3.11 or newer.")
    return ok("python", words)


def zone_data(version: str, now: datetime) -> Finding:
    """The release of the IANA database: governments change their clocks, and an old one decides wrong days."""
    if int(version[:4]) < now.year - 1:
        return warn("zone data", f"tzdata {version}", "It is more than a year old: upgrade HabitArena, or the tzdata package beside it.")
    return ok("zone data", f"tzdata {version}")


def registration(settings: Settings) -> Finding:
    """Who may make an account, against who can reach the page."""
    found = f"{settings.registration.value} on {settings.host}"
    if settings.registration is Registration.OPEN and not settings.host.startswith(_LOOPBACK):
        return warn(
            "registration", found, "Everybody who reaches the page can make an account: ARENA_REGISTRATION=invite admits who you invite."
        )
    return ok("registration", found)


def data_folder(settings: Settings) -> Iterator[Finding]:
    """Whether the data folder can be used, is private, and has room."""
    root = settings.data_dir.resolve()
    try:
        DataFolder(root).inspect()
    except PostgresRefused as refused:
        yield fail("data folder", str(root), refused.sentence)
        return
    except OSError as unread:
        yield fail("data folder", f"{root}: {unread.strerror}", "Run this as the user the folder belongs to.")
        return
    if not root.exists():
        yield ok("data folder", f"{root} (not there yet: the first start makes it)")
    else:
        yield _privacy(root)
    yield room(shutil.disk_usage(_nearest(root)).free)


def room(free: int) -> Finding:
    """Room on the disk of the data folder, in bytes."""
    words = f"{free / 1024**3:.1f} GiB free"
    if free < _NONE:
        return fail("disk", words, "Free some room: the database stops when it cannot write.")
    if free < _LITTLE:
        return warn("disk", words, "Free some room before it runs out.")
    return ok("disk", words)


def _privacy(root: Path) -> Finding:
    found = root.stat()
    words = f"{root}, {_owner(found.st_uid)}, mode {stat.S_IMODE(found.st_mode):04o}"
    if found.st_mode & 0o077:
        return fail("data folder", words, f"Others on this machine can look in: chmod 700 {root}")
    if os.geteuid() not in {0, found.st_uid}:
        return fail("data folder", words, f"It belongs to {_owner(found.st_uid)}: run `arena` as that user.")
    return ok("data folder", words)


def _owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _nearest(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())
