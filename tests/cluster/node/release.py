"""The platform on the node, installed with Helm as a person would."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from tests.cluster.node.node import Node
from tools import images as ours
from tools import kube
from tools.source import ROOT

INSTALL_SECONDS = 240
OPERATOR = "arena-operator"
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


class HelmFailed(AssertionError):
    """Helm said no; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Images:
    """The names of our images, which the node has."""

    services: str
    operator: str

    @classmethod
    def import_into(cls, node: Node) -> "Images":
        """Hand to the node what `make images` built; `make cluster-test` does so first."""
        built = ours.built()
        for image in built.values():
            node.import_image(ours.BUILT / image.archive)
        return cls(built["services"].name, built["operator"].name)


@dataclass(frozen=True, slots=True)
class Release:
    """A namespace of the *restricted* level and what Helm installs into it."""

    node: Node
    namespace: str

    @classmethod
    def begin(cls, node: Node) -> "Release":
        """A fresh namespace."""
        namespace = node.cluster.make_namespace("arena")
        node.cluster.kubectl("label", "namespace", namespace, RESTRICTED)
        return cls(node, namespace)

    def end(self) -> None:
        """Delete the namespace, and wait until nothing of it is left: what is installed there takes the node's processor time."""
        self.node.cluster.kubectl("delete", "namespace", self.namespace, "--timeout=120s")

    def helm(self, *arguments: str) -> str:
        """Run helm in the namespace; answers what it printed, raises HelmFailed with what it complained of."""
        home = self.node.home / "helm"
        own = {name: str(home) for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HOME")}
        command = [str(kube.folder() / "helm"), "--kubeconfig", str(self.node.cluster.plane.kubeconfig), "-n", self.namespace, *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]} | own,
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALL_SECONDS + 30,
        )
        if done.returncode:
            raise HelmFailed(f"helm {' '.join(arguments)}: {done.stderr.strip()}\n{done.stdout.strip()}")
        return done.stdout

    def install(self, name: str, chart: str, *arguments: str) -> float:
        """Install a chart of ours, or bring it up to date, and wait until it is ready; answers the seconds that took."""
        began = time.monotonic()
        self.helm("upgrade", "--install", name, f"charts/{chart}", "--wait", f"--timeout={INSTALL_SECONDS}s", *arguments)
        return time.monotonic() - began

    def install_all(self, *settings: str) -> float:
        """Install the definitions, the platform and the operator, anybody may make an account; answers the seconds until all is ready."""
        definitions = self.install("arena-crds", "arena-crds")
        platform = self.install("arena", "arena", "--set=registration=open", *settings)
        return definitions + platform + self.install(OPERATOR, OPERATOR)

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl in the namespace."""
        return self.node.cluster.kubectl("-n", self.namespace, *arguments)

    def pods(self, component: str | None = None) -> list[dict[str, Any]]:
        """The pods that run, of one component or all."""
        chosen = [f"-lapp.kubernetes.io/component={component}"] if component else []
        found: list[dict[str, Any]] = json.loads(self.kubectl("get", "pods", *chosen, "-o", "json"))["items"]
        return [pod for pod in found if pod["status"]["phase"] == "Running" and not pod["metadata"].get("deletionTimestamp")]

    def wait_ready(self) -> None:
        """Wait until all that is installed is ready."""
        for kind in ("deployment", "statefulset"):
            for name in self.kubectl("get", kind, "-o", "name").split():
                self.kubectl("rollout", "status", name, "--timeout=90s")

    def wait_answering(self) -> None:
        """Wait until every Service leads to its pods: kube-proxy hears of them a little later than Helm."""
        for component in ("api", "live", "web"):
            url = f"{self.url(component)}/livez"
            self.node.cluster.eventually(partial(answers, url), f"nobody answers at {url}")

    def url(self, component: str) -> str:
        """Where a component of the release `arena` is reached from the tests."""
        return self.node.url(f"arena-{component}", self.namespace)


def answers(url: str) -> bool:
    """Whether somebody answers there, and well."""
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False
