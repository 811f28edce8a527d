"""A series on a real API server, with the operator at work."""

import pytest

from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.operating import OperatorProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_a_series_makes_the_battle_whose_time_to_open_has_come(definitions: Cluster, home: str, operator: OperatorProcess) -> None:
    assert operator.running
    spec = {
        "schedule": "0 9 * * *",
        "timeZone": "Europe/Berlin",
        "duration": "2h",
        "openBefore": "2d",
        "concurrencyPolicy": "Allow",
        "template": {"metadata": {"labels": {"team": "a"}}, "spec": {"kind": "FreeForAll"}},
    }
    series = {"apiVersion": "habitarena.io/v1alpha1", "kind": "BattleSeries", "metadata": {"name": "daily"}, "spec": spec}
    definitions.apply(series, namespace=home)

    def opened() -> list[str]:
        text = definitions.kubectl(
            "get", "battles", "-n", home, "-l", "habitarena.io/series=daily", "-o", "jsonpath={.items[*].status.phase}"
        )
        return text.split()

    def settled() -> bool:
        active = definitions.get("battleseries", "daily", home).get("status", {}).get("active", [])
        return opened() == ["Open"] * len(active) != []

    definitions.eventually(settled, "no battle was made")
    definitions.kubectl("delete", "battleseries", "daily", "-n", home, "--timeout=60s")
    definitions.eventually(lambda: opened() == [], "its battles are left", 60)
