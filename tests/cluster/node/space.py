"""Namespaces of our own (network, mounts, processes): whatever runs there is gone with one process, also after `kill -9` of the tests.

The kernel does the tidying: the first process of a process namespace takes all others with it, and a network namespace without processes
takes its bridges, rules and our end of the cable with it. What it does not tidy (a folder, cgroups, a few settings of the kernel that a
kubelet makes) is put right by `tidy`, at the end, and before a start in case that there was no end.
"""

import fcntl
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.bed.process import Program

HOME = Path("/var/lib/habitarena-node")
"""Everything of the node; on a file system over which containerd can lay its own."""

CGROUP = "habitarena-node"
CGROUPS = Path("/sys/fs/cgroup")
NOTES = Path("/var/lib/cni")
CABLE = "arena-node"
PROCESSES = 10
"""A cgroup gets the CPU that one process gets, unless told otherwise; the node's has about so many, and the tests run beside it."""

NODE_ADDRESS, OUR_ADDRESS = "10.97.0.1", "10.97.0.2"
PODS, SERVICES = "10.244.0.0/16", "10.96.0.0/16"
KERNEL = tuple(
    Path("/proc/sys") / name
    for name in (
        "vm/overcommit_memory",
        "vm/panic_on_oom",
        "kernel/panic",
        "kernel/panic_on_oops",
        "kernel/keys/root_maxkeys",
        "kernel/keys/root_maxbytes",
    )
)
"""What a kubelet sets for the whole machine."""

START_SECONDS = 10.0


@contextmanager
def the_only_node() -> Iterator[None]:
    """Wait for another run's node to end, tidy what a killed one left, and leave the machine as it was."""
    with Path("/run/habitarena-node.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tidy()
        HOME.mkdir(mode=0o755)
        make_cgroups()
        (HOME / "kernel.json").write_text(json.dumps({str(path): path.read_text("utf-8") for path in KERNEL}), "utf-8")
        try:
            yield
        finally:
            tidy()


def tidy() -> None:
    """Remove what the kernel does not; nothing of ours runs any more."""
    kept = HOME / "kernel.json"
    for path, value in (json.loads(kept.read_text("utf-8")) if kept.exists() else {}).items():
        if Path(path).read_text("utf-8") != value:
            Path(path).write_text(value, "utf-8")
    for top in cgroups():
        # The deepest first: a cgroup with others in it cannot be removed.
        for folder in [*sorted((one for one in top.rglob("*") if one.is_dir()), reverse=True), top]:
            folder.rmdir()
    if has_cable():
        run("ip", "link", "delete", CABLE)
    if HOME.exists():
        shutil.rmtree(HOME)


def has_cable() -> bool:
    """Whether our end of the cable is there."""
    return any(name == CABLE for _, name in socket.if_nameindex())


def cgroups() -> list[Path]:
    """The node's cgroup, in each hierarchy that has one."""
    return sorted(found for found in (CGROUPS / CGROUP, *CGROUPS.glob(f"*/{CGROUP}")) if found.exists())


def whole_cgroup(hierarchies: Path = CGROUPS) -> Path:
    """The node's cgroup in a hierarchy that has all of its pods: the one of newer systems, or that of memory where there are several."""
    return next(found for found in (hierarchies / "memory" / CGROUP, hierarchies / CGROUP) if found.exists())


def make_cgroups() -> None:
    """A cgroup for the pods in each hierarchy, or in the one of newer systems; together they weigh as much as `PROCESSES`."""
    unified = (CGROUPS / "cgroup.controllers").exists()
    for hierarchy in [CGROUPS] if unified else [one for one in CGROUPS.iterdir() if one.is_dir() and not one.is_symlink()]:
        (hierarchy / CGROUP).mkdir()
        for file, of_one in (("cpu.shares", 1024), ("cpu.weight", 100)):
            if (weight := hierarchy / CGROUP / file).exists():
                weight.write_text(str(PROCESSES * of_one), "utf-8")


class Space:
    """The namespaces; they last as long as their first process."""

    def __init__(self, home: Path, pause: Path) -> None:
        command = ["unshare", "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child=KILL", str(pause)]
        # It takes no notice of SIGTERM, and the space must not outlive the tests.
        self._first = Program("namespaces", command, home / "namespaces.log", leash="KILL")
        self.pid = 0

    @property
    def in_network(self) -> tuple[str, ...]:
        """Put before a command to run it in the network alone; it ends with the tests like any other of theirs."""
        return ("nsenter", f"--net=/proc/{self.pid}/ns/net", "--")

    @property
    def inside(self) -> tuple[str, ...]:
        """Put before a command to run it in all of them; it ends with the space."""
        return ("nsenter", "--target", str(self.pid), "--net", "--mount", "--pid", "--")

    def begin(self) -> None:
        """Make them, and the cable from there to here: pods and services are reached from the tests, nothing else from the pods."""
        self._first.start()
        self.pid = self._first_inside()
        for command in (
            f"ip link add {CABLE} type veth peer name up0 netns {self.pid}",
            f"ip address add {OUR_ADDRESS}/30 dev {CABLE}",
            f"ip link set {CABLE} up",
        ):
            run(*command.split())
        for command in (
            "ip link set lo up",
            f"ip address add {NODE_ADDRESS}/30 dev up0",
            "ip link set up0 up",
            f"ip route add {SERVICES} dev lo",  # an address of a service needs a route before kube-proxy's rules rewrite it
            "sysctl -q -w net.ipv4.ip_forward=1",
        ):
            run(*self.in_network, *command.split())
        for addresses in (PODS, SERVICES):
            run("ip", "route", "add", addresses, "via", NODE_ADDRESS)
        # Plugins note the pods' addresses there.
        self.mount_memory(NOTES)

    def mount_memory(self, folder: Path) -> None:
        """Let a folder be in memory, within the space, so that it goes with it."""
        folder.mkdir(exist_ok=True)
        run(*self.inside, "mount", "-t", "tmpfs", "tmpfs", str(folder))

    def end(self) -> None:
        """End every process in there at once, and wait until the last pod's is gone."""
        self._first.kill()
        until = time.monotonic() + START_SECONDS
        while any(members(top) for top in cgroups()):
            if time.monotonic() > until:
                raise RuntimeError("the node's namespaces did not end")
            time.sleep(0.05)

    def _first_inside(self) -> int:
        """The pid, as seen from here, of the process that is the first in there."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            parent = self._first.process
            if parent is None or parent.poll() is not None:
                break
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text("utf-8").split()
            # While it is still being forked it runs what its parent runs, in half the namespaces.
            if children and Path(f"/proc/{children[0]}/comm").read_text("utf-8").strip() == "pause":
                return int(children[0])
            time.sleep(0.01)
        raise RuntimeError(f"no namespaces could be made: {self._first.tail()}")


def members(cgroup: Path) -> list[int]:
    """The processes in a cgroup and in all below it."""
    return [int(line) for file in cgroup.rglob("cgroup.procs") for line in file.read_text("utf-8").split()]


def run(*command: str) -> str:
    """Run a command that must do what it is asked; answers what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
