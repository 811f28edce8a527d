"""An operator of all namespaces: what has the same name in two of them is two battles."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena.embedded.testing_process import ArenaProcess
from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.operating import OperatorProcess, battle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def everywhere(definitions: Cluster, home: str, folder: Path, arena: ArenaProcess) -> Iterator[OperatorProcess]:
    """An operator with the rights of an administrator."""
    env = {"KUBECONFIG": str(definitions.plane.kubeconfig), "ARENA_OPERATOR_LEASE_NAMESPACE": home}
    process = OperatorProcess(definitions, home, folder, arena.url, "everywhere", env, everywhere=True).start().wait_ready()
    yield process
    assert process.stop() == 0
    assert process.errors() == []


def test_the_same_name_in_two_namespaces_is_two_battles_and_one_outlives_the_other(
    definitions: Cluster, home: str, namespace: str, everywhere: OperatorProcess
) -> None:
    assert everywhere.running

    def status(where: str) -> dict[str, Any]:
        found: dict[str, Any] = definitions.get("battle", "twins", where).get("status", {})
        return found

    for where in (home, namespace):
        definitions.apply(battle("twins"), namespace=where)
    definitions.eventually(lambda: [status(where).get("phase") for where in (home, namespace)] == ["Open"] * 2, "not both are open")
    assert status(home)["battleId"] != status(namespace)["battleId"]
    definitions.kubectl("delete", "battle", "twins", "-n", namespace, "--timeout=30s")
    definitions.kubectl("annotate", "battle", "twins", "look=again", "-n", home)
    definitions.apply(battle("twins", maxParticipants=7), namespace=home)
    definitions.eventually(lambda: status(home).get("observedGeneration") == 2, "the other was not followed any more")
    assert status(home)["phase"] == "Open"
    definitions.kubectl("delete", "battle", "twins", "-n", home, "--timeout=30s")
