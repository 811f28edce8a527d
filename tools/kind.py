"""HabitArena on a cluster of kind's, on a machine with Docker: `make kind-up`, `make kind-test`, `make kind-down`.

Every step can be done again: what is there stays, what changed is built, loaded and rolled out. Standard library only, so nothing needs
to be set up first. The user's current context is never relied on: each call names ours.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable

from tools.buildx import build
from tools.commands import answer, run
from tools.version import project_version

CLUSTER = "habitarena"
CONTEXT = f"kind-{CLUSTER}"
NAMESPACE = "habitarena"
PROGRAMS = {
    "docker": "https://docs.docker.com/get-started/get-docker/",
    "kind": "https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "helm": "https://helm.sh/docs/intro/install/",
}
"""Program → where to get it."""

KUBECTL = ("kubectl", "--context", CONTEXT)
HELM = ("helm", "--kube-context", CONTEXT, "--namespace", NAMESPACE)
BATTLE = "office-steps"
READY = f"""
HabitArena runs on the cluster “{CONTEXT}”, in the namespace “{NAMESPACE}”.

The page, on http://127.0.0.1:8000 while this runs:
  kubectl --context {CONTEXT} -n {NAMESPACE} port-forward service/arena-live 8000:80
A battle as a resource:
  kubectl --context {CONTEXT} -n {NAMESPACE} apply -f examples/battles/{BATTLE}.yaml
  kubectl --context {CONTEXT} -n {NAMESPACE} get battles

Changed something? make kind-up again. Away with all of it, its data too: make kind-down"""
NOT_READY = f"""\
What stands in the way is told by
  kubectl --context {CONTEXT} -n {NAMESPACE} get pods,jobs,events
When it is mended, run make kind-up again: it goes on where it stopped."""


def up() -> None:
    """Make the cluster, build and load the images, install the charts, and tell what to do next; done again, bring it up to date."""
    need(*PROGRAMS)
    need_docker()
    if CLUSTER not in answer("kind", "get", "clusters").split():
        run("kind", "create", "cluster", "--name", CLUSTER, "--wait", "120s")
    tag = load(build())
    run(*KUBECTL, "apply", "--filename", "examples/kind/namespace.yaml")
    image = ("--set", f"image.tag={tag}")
    settings = {"arena-crds": (), "arena": ("--values", "examples/kind/values.yaml", *image), "arena-operator": image}
    for chart, given in settings.items():
        run(*HELM, "upgrade", "--install", chart, f"charts/{chart}", *given, "--wait", "--timeout", "5m", hint=NOT_READY)
    print(READY)


def test() -> None:
    """Let the installed release prove itself: the chart's own test, and a battle declared as a resource."""
    need("kubectl", "helm")
    run(*HELM, "test", "arena", "--logs")
    battle = (*KUBECTL, "--namespace", NAMESPACE)
    run(*battle, "apply", "--filename", f"examples/battles/{BATTLE}.yaml")
    run(*battle, "wait", "--for=condition=Accepted", "--timeout=60s", f"battle/{BATTLE}", hint=NOT_READY)


def down() -> None:
    """Take the cluster away, and all data in it."""
    need("docker", "kind")
    run("kind", "delete", "cluster", "--name", CLUSTER)


def load(names: dict[str, str]) -> str:
    """Hand the images to the cluster; return their tag: it tells the contents, so that a change of one version reaches the pods too."""
    ids = [answer("docker", "image", "inspect", "--format", "{{.Id}}", name).strip() for name in names.values()]
    tag = "-".join([project_version(), *(one.removeprefix("sha256:")[:8] for one in ids)])
    tagged = [f"habitarena/{image}:{tag}" for image in names]
    for name, new in zip(names.values(), tagged, strict=True):
        run("docker", "tag", name, new)
    run("kind", "load", "docker-image", "--name", CLUSTER, *tagged)
    return tag


def need(*programs: str) -> None:
    """Fail with everything that is missing, and where to get it, before anything is done."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        lines = "\n".join(f"  {program:<8} {PROGRAMS[program]}" for program in missing)
        sys.exit(f"Not on the PATH and needed here:\n{lines}\nWithout Docker, `make up` runs the platform as one process.")


def need_docker() -> None:
    """Fail with Docker's own words when its daemon does not answer or it cannot build."""
    for command, lacking in (
        (("docker", "info"), "Docker is installed, but does not answer: start it, or ask for the right to use it."),
        (("docker", "buildx", "version"), "Docker is installed without buildx: https://docs.docker.com/build/install-buildx/"),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{lacking}\nIt said: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'nothing'}")


COMMANDS: dict[str, Callable[[], None]] = {"up": up, "test": test, "down": down}


if __name__ == "__main__":
    COMMANDS[sys.argv[1]]()
