"""The scenarios on a real API server, with the real platform and the operator under the role that is shipped."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from arena.embedded.testing_process import ArenaProcess, open_folder
from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.on_cluster import ClusterStage
from tests.cluster.scenarios.operating import OperatorProcess, grant, platform_of
from tests.cluster.scenarios.script import Play, Scenario, scenarios


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


@pytest.fixture(scope="module")
def home(definitions: Cluster) -> Iterator[str]:
    name = definitions.make_namespace("operating")
    grant(definitions, name)
    yield name
    definitions.drop_namespace(name)


@pytest.fixture(scope="module")
def arena(definitions: Cluster, home: str, folder: Path) -> Iterator[ArenaProcess]:
    process = platform_of(definitions, home, folder)
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def operator(definitions: Cluster, home: str, folder: Path, arena: ArenaProcess) -> Iterator[OperatorProcess]:
    process = OperatorProcess(definitions, home, folder, arena.url).start().wait_ready()
    yield process
    assert process.running, process.log()[-3000:]
    assert process.stop() == 0, process.log()[-3000:]
    assert '"level": "error"' not in process.log()


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
