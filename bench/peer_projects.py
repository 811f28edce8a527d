"""The peers of the event store, each a project of its own in bench/peers/<peer>/: set up apart from .venv, run as a program."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.figures import CannotMeasure
from tools.pip_settings import uv_environment
from tools.setup_venv import find_uv

HERE: Final = Path(__file__).resolve().parent / "peers"
PEERS: Final = ("bytewax", "quixstreams", "faust")
PYTHON: Final = "3.11"
"""The newest that all of them have wheels for."""


def environment_of(peer: str) -> Path:
    """Where the packages of a peer are kept, outside the repository."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "habitarena" / "peers" / peer


def command(peer: str) -> list[str]:
    """What runs a peer; sets it up by its lock where that changed (half a minute, once).

    Raises:
        CannotMeasure: it could not be set up; the message says why.
    """
    home, lock = environment_of(peer), HERE / peer / "requirements.txt"
    python, stamp = home / "bin" / "python", home / ".lock"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text("utf-8") == wanted):
        uv = find_uv()
        _run(peer, uv, "venv", "--quiet", "--clear", "--python", PYTHON, str(home))
        _run(peer, uv, "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(lock))
        stamp.write_text(wanted, "utf-8")
    return [str(python), str(HERE / peer / "peer.py")]


def _run(peer: str, *words: str) -> None:
    environment = uv_environment(os.environ, sys.executable)
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise CannotMeasure(f"the peer {peer} could not be set up: {done.stdout.strip()[-500:]}")
