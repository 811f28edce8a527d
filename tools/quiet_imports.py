"""Import every module of a package twice and report what the second import touches outside the process.

The first import loads third-party code too, which may do as it likes. Then the package's own modules are forgotten and imported again
with an audit hook at work, so that whatever is seen then is the package's own doing: a socket, a process, a file (other than modules
being loaded), a thread, or the environment.
"""

import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from threading import Thread
from types import FrameType

MODULE_FILES = (".py", ".pyc", ".so")
REFUSED = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "sqlite3.connect",
)
NOT_IMPORTED = ("alembic", "migrations", "log_migrations", "__main__")
"""Alembic runs the files of its folders itself; `__main__` is what runs."""


def modules(package: str) -> Iterator[str]:
    """Name the package and every module below it, without importing them."""
    yield package
    spec = import_module(package)
    for found in pkgutil.iter_modules(spec.__path__, f"{package}."):
        if found.name.rpartition(".")[2] in NOT_IMPORTED:
            continue
        if found.ispkg:
            yield from modules(found.name)
        else:
            yield found.name


def offence(event: str, arguments: tuple[object, ...]) -> str | None:
    """Say in words what an audit event means, or None when it is part of importing."""
    if event == "open":
        path, mode, _ = arguments
        loading = str(path).endswith(MODULE_FILES) and not set(str(mode or "r")) & set("wax+")
        return None if loading else f"opens {path}"
    if event.startswith(REFUSED):
        return f"{event} {arguments[:1]}"
    return None


def watch(package: str, report: Callable[[str], None]) -> None:
    """From here on report what is done; a read of the environment goes through the encoding of its name."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if what := offence(event, arguments):
            report(what)

    def encode(name: str) -> str:
        # Libraries look at their own variables when one of our classes is defined; only our own looks count.
        if asked_by(sys._getframe(1)).startswith(package):  # noqa: SLF001 - what inspect would return, without reading source files
            report(f"reads the environment ({name})")
        return kept(name)

    def start(thread: Thread) -> None:
        report(f"starts a thread ({thread.name})")
        kept_start(thread)

    kept, kept_start = os.environ.encodekey, Thread.start
    os.environ.encodekey = encode
    Thread.start = start  # type: ignore[assignment, method-assign]  # the audit events of threads came after Python 3.11
    sys.addaudithook(hook)


def asked_by(frame: FrameType | None) -> str:
    """Name the module that asked, past the standard library's own frames."""
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in sys.stdlib_module_names:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")) if frame else ""


def second_import(names: list[str]) -> list[str]:
    """Import the modules again, watched; return what they did."""
    found: list[str] = []
    current: list[str] = []
    watch(names[0], lambda what: found.extend(f"{name} {what}" for name in current[-1:]))
    for name in names:
        current.append(name)
        import_module(name)
    current.clear()
    return found


def main() -> None:
    """Judge the package named by the first argument; one line per offence, exit code 1 if there is any."""
    sys.dont_write_bytecode = True
    package = sys.argv[1]
    names = list(modules(package))
    for name in names:
        import_module(name)
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]
    offences = second_import(names)
    print("\n".join([*offences, f"{len(names)} modules imported"]))
    sys.exit(bool(offences))


if __name__ == "__main__":
    main()
