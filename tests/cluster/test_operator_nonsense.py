"""A platform that answers nonsense, or nothing, and clocks that are apart: it is told, nothing runs hot, and it heals by itself."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from arena.embedded.testing_process import ArenaProcess
from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.fronting import LIES, Front, front_of
from tests.cluster.scenarios.operating import OperatorProcess, battle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
FOR_THE_TRUTH = "not there any more"
"""A platform that has lost a battle is told of it again, so this lie is met by declaring, and the platform's answer to that."""


@pytest.fixture
def front(arena: ArenaProcess) -> Iterator[Front]:
    with front_of(lambda: arena.url) as made:
        yield made


@pytest.fixture
def liar(definitions: Cluster, home: str, folder: Path, front: Front) -> Iterator[OperatorProcess]:
    process = OperatorProcess(definitions, home, folder, front.url, "lied-to").start().wait_ready()
    yield process
    assert process.running, process.log()[-3000:]
    assert process.stop() == 0
    assert process.errors() == []
    assert "pass_failed" not in process.log(), "nonsense is an answer like any other"


class Battles:
    """The battles of a namespace, as the API server has them now."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._path = f"/apis/habitarena.io/v1alpha1/namespaces/{namespace}/battles"

    def all(self) -> dict[str, dict[str, Any]]:
        """By name."""
        return {found["metadata"]["name"]: found for found in self._cluster.api.get(self._path).raise_for_status().json()["items"]}

    def ready(self, name: str) -> tuple[str, str, str]:
        """Status, reason and message of Ready."""
        held = self.all()[name].get("status", {}).get("conditions", [])
        found: dict[str, str] = next((one for one in held if one["type"] == "Ready"), {})
        return found.get("status", ""), found.get("reason", ""), found.get("message", "")

    def are(self, status: str, reason: str) -> bool:
        """Whether all say so of Ready."""
        return all(self.ready(name)[:2] == (status, reason) for name in self.all())

    def versions(self) -> dict[str, str]:
        """What is written anew has another one."""
        return {name: found["metadata"]["resourceVersion"] for name, found in self.all().items()}

    def clear(self) -> None:
        """Delete them all and wait."""
        self._cluster.api.delete(self._path).raise_for_status()
        self._cluster.eventually(lambda: not self.all(), "not all are gone", 60)


def test_nonsense_is_told_in_a_sentence_is_not_asked_for_without_end_and_heals_by_itself(
    definitions: Cluster, home: str, front: Front, liar: OperatorProcess
) -> None:
    named = {f"met-{number}": lie for number, lie in enumerate(LIES) if lie != FOR_THE_TRUTH}
    battles = Battles(definitions, home)
    definitions.apply(*(battle(name) for name in named), namespace=home)
    definitions.eventually(lambda: battles.are("True", "Open"), "not all are open")
    before = battles.all()
    front.lies = {found["metadata"]["uid"]: named[name] for name, found in before.items()}
    definitions.apply(*(battle(name, maxParticipants=5) for name in named), namespace=home)
    front.lies["/declarations/"] = "a page"
    definitions.apply(battle("newcomer"), namespace=home)
    definitions.eventually(lambda: battles.are("Unknown", "PlatformUnavailable"), "nonsense was not told of each", 60)
    for name, found in battles.all().items():
        message = battles.ready(name)[2]
        assert len(message.split()) > 8, message
        assert len(message) < 600, message
        if name in before:
            assert found["status"]["battleId"] == before[name]["status"]["battleId"]
            assert found["status"]["phase"] == "Open"
    assert "finalizers" not in battles.all()["newcomer"]["metadata"], "held for a platform that was never reached"

    written, asked = battles.versions(), {uid: front.asked_about(uid) for uid in front.lies}
    began = datetime.now(UTC)
    definitions.eventually(lambda: datetime.now(UTC) - began > timedelta(seconds=4), "a clock that stands", 10)
    assert battles.versions() == written, "written again and again"
    assert all(front.asked_about(uid) - before_it < 16 for uid, before_it in asked.items() if uid != "/declarations/"), (
        "asked without a pause"
    )

    front.lies = {}
    definitions.eventually(lambda: battles.are("True", "Open"), "it does not heal by itself", 60)
    assert liar.running
    battles.clear()


def test_a_battle_that_the_platform_says_it_never_heard_of_is_declared_again_and_is_the_same(
    definitions: Cluster, home: str, front: Front, liar: OperatorProcess
) -> None:
    assert liar.running
    battles = Battles(definitions, home)
    definitions.apply(battle("forgotten"), namespace=home)
    definitions.eventually(lambda: battles.are("True", "Open"), "it is not open")
    before = battles.all()["forgotten"]
    front.lies = {before["metadata"]["uid"]: FOR_THE_TRUTH}
    definitions.kubectl("annotate", "battle", "forgotten", "look=again", "-n", home)
    definitions.eventually(lambda: battles.ready("forgotten")[0] != "True", "it is taken for well")
    asked = front.asked_about(before["metadata"]["uid"])
    began = datetime.now(UTC)
    definitions.eventually(lambda: datetime.now(UTC) - began > timedelta(seconds=4), "a clock that stands", 10)
    assert front.asked_about(before["metadata"]["uid"]) - asked < 16, "asked without a pause"
    front.lies = {}
    definitions.eventually(lambda: battles.are("True", "Open"), "it does not heal by itself", 60)
    assert battles.all()["forgotten"]["status"]["battleId"] == before["status"]["battleId"]
    battles.clear()


PROGRAM = """
import sys
from datetime import datetime, timedelta
from arena.chassis.core.clock import SystemClock
from arena_operator.main import run

class Apart(SystemClock):
    def now(self) -> datetime:
        return super().now() + timedelta(seconds=float(sys.argv[1]))

sys.exit(run(sys.argv[2:], Apart()))
"""


@pytest.mark.parametrize("seconds", [300, -300])
def test_an_operator_whose_clock_is_five_minutes_apart_sees_a_start_when_it_is(
    definitions: Cluster, home: str, folder: Path, arena: ArenaProcess, seconds: int
) -> None:
    program = folder / "apart.py"
    program.write_text(PROGRAM, "utf-8")
    command = (sys.executable, str(program), f"{seconds:+d}")
    process = OperatorProcess(definitions, home, folder, arena.url, f"apart{seconds}", command=command).start().wait_ready()
    battles = Battles(definitions, home)
    try:
        start = (datetime.now(UTC) + timedelta(seconds=12)).replace(microsecond=0)
        window = {"start": f"{start:%Y-%m-%dT%H:%M:%S}", "end": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"}
        definitions.apply(battle("lonely", window=window), namespace=home)
        definitions.eventually(lambda: battles.are("True", "Open"), "it is not open", 10)
        definitions.eventually(lambda: battles.ready("lonely")[1] == "TooFew", "its start was not seen", 60)
        late = datetime.now(UTC) - start
        assert late < timedelta(seconds=20), f"{late} late"
        told = json.loads(definitions.kubectl("get", "events", "-n", home, "-o", "json"))["items"]
        assert "PlatformLate" not in {found["reason"] for found in told}
        assert "clocks_apart" in process.log()
    finally:
        battles.clear()
        assert process.stop() == 0
