"""The images, built once for the run (or taken from the cache), unpacked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.embedded.testing_process import open_folder
from tests.images.container import Unpacked, unpack
from tools.images import BUILT, IMAGES, Image, build, inputs
from tools.images.inputs import Inputs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test below this folder needs what builds and runs images."""
    for item in items:
        if "tests/images/" in item.nodeid:
            item.add_marker(pytest.mark.images)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(600))  # the first one waits for the build


@pytest.fixture(scope="session")
def built() -> dict[str, Image]:
    """All images."""
    return build()


@pytest.fixture(scope="session")
def source(built: dict[str, Image]) -> Inputs:  # noqa: ARG001 - what was built, so afterwards
    """The state of the sources that the images come from."""
    return inputs.read()


@pytest.fixture(scope="session")
def unpacked(built: dict[str, Image]) -> Iterator[dict[str, Unpacked]]:
    """All images as folders."""
    with open_folder() as folder:
        yield {name: unpack(BUILT / one.archive, folder / name) for name, one in built.items()}


@pytest.fixture(params=IMAGES)
def name(request: pytest.FixtureRequest) -> str:
    """Each image's name in turn."""
    return str(request.param)


@pytest.fixture
def image(unpacked: dict[str, Unpacked], name: str) -> Unpacked:
    """Each image in turn."""
    return unpacked[name]


@pytest.fixture
def services(unpacked: dict[str, Unpacked]) -> Unpacked:
    """The image of the services."""
    return unpacked["services"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the container's user can enter."""
    with open_folder() as made:
        yield made
