"""Thousands of battles on a real API server: how fast, how dear, how steady, how punctual, and how large the operator is.

The platform is a stand-in that answers from memory (`operator_platform.py`), so that the operator is measured. What its work costs is told
by a peer in the same run: a kopf handler that decides nothing and makes the same calls (`operator_peer.py`).
"""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from arena.embedded.testing_process import free_ports
from bench.figures import Bar, CannotMeasure, Figure, Sense, at_least, at_most
from bench.installation import throw_away_folder
from tests.cluster.bed.control_plane import ControlPlane
from tools.kube import folder as programs

ROOT: Final = Path(__file__).resolve().parent.parent
CRDS: Final = ROOT / "charts" / "arena-crds" / "templates" / "crds"
SIZES, SIZES_SHORT = (1_000, 5_000, 10_000), (500,)
MAIN: Final = 5_000
DUE: Final = 100
RESYNCS: Final = 3
PATIENCE: Final = 400.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_WRITES: Final = ("create", "update", "patch", "apply", "delete")


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """All figures; the short form has 500 battles and the same bars."""
    if not (programs() / "kube-apiserver").exists():
        raise CannotMeasure("there is no API server here: `python -m tools.kube` builds it")
    sizes = SIZES_SHORT if short else SIZES
    most = MAIN if MAIN in sizes else sizes[-1]
    with throw_away_folder() as home, _bed(home) as bed:
        idle = {"operator": bed.idle_operator(), "peer": bed.idle_peer()}
        peer = bed.peer(most) - idle["peer"]
        runs = {size: bed.operator(size, idle["operator"], thorough=size == most) for size in sizes}
    return _figures(runs, runs[most], peer / most)


def _figures(runs: "dict[int, Run]", run: "Run", peer: float) -> list[Figure]:
    growth = ", ".join(f"{size:,}: {one.rate:.0f}/s, {one.cpu / size * 1000:.1f} ms, {one.megabytes:.0f} MB" for size, one in runs.items())
    dear = Bar(1.5, Sense.AT_MOST, of_ratio=True)
    return [
        Figure("operator_first_reconcile", run.rate, "objects/s", at_least(60), note=f"{run.size:,} battles, process start included"),
        Figure(
            "operator_cpu_per_object", run.cpu / run.size * 1000, "ms", dear, bound=peer * 1000, note="a kopf handler without a thought"
        ),
        Figure("operator_writes_when_settled", run.writes, "writes", at_most(0), note=f"a restart and {RESYNCS} resyncs", timing=False),
        Figure("operator_due_at_once", run.late, "s", at_most(5), note=f"{DUE} battles of one second, the last of them"),
        Figure("operator_memory", run.megabytes, "MB", at_most(300), note=f"the highest; {growth}", timing=False),
    ]


@dataclass(slots=True)
class Run:
    """What one size came to: seconds and CPU seconds of the first reconcile, writes when settled, lateness, memory."""

    size: int
    seconds: float
    cpu: float
    megabytes: float = 0.0
    writes: float = 0.0
    late: float = 0.0

    @property
    def rate(self) -> float:
        """Battles a second."""
        return self.size / self.seconds


class Bed:
    """A cluster, a stand-in for the platform, and what runs against them."""

    def __init__(self, plane: ControlPlane, home: Path, platform_port: int) -> None:
        self._plane = plane
        self._home = home
        self._platform = f"http://127.0.0.1:{platform_port}"
        self._api = plane.client()
        self._token = home / "token"
        self._token.write_text("a-stand-in-asks-for-no-proof")
        self._count = 0

    def install(self) -> None:
        """Our definitions, once they are served."""
        for file in sorted(CRDS.glob("*.yaml")):
            self._api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", json=yaml.safe_load(file.read_text("utf-8")))
        self._until(lambda: self._api.get("/apis/habitarena.io/v1alpha1/battles").is_success, "the definitions are not served")

    def idle_operator(self) -> float:
        """CPU seconds of an operator that finds nothing to do."""
        with self._operator(self._namespace(0)) as one:
            self._until(one.leads, "the operator does not lead")
            time.sleep(3)
            return one.cpu()

    def idle_peer(self) -> float:
        """CPU seconds of a peer that finds nothing to do."""
        with self._process(self._peer_command(self._namespace(0), 1), {}) as one:
            self._until(lambda: "ready" in one.said(), "the peer is not ready")
            time.sleep(3)
            return one.cpu()

    def peer(self, size: int) -> float:
        """CPU seconds of the peer for so many battles."""
        name = self._namespace(size)
        with self._process(self._peer_command(name, size), {}) as one:
            self._until(lambda: "done" in one.said(), "the peer is not done")
            return one.cpu()

    def operator(self, size: int, idle: float, *, thorough: bool) -> Run:
        """The first reconcile; where it is to be thorough, also whether it is steady and punctual afterwards."""
        name = self._namespace(size)
        began = time.monotonic()
        with self._operator(name) as one:
            self._until(lambda: self._declared(name) >= size, "not all are declared")
            self._until(lambda: one.calls("update", "Battle") >= size, "not all are reconciled")
            run = Run(size, time.monotonic() - began, 0.0)
            time.sleep(2)
            run.cpu, run.megabytes = one.cpu() - idle, one.megabytes()
        self._check(name, size)
        if thorough:
            self._settled(name, run)
        return run

    def _settled(self, name: str, run: Run) -> None:
        """Start again over what is settled, let it look at everything three times more, then have many due in the same second."""
        every = max(3.0, run.size / 400)
        with self._operator(name, {"ARENA_OPERATOR_RESYNC_SECONDS": str(every)}) as one:
            wanted = run.size * (RESYNCS + 1)
            self._until(lambda: one.passes() >= wanted, "not looked at often enough")
            run.writes = sum(one.calls(verb, kind) for verb in _WRITES for kind in ("Battle", "BattleSeries", "Event", "ConfigMap"))
            run.megabytes = max(run.megabytes, one.megabytes())
        with self._operator(name) as one:
            self._until(lambda: one.passes() >= run.size, "not looked at after the start")
            run.late = self._due(name)
            run.megabytes = max(run.megabytes, one.megabytes())

    def _due(self, name: str) -> float:
        """Seconds after the one start of many battles until the last of them says that it runs."""
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=25)
        asyncio.run(self._make(name, "due", DUE, start))
        path = f"/apis/habitarena.io/v1alpha1/namespaces/{name}/battles"
        left = DUE
        until = time.monotonic() + 120
        while left and time.monotonic() < until:
            found = self._api.get(path, params={"labelSelector": "bench=due"}).json()["items"]
            left = sum(battle.get("status", {}).get("phase") != "Running" for battle in found)
            if not left:
                break
            time.sleep(0.2)
        if left:
            raise RuntimeError(f"{left} of {DUE} battles are not under way")
        return (datetime.now(UTC) - start).total_seconds()

    def _declared(self, namespace: str) -> int:
        """Battles of the namespace that were declared; asked of the stand-in, as asking the operator would cost it CPU time."""
        return int(httpx.get(f"{self._platform}/declared/{namespace}", trust_env=False).text)

    def _namespace(self, size: int) -> str:
        """A namespace with so many battles."""
        self._count += 1
        name = f"bench-{self._count}"
        self._api.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
        if size:
            asyncio.run(self._make(name, "far", size, datetime(2030, 5, 1, 10, tzinfo=UTC)))
        return name

    async def _make(self, namespace: str, label: str, count: int, start: datetime) -> None:
        context = self._plane.tls()
        context.load_cert_chain(self._plane.pki / "admin.crt", self._plane.pki / "admin.key")
        path = f"/apis/habitarena.io/v1alpha1/namespaces/{namespace}/battles"
        async with httpx.AsyncClient(base_url=self._plane.url, verify=context, timeout=60, trust_env=False) as http:
            at_once = asyncio.Semaphore(20)

            async def make(number: int) -> None:
                async with at_once:
                    (await http.post(path, json=battle(f"{label}-{number}", label, start))).raise_for_status()

            await asyncio.gather(*(make(number) for number in range(count)))

    def _check(self, name: str, size: int) -> None:
        """What was counted is there."""
        found = self._api.get(f"/apis/habitarena.io/v1alpha1/namespaces/{name}/battles", timeout=120).json()["items"]
        open_ones = sum(one.get("status", {}).get("phase") == "Open" for one in found)
        if open_ones != size:
            raise RuntimeError(f"{open_ones} of {size} battles are open")

    def _peer_command(self, name: str, size: int) -> list[str]:
        return [sys.executable, str(ROOT / "bench" / "operator_peer.py"), name, self._platform, str(size)]

    @contextmanager
    def _operator(self, namespace: str, env: dict[str, str] | None = None) -> Iterator["Process"]:
        (port,) = free_ports(1)
        environment = {
            "ARENA_OPERATOR_PLATFORM_URL": self._platform,
            "ARENA_OPERATOR_TOKEN_FILE": str(self._token),
            "ARENA_OPERATOR_PORT": str(port),
            "ARENA_OPERATOR_LEASE_NAMESPACE": namespace,
            "ARENA_OPERATOR_LOG_LEVEL": "warning",
        }
        command = [sys.executable, "-m", "arena_operator.main", "--namespace", namespace]
        with self._process(command, environment | (env or {}), port) as one:
            yield one

    @contextmanager
    def _process(self, command: list[str], env: dict[str, str], port: int = 0) -> Iterator["Process"]:
        self._count += 1
        output = self._home / f"process-{self._count}.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")}
        path = {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])}
        with output.open("wb") as file:
            running = subprocess.Popen(
                command, env=kept | path | {"KUBECONFIG": str(self._plane.kubeconfig)} | env, stdout=file, stderr=subprocess.STDOUT
            )
        try:
            yield Process(running.pid, port, output)
        finally:
            running.terminate()
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                running.kill()

    def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        until = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > until:
                logs = "\n".join(file.read_text("utf-8", "replace")[-1500:] for file in sorted(self._home.glob("process-*.log"))[-1:])
                raise RuntimeError(f"{otherwise}: {logs}")
            time.sleep(0.25)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is measured."""

    pid: int
    port: int
    output: Path

    def cpu(self) -> float:
        """CPU seconds so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def megabytes(self) -> float:
        """The most memory it had so far."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0

    def said(self) -> str:
        """What it printed."""
        return self.output.read_text("utf-8", "replace")

    def leads(self) -> bool:
        """Whether it holds the Lease."""
        return self.metric("arena_operator_leading_ratio", "") == 1 or self.metric("arena_operator_leading", "") == 1

    def passes(self) -> float:
        """Passes over battles that ended well."""
        return self.metric("arena_operator_reconcile_duration_seconds_count", 'kind="Battle",outcome="done"')

    def calls(self, verb: str, kind: str) -> float:
        """Calls of the API that did something."""
        found = self._samples("arena_operator_api_duration_seconds_count")
        return sum(value for told, value in found if f'verb="{verb}"' in told and f'kind="{kind}"' in told and 'code="2' in told)

    def metric(self, name: str, labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        return sum(value for told, value in self._samples(name) if labels in told)

    def _samples(self, name: str) -> list[tuple[str, float]]:
        try:
            text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", trust_env=False, timeout=10).text
        except httpx.TransportError:
            return []
        lines = (line.rpartition(" ") for line in text.splitlines() if line.startswith(name))
        return [(told, float(value)) for told, _, value in lines if told.partition("{")[0] == name]


def battle(name: str, label: str, start: datetime) -> dict[str, Any]:
    """A battle as people write one."""
    civil = start.replace(tzinfo=None)
    return {
        "apiVersion": "habitarena.io/v1alpha1",
        "kind": "Battle",
        "metadata": {"name": name, "labels": {"bench": label}},
        "spec": {
            "name": f"Office steps, round {name}",
            "kind": "FreeForAll",
            "window": {"start": civil.isoformat(), "end": (civil + timedelta(days=1)).isoformat(), "timeZone": "UTC"},
            "scoring": {"points": 10, "streakBonus": 1, "streakBonusCap": 5},
            "maxParticipants": 100,
        },
    }


@contextmanager
def _bed(home: Path) -> Iterator[Bed]:
    plane = ControlPlane(home, programs())
    (port,) = free_ports(1)
    stand_in = subprocess.Popen([sys.executable, str(ROOT / "bench" / "operator_platform.py"), str(port)])
    try:
        plane.start()
        bed = Bed(plane, home, port)
        bed.install()
        yield bed
    finally:
        stand_in.terminate()
        stand_in.wait(20)
        plane.stop()


if __name__ == "__main__":
    for figure in measure("--short" in sys.argv):
        print(*figure.cells())
