"""Pods are killed, run out of memory, are moved away, while people log: all is back within a minute, and every promise is kept."""

import asyncio
from collections.abc import Callable

import pytest

from tests.cluster.node.conftest import Installed
from tests.cluster.node.crowd import Crowd
from tests.cluster.node.faults import drain, kill, remove, run_out_of_memory
from tests.cluster.node.figures import keep_figures
from tests.cluster.node.release import Release

RECOVERY_SECONDS = 60

pytestmark = pytest.mark.timeout(400)

FAULTS: dict[str, Callable[[Release], None]] = {
    "kill -9 of api": lambda arena: kill(arena, "api"),
    "kill -9 of live": lambda arena: kill(arena, "live"),
    "kill -9 of web": lambda arena: kill(arena, "web"),
    "kill -9 of the workers": lambda arena: kill(arena, "workers"),
    "kill -9 of the operator": lambda arena: kill(arena, "operator"),
    "kill -9 of PostgreSQL": lambda arena: kill(arena, "postgres"),
    "api's pod deleted": lambda arena: remove(arena, "api"),
    "PostgreSQL's pod deleted": lambda arena: remove(arena, "postgres"),
    "the workers out of memory": lambda arena: run_out_of_memory(arena, "workers"),
    "the node drained": drain,
}


@pytest.fixture(scope="module")
def crowd(installed: Installed) -> Crowd:
    """People in a battle, for all faults."""
    installed.release.wait_answering()
    return asyncio.run(Crowd.gather(installed.release))


@pytest.mark.parametrize("fault", FAULTS)
def test_all_is_back_within_a_minute_and_every_promise_is_kept(arena: Release, crowd: Crowd, fault: str) -> None:
    seconds = asyncio.run(crowd.outlive(lambda: FAULTS[fault](arena)))
    keep_figures(recovered_seconds={fault: round(seconds, 1)})
    assert seconds <= RECOVERY_SECONDS
