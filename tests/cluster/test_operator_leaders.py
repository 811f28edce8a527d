"""Operators that are killed at any moment: another goes on within seconds, nothing is doubled, everything converges."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from arena.embedded.testing_process import ArenaProcess
from tests.cluster.bed.cluster import Cluster, KubectlFailed
from tests.cluster.scenarios.operating import ACCOUNT, AUDIENCE, OperatorProcess, battle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
BATTLES = "/apis/habitarena.io/v1alpha1/namespaces/{}/battles"


@pytest.fixture
def operators(definitions: Cluster, home: str, folder: Path, arena: ArenaProcess) -> Iterator[list[OperatorProcess]]:
    both = [OperatorProcess(definitions, home, folder, arena.url, name).start() for name in ("one", "two")]
    for each in both:
        each.wait_ready()
    yield both
    for each in both:
        each.stop()


def resources(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    """All battles of the namespace."""
    found: list[dict[str, Any]] = cluster.api.get(BATTLES.format(namespace)).raise_for_status().json()["items"]
    return found


def declared(cluster: Cluster, namespace: str, arena: ArenaProcess) -> list[dict[str, Any]]:
    """What the platform thinks is declared, all pages."""
    headers = {"authorization": f"Bearer {cluster.token(namespace, ACCOUNT, AUDIENCE)}"}
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        page = httpx.get(f"{arena.url}/api/battles/declarations", params=params, headers=headers, trust_env=False).raise_for_status().json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def leader_of(cluster: Cluster, namespace: str) -> str:
    """The name of the operator that holds the Lease."""
    try:
        lease = cluster.get("lease", "arena-operator", namespace)
    except KubectlFailed:
        return ""
    return str(lease["spec"].get("holderIdentity", "")).rpartition("-")[0]


def all_open(cluster: Cluster, namespace: str, count: int) -> bool:
    phases = [found.get("status", {}).get("phase") for found in resources(cluster, namespace)]
    return phases == ["Open"] * count


def all_settled(cluster: Cluster, namespace: str) -> bool:
    """Whether the last edit of every battle was acted on: a status from before a kill tells of an older generation."""
    found = resources(cluster, namespace)
    return all(each["status"]["observedGeneration"] == each["metadata"]["generation"] for each in found)


def clear(cluster: Cluster, namespace: str) -> None:
    cluster.api.delete(BATTLES.format(namespace)).raise_for_status()
    cluster.eventually(lambda: not resources(cluster, namespace), "not all are gone", 60)


def test_when_the_leader_is_killed_the_other_goes_on_within_seconds_and_nothing_is_doubled(
    definitions: Cluster, home: str, arena: ArenaProcess, operators: list[OperatorProcess]
) -> None:
    definitions.eventually(lambda: leader_of(definitions, home) != "", "nobody leads")
    first = next(each for each in operators if each.name == leader_of(definitions, home))
    other = next(each for each in operators if each is not first)
    definitions.apply(*(battle(f"before-{number}") for number in range(10)), namespace=home)
    definitions.eventually(lambda: all_open(definitions, home, 10), "not all are open")
    assert other.metric("arena_operator_api_duration_seconds_count", kind="Battle", verb="update") == 0, "both act"
    definitions.apply(*(battle(f"after-{number}") for number in range(10)), namespace=home)
    first.kill()
    killed = time.monotonic()
    definitions.eventually(lambda: all_open(definitions, home, 20), "the other did not go on", 30)
    assert time.monotonic() - killed < 20
    assert leader_of(definitions, home) == other.name
    ids = [found["status"]["battleId"] for found in resources(definitions, home)]
    assert len(set(ids)) == 20
    assert sorted(found["battle_id"] for found in declared(definitions, home, arena)) == sorted(ids)
    clear(definitions, home)
    assert declared(definitions, home, arena) == []


def test_a_leader_that_is_told_to_stop_gives_the_lease_back_at_once(
    definitions: Cluster, home: str, operators: list[OperatorProcess]
) -> None:
    definitions.eventually(lambda: leader_of(definitions, home) != "", "nobody leads")
    first = next(each for each in operators if each.name == leader_of(definitions, home))
    other = next(each for each in operators if each is not first)
    assert first.stop() == 0, first.log()[-2000:]
    definitions.eventually(lambda: leader_of(definitions, home) == other.name, "the Lease was not given back", 2.5)


@pytest.mark.parametrize("seed", [1, 2])
def test_an_operator_killed_again_and_again_at_any_point_converges(
    definitions: Cluster, home: str, folder: Path, arena: ArenaProcess, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311 - moments, not secrets
    alone = OperatorProcess(definitions, home, folder, arena.url, f"seed{seed}", {"ARENA_OPERATOR_LEASE_SECONDS": "1"})
    for life in range(5):
        alone.start()
        definitions.apply(*(battle(f"b-{number}", maxParticipants=10 + life) for number in range(life, life + 6)), namespace=home)
        if life:
            definitions.kubectl("delete", "battle", f"b-{life - 1}", "-n", home, "--wait=false")
        time.sleep(2 + draw.random() * 4)
        alone.kill()
    alone.start().wait_ready()
    try:
        wanted = [f"b-{number}" for number in range(4, 10)]
        definitions.eventually(lambda: sorted(found["metadata"]["name"] for found in resources(definitions, home)) == wanted, "gone", 60)
        definitions.eventually(lambda: all_open(definitions, home, 6), "not all are open", 60)
        definitions.eventually(lambda: all_settled(definitions, home), "an edit was not acted on", 60)
        held = {found["battle_id"]: found for found in declared(definitions, home, arena)}
        assert sorted(held) == sorted(found["status"]["battleId"] for found in resources(definitions, home))
        before = {found["metadata"]["name"]: found["metadata"]["resourceVersion"] for found in resources(definitions, home)}
        time.sleep(3)
        assert {found["metadata"]["name"]: found["metadata"]["resourceVersion"] for found in resources(definitions, home)} == before
        clear(definitions, home)
        assert declared(definitions, home, arena) == []
    finally:
        assert alone.stop() == 0


def test_an_api_server_that_is_away_for_a_while_is_waited_for(definitions: Cluster, home: str, operators: list[OperatorProcess]) -> None:
    definitions.apply(battle("patient"), namespace=home)
    definitions.eventually(lambda: all_open(definitions, home, 1), "not open")
    definitions.plane.programs["kube-apiserver"].kill()
    time.sleep(8)
    definitions.plane.start_api()
    definitions.apply(battle("patient-2"), namespace=home)
    definitions.eventually(lambda: all_open(definitions, home, 2), "nobody went on", 60)
    assert all(each.running for each in operators)
    clear(definitions, home)


def test_the_role_that_is_shipped_reaches_neither_the_cluster_nor_other_namespaces(definitions: Cluster, home: str) -> None:
    account = definitions.kubeconfig_of(home, ACCOUNT)
    refused = [
        ("list", "namespaces", []),
        ("list", "customresourcedefinitions", []),
        ("list", "battles.habitarena.io", ["-n", "default"]),
        ("get", "secrets", ["-n", home]),
        ("create", "pods", ["-n", home]),
        ("create", "roles", ["-n", home]),
        ("delete", "secrets", ["-n", home]),
    ]
    for verb, what, where in refused:
        with pytest.raises(KubectlFailed, match=r"auth can-i .*no"):
            definitions.kubectl("auth", "can-i", verb, what, *where, kubeconfig=account)
    assert definitions.kubectl("auth", "can-i", "list", "battles.habitarena.io", "-n", home, kubeconfig=account).strip() == "yes"
