"""A cluster for the whole run, a namespace for each test, and the logs of both when a test fails."""

from collections.abc import Generator, Iterator

import pytest

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.control_plane import ControlPlane
from tools.kube import folder
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
    plane = ControlPlane(tmp_path_factory.mktemp("cluster"), folder())
    try:
        plane.start()
        request.config.stash[PLANE] = plane
        with plane.client() as api:
            yield Cluster(plane, folder(), api)
    finally:
        plane.stop()


@pytest.fixture(scope="session")
def definitions(cluster: Cluster) -> Cluster:
    """The cluster with our definitions and their policy in it."""
    cluster.install([*sorted((CHART / "crds").glob("*.yaml")), *sorted((CHART / "templates").glob("*.yaml"))])
    return cluster


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of this test's own."""
    name = cluster.make_namespace()
    yield name
    cluster.drop_namespace(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure tells what the cluster's programs said last."""
    report = yield
    plane = item.config.stash.get(PLANE, None)
    if report.failed and plane is not None:
        report.sections += [(f"log of {program.name}", program.tail()) for program in plane.programs.values()]
    return report
