"""`make kind-up` and its companions, played with stand-ins for docker, kind, kubectl and helm."""

import re
from pathlib import Path

import pytest

from tests.unit.tools.stand_ins import StandIns
from tools.buildx import build_command
from tools.source import ROOT
from tools.version import project_version

VERSION = project_version()
GUIDE = (ROOT / "docs" / "guides" / "install-kind.md").read_text("utf-8")
PROGRAMS = ("docker", "kind", "kubectl", "helm")
TAG = f"{VERSION}-aaaaaaaa-bbbbbbbb"
HELM = "helm --kube-context kind-habitarena --namespace habitarena"
KUBECTL = "kubectl --context kind-habitarena"


@pytest.fixture
def programs(tmp_path: Path) -> StandIns:
    """A machine that has everything, Docker answers, and there is no cluster yet."""
    stand_ins = StandIns(tmp_path, *PROGRAMS)
    for image, digest in (("services", "a" * 64), ("operator", "b" * 64)):
        name = f"habitarena/{image}:{VERSION}"
        stand_ins.tell("docker", "image", "inspect", "--format", "{{.Id}}", name, out=f"sha256:{digest}")
    return stand_ins


def build(image: str) -> str:
    return " ".join(build_command(image, "--load", "--tag", f"habitarena/{image}:{VERSION}"))


def test_kind_up_makes_a_cluster_builds_loads_and_installs_in_this_order(programs: StandIns) -> None:
    done = programs.make("kind-up")
    assert done.returncode == 0, done.stderr
    assert programs.calls() == [
        "docker info",
        "docker buildx version",
        "kind get clusters",
        "kind create cluster --name habitarena --wait 120s",
        build("services"),
        build("operator"),
        f"docker image inspect --format {{{{.Id}}}} habitarena/services:{VERSION}",
        f"docker image inspect --format {{{{.Id}}}} habitarena/operator:{VERSION}",
        f"docker tag habitarena/services:{VERSION} habitarena/services:{TAG}",
        f"docker tag habitarena/operator:{VERSION} habitarena/operator:{TAG}",
        f"kind load docker-image --name habitarena habitarena/services:{TAG} habitarena/operator:{TAG}",
        f"{KUBECTL} apply --filename examples/kind/namespace.yaml",
        f"{HELM} upgrade --install arena-crds charts/arena-crds --wait --timeout 5m",
        f"{HELM} upgrade --install arena charts/arena --values examples/kind/values.yaml --set image.tag={TAG} --wait --timeout 5m",
        f"{HELM} upgrade --install arena-operator charts/arena-operator --set image.tag={TAG} --wait --timeout 5m",
    ]


def test_kind_up_ends_with_the_commands_that_come_next(programs: StandIns) -> None:
    said = programs.make("kind-up").stdout
    assert f"{KUBECTL} -n habitarena port-forward" in said
    assert "http://127.0.0.1:8000" in said
    assert f"{KUBECTL} -n habitarena apply -f examples/battles/office-steps.yaml" in said
    assert "make kind-down" in said


def test_the_guide_gives_the_commands_that_kind_up_prints(programs: StandIns) -> None:
    said = programs.make("kind-up").stdout
    in_guide = re.findall(r"^kubectl .*$", GUIDE, re.MULTILINE)
    assert [command for command in in_guide if "describe" not in command and command not in said] == []
    assert len(in_guide) == 4


def test_every_sentence_of_the_guide_s_table_is_one_that_is_said() -> None:
    source = "".join((ROOT / "tools" / name).read_text("utf-8") for name in ("kind.py", "commands.py"))
    rows = re.findall(r"^\| ((?!it says|---).*?) \|", GUIDE, re.MULTILINE)
    written = [re.sub(r"(?<=stopped: )\w+", "{command[0]}", row) for row in rows]
    assert len(rows) == 5
    assert [sentence for sentence in written if sentence not in source] == []


def test_a_cluster_that_is_there_stays_and_is_brought_up_to_date(programs: StandIns) -> None:
    programs.tell("kind", "get", "clusters", out="another\nhabitarena")
    assert programs.make("kind-up").returncode == 0
    assert [call for call in programs.calls() if "create cluster" in call] == []
    assert len([call for call in programs.calls() if "upgrade --install" in call]) == 3


def test_an_image_that_changed_has_another_tag_so_that_its_pods_are_replaced(programs: StandIns) -> None:
    programs.tell("docker", "image", "inspect", "--format", "{{.Id}}", f"habitarena/services:{VERSION}", out="sha256:" + "c" * 64)
    programs.make("kind-up")
    assert programs.calls()[-1].endswith(f"image.tag={VERSION}-cccccccc-bbbbbbbb --wait --timeout 5m")


def test_everything_that_is_missing_is_named_at_once_before_anything_is_done(tmp_path: Path) -> None:
    programs = StandIns(tmp_path, "docker", "kubectl")
    done = programs.make("kind-up")
    assert done.returncode != 0
    assert re.search(r"kind +https://kind\.sigs\.k8s\.io/", done.stderr)
    assert re.search(r"helm +https://helm\.sh/", done.stderr)
    assert "docker " not in done.stderr
    assert programs.calls() == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(("docker", "info"), "does not answer: start it"), (("docker", "buildx", "version"), "without buildx")],
)
def test_a_docker_that_cannot_serve_is_said_in_its_own_words(programs: StandIns, words: tuple[str, ...], sentence: str) -> None:
    programs.tell(*words, err="Cannot connect to the Docker daemon", code=1)
    done = programs.make("kind-up")
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "It said: Cannot connect to the Docker daemon" in done.stderr
    assert not any(call.startswith("kind") for call in programs.calls())


def test_an_installation_that_does_not_get_ready_stops_there_and_says_where_to_look(programs: StandIns) -> None:
    programs.tell(*HELM.split(), "upgrade", "--install", "arena", code=1)
    done = programs.make("kind-up")
    assert done.returncode != 0
    assert "stopped: helm failed (above)" in done.stderr
    assert "get pods,jobs,events" in done.stderr
    assert not any("arena-operator" in call for call in programs.calls() if "upgrade" in call)


def test_kind_test_runs_the_chart_s_own_test_and_declares_a_battle(programs: StandIns) -> None:
    assert programs.make("kind-test").returncode == 0
    assert programs.calls() == [
        f"{HELM} test arena --logs",
        f"{KUBECTL} --namespace habitarena apply --filename examples/battles/office-steps.yaml",
        f"{KUBECTL} --namespace habitarena wait --for=condition=Accepted --timeout=60s battle/office-steps",
    ]


def test_kind_down_takes_away_that_cluster_and_no_other(programs: StandIns) -> None:
    assert programs.make("kind-down").returncode == 0
    assert programs.calls() == ["kind delete cluster --name habitarena"]


def test_the_images_for_this_machine_are_named_to_the_steps_after(programs: StandIns, tmp_path: Path) -> None:
    assert programs.make("images-docker", GITHUB_OUTPUT=str(tmp_path / "output")).returncode == 0
    assert programs.calls() == [build("services"), build("operator")]
    names = [f"{image}-name=habitarena/{image}:{VERSION}" for image in ("services", "operator")]
    assert (tmp_path / "output").read_text("utf-8").splitlines() == names


def test_a_build_names_the_commit_and_its_time_so_that_it_can_be_done_again() -> None:
    command = build_command("services", "--load")
    assert command[:7] == ["docker", "buildx", "build", "--file", "images/Containerfile", "--target", "services"]
    assert re.fullmatch(r"REVISION=[0-9a-f]{40}(-dirty)?", command[command.index("--build-arg") + 3])
    assert any(re.fullmatch(r"SOURCE_DATE_EPOCH=\d{10}", word) for word in command)
