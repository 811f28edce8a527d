"""`make kind-up` on a real API server, with the real kubectl and Helm; docker and kind are stand-ins, and no node runs what it installs."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.bed.cluster import Cluster
from tests.unit.tools.stand_ins import StandIns
from tools.source import ROOT

NAMESPACE = "habitarena"
DEFINITIONS = (
    "customresourcedefinition/battles.habitarena.io",
    "customresourcedefinition/battleseries.habitarena.io",
    "validatingadmissionpolicy/battles-under-way.habitarena.io",
    "validatingadmissionpolicybinding/battles-under-way.habitarena.io",
)


@pytest.fixture
def kubeconfig(definitions: Cluster, tmp_path: Path) -> Path:
    """A person's kubeconfig after `kind create cluster`; the definitions, which other tests put there by hand, become the chart's."""
    path = tmp_path / "kubeconfig"
    path.write_text(definitions.plane.kubeconfig.read_text("utf-8"), "utf-8")
    definitions.kubectl("config", "rename-context", "test", "kind-habitarena", kubeconfig=path)
    definitions.kubectl("config", "unset", "current-context", kubeconfig=path)
    templates = str(ROOT / "charts" / "arena-crds" / "templates")
    definitions.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=helm", "--recursive", "-f", templates)
    owner = ("meta.helm.sh/release-name=arena-crds", f"meta.helm.sh/release-namespace={NAMESPACE}")
    definitions.kubectl("annotate", "--overwrite", *DEFINITIONS, *owner)
    definitions.kubectl("label", "--overwrite", *DEFINITIONS, "app.kubernetes.io/managed-by=Helm")
    return path


@pytest.fixture
def machine(definitions: Cluster, kubeconfig: Path, tmp_path: Path) -> Iterator[StandIns]:
    """A machine with Docker and a cluster of kind's; nobody is waited for, since nothing runs there."""
    stand_ins = StandIns(tmp_path, "docker", "kind", KUBECONFIG=str(kubeconfig), HOME=str(tmp_path))
    stand_ins.tell("kind", "get", "clusters", out="habitarena")
    stand_ins.tell("docker", "image", "inspect", out=f"sha256:{'a' * 64}")
    for name, body in (
        ("kubectl", '"$@"'),
        ("helm", '$(for word in "$@"; do [ "$word" = --wait ] || printf "%s " "$word"; done)'),  # no word here has a space in it
    ):
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\nexec {shlex.quote(str(definitions.programs / name))} {body}\n", "utf-8")
        program.chmod(0o755)
    yield stand_ins
    definitions.drop_namespace(NAMESPACE)


def test_kind_up_installs_all_charts_and_done_again_changes_nothing(machine: StandIns, definitions: Cluster) -> None:
    done = machine.make("kind-up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "would violate PodSecurity" not in done.stderr
    deployed = json.loads(definitions.kubectl("get", "deployments,statefulsets", "-n", NAMESPACE, "-o", "json"))["items"]
    assert {one["metadata"]["name"] for one in deployed} == {"arena-api", "arena-live", "arena-operator", "arena-postgres", "arena-workers"}
    tags = {one["spec"]["template"]["spec"]["containers"][0]["image"].partition(":")[2] for one in deployed}
    assert len(tags) == 1
    assert "service/arena-live 8000:80" in done.stdout
    assert [port["port"] for port in definitions.get("service", "arena-live", NAMESPACE)["spec"]["ports"]] == [80]

    again = machine.make("kind-up")
    assert again.returncode == 0, again.stdout + again.stderr
    unchanged = json.loads(definitions.kubectl("get", "deployments,statefulsets", "-n", NAMESPACE, "-o", "json"))["items"]
    assert [one["metadata"]["generation"] for one in unchanged] == [one["metadata"]["generation"] for one in deployed]
