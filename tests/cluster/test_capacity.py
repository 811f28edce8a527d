"""Capacity before a real API server: it takes every object built, adds nothing that would be written again, returns what was lent."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
import yaml

from arena_operator.cluster.api import APPLY, APPLY_PATCH
from arena_operator.cluster.kinds import KINDS
from arena_operator.ports.store import Moved
from arena_operator.reconcile.capacity_shared import shared_serving
from arena_operator.reconcile.floors import Demand, floors
from arena_operator.reconcile.sizing import MEASURED
from arena_operator.resources.deployment import deployment
from arena_operator.resources.disruption_budget import disruption_budget
from arena_operator.resources.http_route import http_route
from arena_operator.resources.ingress import ingress
from arena_operator.resources.manifest import difference
from arena_operator.resources.naming import Owner
from arena_operator.resources.result_config_map import LIMIT, result_config_map
from arena_operator.resources.service import service
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.gateway import install_http_routes
from tests.unit.operator.capacity.stage import DURING, END, START
from tests.unit.operator.resources import samples

Json = dict[str, Any]

BUILT: Mapping[str, Callable[[Owner, Json], Json]] = {
    "deployment": lambda owner, live: deployment(owner, live, 3),
    "service": lambda owner, _: service(owner, "http"),
    "disruption budget": lambda owner, _: disruption_budget(owner, protected=True),
    "http route": lambda owner, _: http_route(owner, samples.http_route(), samples.BATTLE_ID),
    "ingress": lambda owner, _: ingress(owner, samples.ingress(), samples.BATTLE_ID),
    "result": lambda owner, _: result_config_map(owner, "result", "ä" * (LIMIT // 2)),
}


@pytest.fixture(scope="module")
def gateway(cluster: Cluster) -> Cluster:
    install_http_routes(cluster)
    return cluster


def applied(cluster: Cluster, manifest: Mapping[str, Any], namespace: str, *, dry_run: bool = False) -> Json:
    """Server-side apply as the operator does it, but strict about unknown fields (kubectl would also take over what it applied before)."""
    kind, about = KINDS[manifest["kind"]], {**manifest["metadata"], "namespace": namespace}
    answer = cluster.api.patch(
        kind.path(namespace, about["name"]),
        params=APPLY | {"fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {}),
        headers={"content-type": APPLY_PATCH},
        content=json.dumps({**manifest, "metadata": about}),
    )
    if answer.status_code == httpx.codes.CONFLICT:
        raise Moved(answer.text)
    assert answer.is_success, answer.text
    found: Json = answer.json()
    return found


def charted(cluster: Cluster, namespace: str, *manifests: Json) -> None:
    """What a chart installs, by another manager than ours."""
    for manifest in manifests:
        kept = {key: value for key, value in manifest["metadata"].items() if key in {"name", "labels", "annotations"}}
        cluster.apply({**manifest, "metadata": kept}, namespace=namespace)


def owner(namespace: str) -> Owner:
    return Owner("Battle", namespace, "spring-cup", "0f7a6f0e-5a86-4d7e-9d7c-4a1f3f6f2b11")


@pytest.mark.parametrize("name", BUILT)
def test_the_api_server_takes_what_is_built_and_every_field_of_it(gateway: Cluster, namespace: str, name: str) -> None:
    charted(gateway, namespace, _without_status(samples.deployment()))
    live = gateway.get("deployment", "arena-live", namespace)
    applied(gateway, BUILT[name](owner(namespace), live), namespace, dry_run=True)


@pytest.mark.parametrize("name", BUILT)
def test_what_the_api_server_has_does_not_differ_from_what_was_asked_for(gateway: Cluster, namespace: str, name: str) -> None:
    charted(gateway, namespace, _without_status(samples.deployment()))
    live = gateway.get("deployment", "arena-live", namespace)
    wanted = BUILT[name](owner(namespace), live)
    wanted["metadata"].pop("ownerReferences")  # the garbage collector knows no such battle
    found = applied(gateway, wanted, namespace)
    assert difference({**wanted, "metadata": {**wanted["metadata"], "namespace": namespace}}, found) is None
    again = BUILT[name](owner(namespace), gateway.get("deployment", "arena-live", namespace))
    assert again["metadata"].get("annotations") == wanted["metadata"].get("annotations")


def test_pods_of_a_dedicated_live_keep_the_restricted_standard(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    cluster.kubectl("create", "serviceaccount", "arena-live", "-n", namespace)
    made = deployment(owner(namespace), samples.deployment(), 2)
    made["metadata"].pop("ownerReferences")
    applied(cluster, made, namespace)

    def pods() -> list[Json]:
        selector = f"habitarena.io/battle-uid={owner(namespace).uid}"
        found: list[Json] = yaml.safe_load(cluster.kubectl("get", "pods", "-n", namespace, "-l", selector, "-o", "json"))["items"]
        return found

    cluster.eventually(lambda: len(pods()) == 2, "its pods are not taken")
    shared = samples.deployment()["spec"]["selector"]["matchLabels"]
    assert not any(all(pod["metadata"]["labels"].get(key) == value for key, value in shared.items()) for pod in pods())


def test_floors_and_budgets_are_lent_and_returned(cluster: Cluster, namespace: str) -> None:
    names = ("live", "api")
    made = [build(name) for name in names for build in (samples.deployment, samples.autoscaler)]
    charted(cluster, namespace, *map(_without_status, made), samples.budget("live"))
    before = [_spec(cluster, namespace, kind, name) for kind, name in (("hpa", "arena-live"), ("pdb", "arena-live"))]
    demand = Demand(START, END, 5 * MEASURED.viewers_per_live, 30 * MEASURED.logs_per_api, frozenset(names))

    assert _reconciled(cluster, namespace, [demand]) == 4
    assert _reconciled(cluster, namespace, [demand]) == 0
    assert [_spec(cluster, namespace, "hpa", f"arena-{name}")["minReplicas"] for name in names] == [5, 10]
    assert _spec(cluster, namespace, "pdb", "arena-live")["maxUnavailable"] == 0
    assert _spec(cluster, namespace, "pdb", "arena-api-protected")["maxUnavailable"] == 0
    cluster.eventually(lambda: _spec(cluster, namespace, "deployment", "arena-live")["replicas"] == 5, "the autoscaler does not follow")

    assert _reconciled(cluster, namespace, []) == 4
    assert _reconciled(cluster, namespace, []) == 0
    assert [_spec(cluster, namespace, kind, name) for kind, name in (("hpa", "arena-live"), ("pdb", "arena-live"))] == before
    assert "habitarena.io/floor" not in str(cluster.get("hpa", "arena-live", namespace)["metadata"]["annotations"])


def test_a_floor_is_not_lent_by_an_autoscaler_that_was_replaced_meanwhile(cluster: Cluster, namespace: str) -> None:
    charted(cluster, namespace, *map(_without_status, (samples.deployment(), samples.autoscaler())))
    seen = _seen(cluster, namespace)
    cluster.kubectl("delete", "hpa", "arena-live", "-n", namespace)
    [patch] = floors([Demand(START, END, 5 * MEASURED.viewers_per_live)], seen, DURING).patches
    with pytest.raises(Moved):
        applied(cluster, patch, namespace)


def _reconciled(cluster: Cluster, namespace: str, demands: list[Demand]) -> int:
    """Passes until one is not disturbed (controllers write status at any time); answers how many writes were made."""
    writes = 0
    while True:
        decided = floors(demands, _seen(cluster, namespace), DURING)
        try:
            for patch in decided.patches:
                applied(cluster, patch, namespace)
                writes += 1
        except Moved:
            continue
        for removal in decided.removes:
            cluster.kubectl("delete", removal.kind, removal.name, "-n", namespace)
        return writes + len(decided.removes)


def _seen(cluster: Cluster, namespace: str) -> Any:
    lists = [yaml.safe_load(cluster.kubectl("get", kind, "-n", namespace, "-o", "json"))["items"] for kind in ("deployment", "hpa", "pdb")]
    return shared_serving(lists[0], autoscalers=lists[1], budgets=lists[2])


def _spec(cluster: Cluster, namespace: str, kind: str, name: str) -> Json:
    spec: Json = cluster.get(kind, name, namespace)["spec"]
    return spec


def _without_status(manifest: Json) -> Json:
    return {key: value for key, value in manifest.items() if key != "status"}
