"""The charts on a real node: installed as a person would, in their time and their memory, and what the guide promises holds there."""

import httpx
import pytest

from tests.cluster.node.conftest import Installed
from tests.cluster.node.figures import keep_figures
from tests.cluster.node.measuring import memory, ready_after
from tests.cluster.node.node import Node
from tests.cluster.node.release import Release
from tools.source import ROOT

READY_SECONDS = 90
POD_SECONDS = 6
MEGABYTES = 700
BATTLE = ROOT / "examples" / "battles" / "office-steps.yaml"

pytestmark = pytest.mark.timeout(400)


def test_platform_and_operator_are_ready_in_time(installed: Installed) -> None:
    keep_figures(install_seconds=round(installed.seconds, 1))
    assert installed.seconds <= READY_SECONDS


def test_its_own_test_passes(arena: Release) -> None:
    said = arena.helm("test", "arena", "--logs")
    assert "Succeeded" in said


def test_the_page_opens_and_a_person_gets_in(arena: Release) -> None:
    with httpx.Client(base_url=arena.url("web"), trust_env=False, follow_redirects=True) as browser:
        page = browser.get("/")
    assert page.status_code == 200
    assert "<title>" in page.text


def test_a_battle_is_declared_as_a_resource_and_the_platform_takes_it(arena: Release, node: Node) -> None:
    arena.kubectl("apply", "-f", str(BATTLE))
    arena.kubectl("wait", "--for=condition=Accepted", "--timeout=60s", "battle/office-steps")
    assert node.cluster.get("battle", "office-steps", arena.namespace)["status"]["phase"] == "Open"
    assert "Office steps" in arena.kubectl("get", "battle", "office-steps", "-o", "yaml")
    arena.kubectl("delete", "battle", "office-steps", "--timeout=60s")


def test_all_pods_together_take_little_memory(arena: Release, node: Node) -> None:
    held = memory(node, arena.pods())
    keep_figures(megabytes={name: round(size) for name, size in held.items()}, megabytes_together=round(sum(held.values())))
    assert {"api", "live", "web", "workers", "postgres", "operator"} <= held.keys()
    assert sum(held.values()) <= MEGABYTES, held


def test_a_pod_of_a_service_is_ready_in_time(arena: Release) -> None:
    took = {component: restarted(arena, component) for component in ("api", "live", "web", "workers")}
    # A busy machine can spoil a timing: what misses the bar is measured once more.
    took |= {component: restarted(arena, component) for component, seconds in took.items() if seconds > POD_SECONDS}
    keep_figures(pod_ready_seconds=took)
    assert max(took.values()) <= POD_SECONDS, took


def restarted(arena: Release, component: str) -> float:
    """The seconds that a new pod of a component takes to be ready."""
    arena.kubectl("rollout", "restart", f"deployment/arena-{component}")
    arena.kubectl("rollout", "status", f"deployment/arena-{component}", "--timeout=60s")
    newest = max(arena.pods(component), key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    return ready_after(newest).total_seconds()
