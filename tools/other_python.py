"""Run tests on another Python than that of .venv: one that is installed, else one that uv fetches; in a .venv of its own below .cache.

Usage: python -m tools.other_python 3.13 tests/unit …
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tools.setup_venv import CACHE, ROOT, find_uv, run

LOCK = "test"
FAST = "not slow and not speed and not browser"


def candidates(version: str, environ: Mapping[str, str], fetch: Callable[[], Path]) -> Iterator[Path]:
    """The places where that Python may be, those that cost nothing first."""
    if on_path := shutil.which(f"python{version}", path=environ.get("PATH")):
        yield Path(on_path)
    pyenv = Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/")) / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))
    yield from sorted(fetch().glob(f"*/bin/python{version}"))


def is_version(python: Path, version: str) -> bool:
    """Tell whether it runs and is that version: a version manager's shim may stand for nothing."""
    probe = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
    answer = subprocess.run([python, "-I", "-c", probe], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == version


def find(version: str, environ: Mapping[str, str], fetch: Callable[[], Path]) -> Path:
    """Return a Python of that version; without one there is nothing to run, and that is a failure."""
    for python in candidates(version, environ, fetch):
        if is_version(python, version):
            return python
    sys.exit(
        f"There is no Python {version} here and uv could not fetch one: install it (Debian, Ubuntu: python{version} and -venv; or pyenv)."
    )


def fetched_by_uv(version: str) -> Path:
    """Let uv fetch that Python, where it can; return the folder of all that it fetched."""
    home = CACHE / "pythons"
    environment = os.environ | {"UV_PYTHON_INSTALL_DIR": str(home)}
    subprocess.run([find_uv(), "python", "install", "--quiet", version], env=environment, check=False)
    return home


def main() -> None:
    """Set up for the version named first and run the tests named after it."""
    version, *tests = sys.argv[1:]
    python = find(version, os.environ, lambda: fetched_by_uv(version))
    venv = CACHE / f"venv-{version}"
    run(ROOT / "tools" / "bootstrap", LOCK, environment=os.environ | {"PYTHON": str(python), "VENV": str(venv)})
    own = venv / "bin" / "python"
    if not is_version(own, version):
        sys.exit(f"{own} is not Python {version}.")
    os.chdir(ROOT)
    os.execv(own, [str(own), "-m", "pytest", "-m", FAST, *tests])  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
