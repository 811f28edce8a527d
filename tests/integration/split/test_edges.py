"""Who calls whom when every service is a process of its own: what is seen on the wire is the table that the NetworkPolicies are made of."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import yaml

from arena.chassis.http.auth import ACCESS_COOKIE
from tests.integration.split.conftest import Split, until
from tools.source import ROOT

EDGES: dict[str, Any] = yaml.safe_load((ROOT / "charts" / "arena" / "edges.yaml").read_text("utf-8"))
SERVED = tuple(EDGES["services"])
WORK = "work"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Wires:
    """A port for each caller of each service, and who used which: what a caller is told as the address of a service is its own wire."""

    def __init__(self) -> None:
        self.used: set[tuple[str, str]] = set()
        self.ends: dict[str, int] = {}
        self._listening: list[socket.socket] = []

    def lay(self, caller: str, callee: str) -> str:
        """The address at which this caller reaches that service."""
        listening = socket.create_server(("127.0.0.1", 0))
        self._listening.append(listening)
        threading.Thread(target=self._serve, args=(listening, caller, callee), daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    def close(self) -> None:
        """Take them away; connections end with their processes."""
        for listening in self._listening:
            listening.close()

    def _serve(self, listening: socket.socket, caller: str, callee: str) -> None:
        while True:
            try:
                incoming, _ = listening.accept()
            except OSError:
                return
            self.used.add((caller, callee))
            outgoing = socket.create_connection(("127.0.0.1", self.ends[callee]))
            for one, other in ((incoming, outgoing), (outgoing, incoming)):
                threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    try:
        while read := one.recv(65_536):
            other.sendall(read)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        one.close()
        other.close()


def begin(split: Split, wires: Wires) -> None:
    """Start every service by itself, and one process for all work."""
    split.begin_postgres()
    assert split.arena("migrate").returncode == 0
    for name in (*SERVED, WORK):
        words = ["work"] if name == WORK else ["serve", name]
        where = ",".join(f"{service}={wires.lay(name, service)}" for service in SERVED if service != name)
        process = split.process(name, words, ARENA_SERVICES=where)
        wires.ends[name] = process.ports[0]
    for process in split.processes.values():
        process.begin()
    for process in split.processes.values():
        process.until_ready()


class Person:
    """Somebody who speaks to each service at its own address."""

    def __init__(self, split: Split, name: str) -> None:
        self.http = {service: httpx.Client(base_url=split.processes[service].url, timeout=30, trust_env=False) for service in SERVED}
        account = {"email": f"{name}@example.org", "password": "correct horse battery", "display_name": name}
        self.http["identity"].post("/api/identity/users", json=account).raise_for_status()
        form = {"grant_type": "password", "username": account["email"], "password": account["password"]}
        token = self.http["identity"].post("/api/identity/token", data=form).raise_for_status().json()["access_token"]
        for service, http in self.http.items():
            if service == "web":
                http.cookies.set(ACCESS_COOKIE, token)
            else:
                http.headers["authorization"] = f"Bearer {token}"

    def post(self, service: str, path: str, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.http[service].post(f"/api/{service}{path}", json=body).raise_for_status().json()
        return answer

    def page(self, path: str) -> int:
        return self.http["web"].get(path).status_code

    def battle(self) -> dict[str, Any]:
        """A battle that begins soon."""
        start = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=5)
        window = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(), "time_zone": "UTC"}
        made = self.post("battles", "", name="Sprint", kind="free_for_all", window=window)
        self.post("battles", f"/{made['id']}/open")
        return made

    def join(self, battle: dict[str, Any], **invite: str) -> None:
        """Keep a habit, log it, and be in the battle."""
        habit = self.post("habits", "", name="Run", kind="yes_no")["id"]
        self.post("battles", f"/{battle['id']}/participants", habits=[habit], **invite)
        self.post("habits", f"/{habit}/logs", logged_at=datetime.now(UTC).isoformat(), time_zone="UTC")
        assert self.page(f"/habits/{habit}") == 200


def test_services_call_whom_the_table_says_and_nobody_else(split: Split) -> None:
    wires = Wires()
    try:
        begin(split, wires)
        ada, bob = Person(split, "ada"), Person(split, "bob")
        battle = ada.battle()
        ada.join(battle)
        bob.join(battle, invite=battle["invite"])
        until(lambda: ada.http["battles"].get(f"/api/battles/{battle['id']}").json()["phase"] == "running")
        until(lambda: ada.http["live"].get(f"/api/live/battles/{battle['id']}/standings").status_code == 200)
        assert ada.http["scoring"].get("/api/scoring/today").status_code == 200
        assert [ada.page(path) for path in ("/today", "/battles", f"/battles/{battle['id']}")] == [200, 200, 200]
    finally:
        for process in split.processes.values():
            process.stop()
        wires.close()
    said = {(caller, callee) for caller, callees in EDGES["services"].items() for callee in callees}
    assert wires.used == said | {(WORK, callee) for callees in EDGES["workers"].values() for callee in callees}
