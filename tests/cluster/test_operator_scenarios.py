"""The scenarios on a real API server, with the real platform and the operator under the role that is shipped."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from arena.embedded.testing_process import ArenaProcess
from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.on_cluster import ClusterStage
from tests.cluster.scenarios.operating import OperatorProcess
from tests.cluster.scenarios.script import Play, Scenario, scenarios


@pytest.fixture
def stage(definitions: Cluster, home: str, arena: ArenaProcess, operator: OperatorProcess, folder: Path) -> Iterator[ClusterStage]:
    assert operator.running, operator.log()[-3000:]
    yield ClusterStage(definitions, home, arena, folder)
    try:
        httpx.get(f"{arena.url}/readyz", trust_env=False)
    except httpx.TransportError:
        arena.start()  # a scenario that failed had stopped it


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("scenario", list(scenarios()), ids=lambda scenario: scenario.name)
def test_on_a_cluster(stage: ClusterStage, scenario: Scenario) -> None:
    Play(stage).run(scenario)
