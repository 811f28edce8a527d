"""What `make kind-up` gives the charts is what they take: rendered by the real Helm, as far as a cluster is not needed."""

import subprocess
from typing import Any

import pytest
import yaml

from tools import kube
from tools.source import ROOT

pytestmark = pytest.mark.cluster


def render(chart: str, *settings: str) -> list[dict[str, Any]]:
    command = [str(kube.folder() / "helm"), "template", chart, f"charts/{chart}", "--namespace", "habitarena", *settings]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


@pytest.fixture(scope="module")
def platform() -> list[dict[str, Any]]:
    values = ROOT / "examples" / "kind" / "values.yaml"
    return render("arena", "--values", str(values), "--set", "image.tag=1.2.3-aaaaaaaa-bbbbbbbb")


def named(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = (one for one in objects if (one["kind"], one["metadata"]["name"]) == (kind, name))
    return found


def images(objects: list[dict[str, Any]]) -> set[str]:
    pods = [
        one["spec"].get("template", {}).get("spec", one["spec"])
        for one in objects
        if one["kind"] in {"Deployment", "StatefulSet", "Job", "Pod"}
    ]
    return {container["image"] for pod in pods for container in [*pod.get("initContainers", []), *pod["containers"]]}


def test_the_service_that_is_forwarded_serves_pages_and_live_standings(platform: list[dict[str, Any]]) -> None:
    service = named(platform, "Service", "arena-live")
    assert [port["port"] for port in service["spec"]["ports"]] == [80]
    (container,) = named(platform, "Deployment", "arena-live")["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["serve", "live", "web"]
    assert {"name": "ARENA_REGISTRATION", "value": "open"} in container["env"]


def test_every_pod_runs_the_image_that_was_loaded(platform: list[dict[str, Any]]) -> None:
    assert images(platform) == {"habitarena/services:1.2.3-aaaaaaaa-bbbbbbbb"}
    assert images(render("arena-operator", "--set", "image.tag=1.2.3-aaaaaaaa-bbbbbbbb")) == {"habitarena/operator:1.2.3-aaaaaaaa-bbbbbbbb"}


def test_the_cluster_tells_tokens_as_a_cluster_of_kind_s_does(platform: list[dict[str, Any]]) -> None:
    (container,) = named(platform, "Deployment", "arena-api")["spec"]["template"]["spec"]["containers"]
    assert {"name": "ARENA_PLATFORM_ISSUER", "value": "https://kubernetes.default.svc.cluster.local"} in container["env"]
