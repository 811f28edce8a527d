"""A cluster for the whole run, a namespace for each test, and the logs of both when a test fails."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from arena.embedded.testing_process import ArenaProcess, open_folder
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.control_plane import ControlPlane
from tests.cluster.scenarios.operating import OperatorProcess, grant, platform_of
from tools import kube
from tools.source import ROOT

CHART = ROOT / "charts" / "arena-crds"
PLANE = pytest.StashKey[ControlPlane]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test below this folder needs a cluster."""
    for item in items:
        if "tests/cluster/" in item.nodeid:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A running cluster without anything of ours in it."""
    plane = ControlPlane(tmp_path_factory.mktemp("cluster"), kube.folder())
    try:
        plane.start()
        request.config.stash[PLANE] = plane
        with plane.client() as api:
            yield Cluster(plane, kube.folder(), api)
    finally:
        plane.stop()


@pytest.fixture(scope="session")
def definitions(cluster: Cluster) -> Cluster:
    """The cluster with our definitions and their policy in it."""
    cluster.install([*sorted((CHART / "templates" / "crds").glob("*.yaml")), *sorted((CHART / "templates").glob("*.yaml"))])
    return cluster


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of this test's own."""
    name = cluster.make_namespace()
    yield name
    cluster.drop_namespace(name)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that every user can enter, for a module's processes."""
    with open_folder() as made:
        yield made


@pytest.fixture(scope="module")
def home(definitions: Cluster) -> Iterator[str]:
    """A module's namespace, in which the operator may do what is shipped."""
    name = definitions.make_namespace("operating")
    grant(definitions, name)
    yield name
    definitions.drop_namespace(name)


@pytest.fixture(scope="module")
def arena(definitions: Cluster, home: str, folder: Path) -> Iterator[ArenaProcess]:
    """A platform that takes the cluster's word for who the operator of `home` is."""
    process = platform_of(definitions, home, folder)
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def operator(definitions: Cluster, home: str, folder: Path, arena: ArenaProcess) -> Iterator[OperatorProcess]:
    """The operator of `home`; it outlives every test and ends well, without an error or a denial."""
    process = OperatorProcess(definitions, home, folder, arena.url).start().wait_ready()
    yield process
    assert process.running, process.log()[-3000:]
    assert process.stop() == 0, process.log()[-3000:]
    assert process.errors() == []
    assert "forbidden" not in process.log()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure tells what the cluster's programs said last."""
    report = yield
    plane = item.config.stash.get(PLANE, None)
    if report.failed and plane is not None:
        report.sections += [(f"log of {program.name}", program.tail()) for program in plane.programs.values()]
    return report
