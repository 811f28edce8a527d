"""Judge the workflows of GitHub: actionlint says whether they are right, zizmor whether they are safe.

`python -m tools.workflows` builds actionlint from the Go module proxy into ${XDG_CACHE_HOME:-~/.cache}/habitarena/actionlint/<version>
(20 seconds, once); zizmor comes with the dev lock. Both look at files only and ask nobody on the network.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.setup_venv import ROOT

HERE = Path(__file__).resolve().parent
PACKAGE = "github.com/rhysd/actionlint"
NO_GO = """\
`make lint` builds actionlint {version} from source, and there is no `go` on the PATH: install Go {go} or newer
(Debian: golang-go, where the release has it; else golang-{go}-go of its backports), then run `make lint` again."""


def version() -> str:
    """The actionlint that go.mod asks for: `1.7.12`; its checksum is in go.sum."""
    return _asked(rf"{re.escape(PACKAGE)} v(\S+)")


def actionlint() -> Path:
    """Where actionlint is kept; built now if it is not there yet."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    home = Path(cache) / "habitarena" / "actionlint" / version()
    home.mkdir(parents=True, exist_ok=True)
    program = home / "actionlint"
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two make runs at once: the second finds the work done
        if not os.access(program, os.X_OK):
            _compile(home / ".half")
            (home / ".half").replace(program)
    return program


def main() -> None:
    """Run both, so that one run tells everything; the exit code is 1 if either found something."""
    commands = (
        # Every `run:` is one make target (a test says so), so there is no shell or Python in the files to judge.
        [str(actionlint()), "-shellcheck=", "-pyflakes="],
        [str(Path(sys.executable).parent / "zizmor"), "--offline", "--no-progress", "--quiet", "--persona=pedantic", ".github"],
    )
    failed = [command[0] for command in commands if subprocess.run(command, cwd=ROOT, check=False).returncode]
    if failed:
        sys.exit(f"the workflows are not as they should be: {', '.join(Path(name).name for name in failed)} (above)")


def _compile(into: Path) -> None:
    if not shutil.which("go"):
        sys.exit(NO_GO.format(version=version(), go=".".join(_asked(r"^go (\S+)$").split(".")[:2])))
    print(f"building actionlint {version()} (some seconds, once) …", file=sys.stderr, flush=True)
    settings = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    command = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", str(into), f"{PACKAGE}/cmd/actionlint"]
    if subprocess.run(command, cwd=HERE, env=settings, check=False).returncode:
        sys.exit("actionlint could not be built (above)")


def _asked(pattern: str) -> str:
    found = re.search(pattern, (HERE / "go.mod").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"tools/workflows/go.mod has no line {pattern}")
    return found[1]
