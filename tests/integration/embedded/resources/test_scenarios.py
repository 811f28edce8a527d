"""The scenarios of the cluster, on a laptop: the same stories, the same words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.cli.connect import readiness
from arena.embedded.testing_process import ArenaProcess
from tests.cluster.scenarios.on_laptop import ADMIN, LaptopStage
from tests.cluster.scenarios.script import Play, Scenario, scenarios
from tests.integration.cli.shell import Shell, open_folder

HERE = [scenario for scenario in scenarios() if scenario.needs != "cluster"]


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with open_folder() as folder:
        process = ArenaProcess(folder / "data")
        process.start()
        running = Shell(process)
        email, password = ADMIN
        made = running.arena("user", "create", email, "--name", "Admin", "--password", password, "--role", "admin")
        assert made.returncode == 0, made
        yield running
        process.stop()


@pytest.fixture
def stage(shell: Shell, tmp_path: Path) -> Iterator[LaptopStage]:
    yield LaptopStage(shell, tmp_path)
    if readiness(shell.process.url) is None:
        shell.process.start()  # a scenario that failed had stopped it


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("scenario", HERE, ids=lambda scenario: scenario.name)
def test_on_a_laptop(stage: LaptopStage, scenario: Scenario) -> None:
    Play(stage).run(scenario)
