"""A run that is killed, and what it leaves, on a machine of its own: its network, and empty folders where the node keeps things.

Run by test_space.py within `unshare --net --mount`, so it neither waits for a node of this machine nor harms one.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.cluster.node.space import HOME, Space, has_cable, run, the_only_node
from tools import kube

GONE_SECONDS = 10.0


def hold() -> None:
    """Make the space, tell the pid of its first process, and wait to be killed."""
    with the_only_node():
        space = Space(HOME, kube.folder() / "pause")
        space.begin()
        (HOME / "left").touch()
        tell(str(space.pid))
        signal.pause()


def main() -> None:
    """Kill the one who holds a space; then tell what is there of it, before and after the next start."""
    for folder in ("/run", "/var/lib", "/sys/fs/cgroup"):
        run("mount", "-t", "tmpfs", "tmpfs", folder)
    holder = subprocess.Popen([sys.executable, "-m", "tests.cluster.node.killed_run", "hold"], stdout=subprocess.PIPE, text=True)
    first = Path("/proc") / (holder.stdout.readline().strip() if holder.stdout else "")
    tell("before", *sorted(state(first)))
    holder.kill()
    until = time.monotonic() + GONE_SECONDS
    while state(first) - {"folder"} and time.monotonic() < until:
        time.sleep(0.05)
    tell("killed", *sorted(state(first)))
    with the_only_node():
        tell("next", *sorted(path.name for path in HOME.iterdir()))
    tell("after", *sorted(state(first)))


def tell(*words: str) -> None:
    """Write a line for who started this."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def state(first: Path) -> set[str]:
    """What is there of a run."""
    there = {"process": first.exists(), "cable": has_cable(), "folder": HOME.exists()}
    return {name for name, is_there in there.items() if is_there}


if __name__ == "__main__":
    hold() if "hold" in sys.argv else main()
