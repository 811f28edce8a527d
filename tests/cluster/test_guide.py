"""docs/guides/battles-as-resources.md, section "Try it", followed word by word on a real API server, the operator beside it."""

from pathlib import Path

import httpx
import pytest

from arena.embedded.testing_process import ArenaProcess
from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.guide import Shell, accepted, try_battles
from tests.cluster.scenarios.operating import OperatorProcess


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_examples_do_what_the_guide_says(
    definitions: Cluster, home: str, folder: Path, arena: ArenaProcess, operator: OperatorProcess
) -> None:
    assert operator.running
    try_battles(definitions, home, Shell.of(definitions, home, folder))
    for email in ("ada@home.example", "bob@home.example"):
        account = {"email": email, "password": "correct horse battery", "display_name": "Somebody"}
        httpx.post(f"{arena.url}/api/identity/users", json=account, trust_env=False).raise_for_status()
    definitions.eventually(
        lambda: accepted(definitions, home, "household-duel") == ("Open", "Declared"), "the players' accounts are not seen", 180
    )
