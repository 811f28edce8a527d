"""A real node for the whole run: root, containerd and runc are needed; what failed leaves its logs and events in build/cluster."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.control_plane import ControlPlane
from tests.cluster.bed.gateway import install_http_routes
from tests.cluster.bed.place import Place
from tests.cluster.node.evidence import keep
from tests.cluster.node.node import Node
from tests.cluster.node.release import Images, Release
from tests.cluster.node.space import HOME, NODE_ADDRESS, Space, the_only_node
from tools import kube

ISSUER = "https://kubernetes.default.svc.cluster.local"
"""As on clusters that kubeadm and kind make."""

NODE = pytest.StashKey[Node]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test below this folder needs a node and belongs to the long suites."""
    for item in items:
        if "tests/cluster/node/" in item.nodeid:
            item.add_marker(pytest.mark.node)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    """A cluster of one node, with nothing of ours in it."""
    with the_only_node():
        space = Space(HOME, kube.folder() / "pause")
        with ExitStack() as ends:
            ends.callback(space.end)
            space.begin()
            plane = ControlPlane(HOME, kube.folder(), Place(NODE_ADDRESS, space.in_network, ISSUER))
            ends.callback(plane.stop)
            plane.start()
            made = Node(HOME, space, Cluster(plane, kube.folder(), ends.enter_context(plane.client())))
            ends.callback(made.stop)
            made.start()
            request.config.stash[NODE] = made
            yield made


@pytest.fixture(scope="session")
def images(node: Node) -> Images:
    """Our own images, known to the node."""
    return Images.import_into(node)


@pytest.fixture(scope="module")
def new_release(node: Node) -> Iterator[Callable[[], Release]]:
    """Begin releases that end with the module: beside the one of the whole run the node has room for one more, and for its upgrade."""
    with ExitStack() as ends:

        def begin() -> Release:
            release = Release.begin(node)
            ends.callback(release.end)
            return release

        yield begin


@dataclass(frozen=True, slots=True)
class Installed:
    """The platform with its operator, and how long the installation took."""

    release: Release
    seconds: float


@pytest.fixture(scope="session")
def installed(node: Node, images: Images) -> Installed:
    """The lite profile, as a person gets it, but for who may make an account; a Gateway is named, which nothing here serves."""
    assert images.services
    install_http_routes(node.cluster)
    release = Release.begin(node)
    return Installed(release, release.install_all("--set=route.gateway.name=none"))


@pytest.fixture
def arena(installed: Installed) -> Release:
    """The installed platform; it answers, whatever the test before has done to it."""
    installed.release.wait_answering()
    return installed.release


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What failed tells what the node's programs said last, and leaves what the pods said."""
    report = yield
    node = item.config.stash.get(NODE, None)
    if report.failed and node is not None:
        report.sections += [(f"log of {program.name}", program.tail()) for program in node.programs.values()]
        report.sections.append(("kept", str(keep(node, item.name))))
    return report
