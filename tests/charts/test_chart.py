"""What the charts are made of fits together: versions, tables, rules, guides."""

import os
import re
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena.chassis.core.settings import load_settings
from arena.chassis.core.settings_kafka import Bus
from arena.contracts.registry import LOGS
from arena.embedded.assembling import CARRIED
from arena.embedded.platform import SCHEMAS
from arena.identity.keys import SigningKeys
from arena.split.process import CALLS
from tests.charts.rendering import BASES, CHARTS, manifests_of, run_helm, template
from tools.charts import read
from tools.source import ROOT

EDGES: dict[str, Any] = yaml.safe_load((CHARTS / "arena" / "edges.yaml").read_text("utf-8"))


def of(case: str, kind: str, name: str) -> dict[str, Any]:
    return next(one for one in manifests_of(case) if (one["kind"], one["metadata"]["name"]) == (kind, name))


def test_the_operator_may_do_exactly_what_its_tests_let_it_do() -> None:
    shipped = {one["kind"]: one for one in yaml.safe_load_all((ROOT / "operator" / "manifests" / "rbac.yaml").read_text("utf-8"))}
    rendered = of("arena-operator/default", "Role", "arena-operator")
    assert rendered["rules"] == shipped["Role"]["rules"]
    binding = of("arena-operator/default", "RoleBinding", "arena-operator")
    assert (binding["roleRef"], binding["subjects"][0]["name"]) == (shipped["RoleBinding"]["roleRef"], "arena-operator")


def test_the_platform_believes_the_operator_s_account_and_the_operator_finds_the_platform() -> None:
    api = of("arena/lite", "Deployment", "arena-api")["spec"]["template"]["spec"]["containers"][0]
    believed = next(one["value"] for one in api["env"] if one["name"] == "ARENA_PLATFORM_SUBJECTS")
    operator = of("arena-operator/default", "Deployment", "arena-operator")["spec"]["template"]["spec"]
    assert believed == f"system:serviceaccount:habitarena:{operator['serviceAccountName']}"
    env = {one["name"]: one.get("value") for one in operator["containers"][0]["env"]}
    services = {f"http://{one['metadata']['name']}" for one in manifests_of("arena/lite") if one["kind"] == "Service"}
    assert {env["ARENA_OPERATOR_PLATFORM_URL"], env["ARENA_OPERATOR_LIVE_URL"]} <= services


def test_the_table_of_calls_knows_every_service_that_has_a_schema() -> None:
    # `resources` keeps the manifests of the one-process shape; on a cluster the API server does.
    assert set(EDGES["database"]) == {schema.name for schema in SCHEMAS} - {"resources"} | set(CARRIED)
    folders = {path.parent.name for path in (ROOT / "services" / "arena").glob("*/app.py")} - set(CARRIED)
    assert set(EDGES["services"]) == folders
    assert set(EDGES["visitors"]) == folders


def test_processes_ask_for_the_addresses_that_the_table_of_calls_names() -> None:
    table = {service: set(called) for service, called in EDGES["services"].items() if called}
    assert {service: set(called) for service, called in CALLS.items()} == table


@pytest.mark.parametrize("case", ["arena/external", "arena-operator/hardened"])
def test_a_pod_monitor_finds_every_pod_that_serves_and_the_port_of_its_metrics(case: str) -> None:
    (monitor,) = [one["spec"] for one in manifests_of(case) if one["kind"] == "PodMonitor"]
    (asked,) = monitor["podMetricsEndpoints"]
    templates = [one["spec"]["template"] for one in manifests_of(case) if one["kind"] == "Deployment"]
    assert templates
    for pod in templates:
        assert selects(monitor["selector"], pod["metadata"]["labels"])
        ports = [port["name"] for container in pod["spec"]["containers"] for port in container["ports"]]
        assert asked["port"] in ports


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a selector of labels takes an object that has these."""
    listed = selector.get("matchExpressions", [])
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        one["operator"] == "In" and labels.get(one["key"]) in one["values"] for one in listed
    )


def test_the_table_of_calls_knows_who_meets_kafka() -> None:
    readers = {reader for log in LOGS for reader in log.readers}
    assert set(EDGES["kafka"]["services"]) == readers - set(EDGES["workers"])
    assert set(EDGES["kafka"]["workers"]) == readers & set(EDGES["workers"]) | set(CARRIED)
    assert EDGES["carried"] == list(CARRIED)


@pytest.mark.parametrize("case", ["arena/kafka", "arena/msk"])
def test_who_meets_kafka_is_told_where_it_is_in_settings_that_fit_together(
    case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("ARENA_")]:
        monkeypatch.delenv(name)
    met = set()
    for one in manifests_of(case):
        if one["kind"] not in {"Deployment", "Job"}:
            continue
        container = one["spec"]["template"]["spec"]["containers"][0]
        env = {
            row["name"]: row["value"] for row in container["env"] if row["name"].startswith(("ARENA_BUS", "ARENA_KAFKA", "ARENA_SCHEMA"))
        }
        if env:
            met.add(container["name"])
        with monkeypatch.context() as patched:
            for name, value in env.items():
                file = tmp_path / Path(value).name
                file.touch()
                patched.setenv(name, str(file) if value.startswith("/") else value)
            assert (load_settings().bus is Bus.KAFKA) is bool(env)
    assert met == {"live", "workers", "relay", "migrate", "topics"}


def test_only_the_relay_and_the_topics_job_sign_in_as_who_may_write() -> None:
    users: dict[str, tuple[str, ...]] = {}
    for one in manifests_of("arena/kafka"):
        if one["kind"] in {"Deployment", "Job"}:
            spec = one["spec"]["template"]["spec"]
            found = [row["value"] for row in spec["containers"][0]["env"] if row["name"] == "ARENA_KAFKA_USER"]
            shown = [
                item["key"]
                for volume in spec["volumes"]
                if volume["name"] == "kafka"
                for source in volume["projected"]["sources"]
                for item in source.get("secret", {}).get("items", ())
            ]
            assert shown == found
            users |= {spec["containers"][0]["name"]: (spec["serviceAccountName"], *found)}
    writing, reading = ("arena-relay", "arena-relay"), ("arena", "arena")
    assert {name: users[name] for name in ("relay", "topics", "live", "workers")} == {
        "relay": writing,
        "topics": writing,
        "live": reading,
        "workers": reading,
    }
    assert users["api"] == users["migrate"] == ("arena",)
    accounts = {
        one["metadata"]["name"]: one["metadata"].get("annotations", {})
        for one in manifests_of("arena/msk")
        if one["kind"] == "ServiceAccount"
    }
    assert accounts["arena-relay"] == {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/arena-relay"}
    assert accounts["arena"] == {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/arena"}


def test_the_way_to_kafka_is_open_for_who_meets_it_and_for_nobody_else() -> None:
    open_for = {
        one["metadata"]["labels"]["app.kubernetes.io/component"]
        for one in manifests_of("arena/kafka")
        if one["kind"] == "NetworkPolicy"
        for rule in one["spec"]["egress"]
        if {"port": 9096, "protocol": "TCP"} in rule["ports"]
    }
    assert open_for == {"live", "workers", "relay", "topics"}


def archives_of(manifests: Iterable[dict[str, Any]]) -> dict[str, tuple[str, bool | None]]:
    """Component → where it finds the archive, and whether it may only read there; None where no volume tells."""
    found = {}
    for one in manifests:
        made = one["spec"]["jobTemplate"] if one["kind"] == "CronJob" else one
        container = made.get("spec", {}).get("template", {}).get("spec", {"containers": [{}]})["containers"][0]
        where = [row["value"] for row in container.get("env", ()) if row["name"] == "ARENA_ARCHIVE"]
        mounts = [mount["readOnly"] for mount in container.get("volumeMounts", ()) if mount["name"] == "archive"]
        if where or mounts:
            found[container["name"]] = (*where, *(mounts or [None]))
    return found


def test_whoever_reads_the_log_finds_its_archive_and_only_who_archives_may_write_there() -> None:
    readers = {"api", "live", "workers", "replay"}
    assert archives_of(manifests_of("arena/archive")) == dict.fromkeys({*readers, "archive"}, ("s3://arena-archive/production", None))
    done = template("arena", "--set", "archive.claim=old-months", "--set", "archive.retention=400d")
    in_folder = archives_of(one for one in yaml.safe_load_all(done.stdout) if one)
    assert in_folder == dict.fromkeys(readers, ("/archive", True)) | {"archive": ("/archive", False)}


def test_without_a_retention_an_archive_is_read_and_nothing_is_moved() -> None:
    done = template("arena", "--set", "archive.claim=old-months")
    found = archives_of(one for one in yaml.safe_load_all(done.stdout) if one)
    assert found == dict.fromkeys({"api", "live", "workers", "replay"}, ("/archive", True))


def test_scores_are_compared_when_somebody_asks_and_by_the_clock_when_told() -> None:
    asked, told = of("arena/lite", "CronJob", "arena-replay")["spec"], of("arena/archive", "CronJob", "arena-replay")["spec"]
    assert (asked["suspend"], told["suspend"], told["schedule"]) == (True, False, "17 4 * * 0")
    assert asked["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"] == ["replay", "scoring", "--verify"]


def test_notes_of_a_release_over_kafka_tell_how_its_topics_are_looked_at() -> None:
    values = str(CHARTS / "arena" / "ci" / "kafka.yaml")
    done = run_helm("install", "arena", "{chart}", "--namespace", "habitarena", "--dry-run=client", "--values", values, chart="arena")
    assert done.returncode == 0, done.stderr
    assert "exec deployment/arena-relay -- arena topics plan" in done.stdout.partition("NOTES:")[2]


def test_the_keys_that_are_made_are_keys_that_identity_can_use() -> None:
    done = template("arena", "--show-only", "templates/secrets.yaml")
    data = yaml.safe_load(done.stdout)["data"]
    pem = yaml.safe_load(f"!!binary {data['signing-keys']}").decode()
    assert SigningKeys.load(pem).public
    passwords = {yaml.safe_load(f"!!binary {value}") for name, value in data.items() if name != "signing-keys"}
    assert len(passwords) == len(data) - 1
    assert all(len(one) >= 32 for one in passwords)


def test_the_migration_s_job_has_another_name_when_it_does_something_else() -> None:
    def name(*settings: str) -> str:
        fixed = ("--set", "secrets.existing=own")
        done = template("arena", *fixed, *settings, "--show-only", "templates/migrate.yaml")
        return str(yaml.safe_load(done.stdout)["metadata"]["name"])

    assert name() == name("--set", "services.api.replicas=3")
    assert len({name(), name("--set", "image.tag=0.2.0"), name("--set", "logLevel=debug")}) == 3


@pytest.mark.parametrize("chart", ["arena", "arena-operator"])
def test_every_value_has_a_description(chart: str) -> None:
    values = list(read((CHARTS / chart / "values.yaml").read_text("utf-8")))
    assert all(value.description.endswith(".") for value in values if value.is_leaf)
    with pytest.raises(ValueError, match="more has no description"):
        list(read("# -- Known.\nknown: 1\nmore: 2\n"))


@pytest.mark.parametrize("chart", ["arena-crds", "arena", "arena-operator"])
def test_a_chart_passes_helm_s_own_lint(chart: str) -> None:
    done = run_helm("lint", "--strict", "{chart}", chart=chart)
    assert done.returncode == 0, done.stdout + done.stderr


def test_notes_and_test_of_a_release_speak_of_what_is_there() -> None:
    done = run_helm("install", "arena", "{chart}", "--namespace", "habitarena", "--dry-run=client", chart="arena")
    assert done.returncode == 0, done.stderr
    notes = done.stdout.partition("NOTES:")[2]
    assert set(re.findall(r"(?:service|deployment)/([a-z-]+)", notes)) == {"arena-api", "arena-web"}
    (pod,) = [one for one in manifests_of("arena/lite") if one["kind"] == "Pod"]
    asked = set(re.findall(r"http://([a-z-]+)", " ".join(pod["spec"]["containers"][0]["args"])))
    assert asked == {one["metadata"]["name"] for one in manifests_of("arena/lite") if one["kind"] == "Service"} - {"arena-postgres"}


@pytest.mark.parametrize("chart", ["arena", "arena-operator"])
def test_a_package_holds_the_library_once_and_renders_to_the_same(chart: str, tmp_path: Path) -> None:
    done = run_helm("package", "{chart}", "--destination", str(tmp_path), chart=chart)
    assert done.returncode == 0, done.stderr
    (package,) = tmp_path.iterdir()
    with tarfile.open(package) as archive:
        names = archive.getnames()
    assert names.count(f"{chart}/charts/common/Chart.yaml") == 1
    assert not any("/ci/" in name for name in names)
    packed = run_helm("template", chart, str(package), chart=chart)
    kinds = [one["kind"] for one in yaml.safe_load_all(packed.stdout) if one]
    assert kinds == [one["kind"] for one in manifests_of(f"{chart}/{BASES[chart]}")]
