"""What the operator tells of itself: spans that go on in the services, and each metric of its part of the schema."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from arena.chassis.testing.collector import Collector, Received, collecting
from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.operating import ACCOUNT, OperatorProcess, battle, platform_of
from tools.source import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SCHEMA: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "observability" / "telemetry.yaml").read_text("utf-8"))["metrics"]
METRICS = sorted(name for name in SCHEMA if name.startswith("arena.operator."))
ENDINGS = {"histogram": "_count", "counter": "_total", "gauge": ""}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture(scope="module")
def watched(definitions: Cluster, home: str, folder: Path, collector: Collector) -> Iterator[OperatorProcess]:
    """An operator and a platform that export their spans."""
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    platform = platform_of(definitions, home, folder)
    platform.env = {**platform.env, **told}
    platform.start()
    process = OperatorProcess(definitions, home, folder, platform.url, "watched", told).start().wait_ready()
    yield process
    assert process.stop() == 0
    platform.stop()


def in_seconds(name: str, seconds: float) -> dict[str, Any]:
    start = (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0, tzinfo=None)
    return battle(name, window={"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()})


def phase(cluster: Cluster, namespace: str, name: str) -> str:
    return str(cluster.get("battle", name, namespace).get("status", {}).get("phase"))


def test_a_pass_is_a_span_and_the_services_spans_go_on_below_it(
    definitions: Cluster, home: str, watched: OperatorProcess, collector: Collector
) -> None:
    assert watched.running
    definitions.apply(in_seconds("seen", 7200), namespace=home)
    definitions.eventually(lambda: phase(definitions, home, "seen") == "Open", "it is not open")

    def passes() -> list[Received]:
        return [span for span in collector.spans if span.name == "arena.reconcile" and span.attributes.get("resource") == "seen"]

    def goes_on() -> bool:
        roots = {span.trace: span.id for span in passes()}
        return any(span.service != "arena-operator" and roots.get(span.trace) == span.parent for span in list(collector.spans))

    definitions.eventually(goes_on, "no service's span hangs below a pass")
    first = passes()[0]
    assert first.service == "arena-operator"
    assert (first.attributes["kind"], first.attributes["namespace"], first.attributes["urgency"]) == ("Battle", home, "changed")
    assert any(span.service != "arena-operator" and "/api/battles/declarations" in span.name for span in collector.spans)


def test_each_metric_is_told_once_there_is_something_to_tell(definitions: Cluster, home: str, watched: OperatorProcess) -> None:
    definitions.apply(in_seconds("due", 6), namespace=home)
    definitions.eventually(lambda: phase(definitions, home, "due") == "Cancelled", "nobody came, and it is not called off")
    role = definitions.get("role", ACCOUNT, home)
    less = [rule for rule in role["rules"] if rule["apiGroups"] != ["events.k8s.io"] and "battles/status" not in rule["resources"]]
    silent = [rule for rule in role["rules"] if rule["apiGroups"] != ["events.k8s.io"]]
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{home}/roles/{ACCOUNT}"
    patch = {"content-type": "application/merge-patch+json"}
    definitions.api.patch(path, json={"rules": less}, headers=patch).raise_for_status()
    definitions.apply(in_seconds("refused", 7200), namespace=home)
    definitions.eventually(lambda: watched.metric("arena_operator_reconcile_errors_total", kind="Battle") > 0, "no error is counted")
    definitions.api.patch(path, json={"rules": silent}, headers=patch).raise_for_status()
    definitions.eventually(lambda: watched.metric("arena_operator_events_dropped_total") > 0, "no dropped event is counted", 60)
    definitions.api.patch(path, json={"rules": role["rules"]}, headers=patch).raise_for_status()

    text = httpx.get(f"http://127.0.0.1:{watched.port}/metrics", trust_env=False).text
    told = {line.partition("{")[0].partition(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    for name in METRICS:
        wanted = name.replace(".", "_") + ("_seconds" if SCHEMA[name]["unit"] == "s" else "") + ENDINGS[SCHEMA[name]["kind"]]
        assert wanted in told, f"{wanted} of {name} is not told: {sorted(line for line in told if 'operator' in line)}"
    assert watched.metric("arena_operator_leading") == 1
    assert watched.metric("arena_operator_lateness_seconds_count", kind="Battle") > 0
    assert watched.metric("arena_operator_api_duration_seconds_count", verb="update", kind="Battle", code="403") > 0
