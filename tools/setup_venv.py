"""Bring .venv to a lock: idempotent, and quick when there is nothing to do.

Run by tools/bootstrap with any Python from 3.11 on; uses the standard library only. uv does the work: the one on the PATH, else one
that is installed, by its hash, into .cache/uv. A smaller lock never shrinks a larger installation: `make up` after `make check`
changes nothing.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tools.pip_settings import uv_environment

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / (os.environ.get("VENV") or ".venv")
PYTHON = VENV / "bin" / "python"
STATE = VENV / ".arena-setup.json"
CACHE = ROOT / ".cache"
LOCKS = ("base", "embedded", "services", "test", "browser", "dev")
IMAGE_LOCKS = ("operator",)  # an image of its own: the base and its extra; the tests need all of them
"""Each holds the one before it."""

NO_VENV = """\
Set-up needs uv on the PATH, or Python's own venv module to install it with, and this Python cannot make a venv.
Debian, Ubuntu: apt-get install python3-venv   (for a Python that is not the system's default: python{minor}-venv)"""


def run(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    """Run a command; its failure ends the set-up with its own words, not with ours."""
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit(f"Set-up stopped: {Path(command[0]).name} {command[1]} failed (above); run the same make target again to go on.")


def digest(lock: str, python: str) -> str:
    """Name everything that decides what .venv holds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    parts = {
        "root": str(ROOT),  # scripts carry the absolute path of their interpreter
        "python": python,
        "project": project["project"],
        # An editable installation knows only the folders that were there when it was made.
        "packages": [name for name in packages if (ROOT / name).is_dir()],
        "locks": [(ROOT / "requirements" / f"{name}.txt").read_text("utf-8") for name in (lock, "build")],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_state() -> dict[str, str]:
    """Read what the last set-up left, or nothing."""
    try:
        state: dict[str, str] = json.loads(STATE.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state


def venv_python() -> str | None:
    """Tell the version of .venv's Python, or None when there is none that runs and is new enough."""
    probe = "import sys; print(sys.version.split()[0]); sys.exit(sys.version_info < (3, 11))"
    try:
        answer = subprocess.run([PYTHON, "-I", "-c", probe], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def works(uv: str | None) -> bool:
    """Tell whether this uv runs: a version manager's shim may stand for nothing."""
    return uv is not None and subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0


def find_uv() -> str:
    """Return the uv on the PATH, else install the locked one into .cache/uv."""
    on_path = shutil.which("uv")
    if on_path and works(on_path):
        return on_path
    home, lock = CACHE / "uv", ROOT / "requirements" / "uv.txt"
    uv, stamp = home / "bin" / "uv", home / ".lock"
    wanted = lock.read_text("utf-8")
    if stamp.is_file() and stamp.read_text("utf-8") == wanted and works(str(uv)):
        return str(uv)
    print("installing uv …", file=sys.stderr, flush=True)
    shutil.rmtree(home, ignore_errors=True)
    made = subprocess.run([sys.executable, "-I", "-m", "venv", home], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(home, ignore_errors=True)
        minor = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(f"{made.stdout}{made.stderr}\n{NO_VENV.format(minor=minor)}".lstrip())
    # Where pip looks for packages is the user's to say (PIP_* stays); where it puts them is not.
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_CONSTRAINT", "PIP_REQUIREMENT", "PIP_DRY_RUN", "PIP_NO_BINARY"}
    environment = {name: value for name, value in os.environ.items() if name not in elsewhere}
    pip = (home / "bin" / "python", "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--no-user", "--only-binary", ":all:", "--require-hashes", "-r", lock, environment=environment)
    stamp.write_text(wanted, "utf-8")
    return str(uv)


def install(lock: str, *, fresh: bool) -> None:
    """Make .venv hold the lock, the project itself (editable), and nothing else."""
    uv = find_uv()
    environment = uv_environment(os.environ, sys.executable, CACHE / "uv" / "bin" / "python")
    if fresh:
        shutil.rmtree(VENV, ignore_errors=True)
        run(uv, "venv", "--quiet", "--python", sys.executable, VENV, environment=environment)
    STATE.unlink(missing_ok=True)
    pip = (uv, "pip")
    run(*pip, "sync", "--quiet", "--python", PYTHON, "--require-hashes", f"requirements/{lock}.txt", environment=environment)
    build = ("--build-constraints", "requirements/build.txt")
    run(*pip, "install", "--quiet", "--python", PYTHON, "--no-deps", *build, "--editable", ".", environment=environment)


def main() -> None:
    """Set up for the lock named by the first argument."""
    wanted = sys.argv[1]
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as mutex:
        fcntl.flock(mutex, fcntl.LOCK_EX)  # two make runs at once: the second finds the work done
        state, python = read_state(), venv_python()
        lock = max(wanted, state.get("lock", "base"), key=LOCKS.index)
        moved = state.get("root", str(ROOT)) != str(ROOT)
        chosen = os.environ.get("PYTHON") and python and python.split(".")[:2] != [str(part) for part in sys.version_info[:2]]
        fresh = python is None or moved or bool(chosen)
        if not fresh and state.get("digest") == digest(lock, str(python)):
            return
        print(f"setting up {VENV.name} ({lock}) …", file=sys.stderr, flush=True)
        install(lock, fresh=fresh)
        state = {"lock": lock, "root": str(ROOT), "digest": digest(lock, str(venv_python()))}
        STATE.write_text(json.dumps(state, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
