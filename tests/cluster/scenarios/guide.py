"""A person who follows a guide on a cluster: their shell, and what the Battle guide says that they will see."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.bed.cluster import Cluster
from tools.source import ROOT

GUIDES = ROOT / "docs" / "guides"
ARENA = f"{shlex.quote(sys.executable)} -m arena.cli.main"


def blocks(guide: str, section: str) -> list[str]:
    """The commands of a section of a guide, a text for each block."""
    found = re.search(rf"(?ms)^## {re.escape(section)}\n(.*?)(?=^## |\Z)", (GUIDES / guide).read_text("utf-8"))
    assert found is not None, f"{guide} has no section {section}"
    return re.findall(r"(?ms)^```sh\n(.*?)^```", found[1])


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell whose kubeconfig's context names a namespace; `arena` and `kubectl` are on the PATH."""

    environ: dict[str, str]
    folder: Path

    @classmethod
    def of(cls, cluster: Cluster, namespace: str, own: Path, folder: Path = ROOT) -> "Shell":
        """One that keeps its own things in `own` and stands in `folder`."""
        kubeconfig, tools = own / "kubeconfig", own / "bin"
        kubeconfig.write_text(Path(cluster.plane.kubeconfig).read_text("utf-8"), "utf-8")
        tools.mkdir(exist_ok=True)
        for name, command in {"arena": ARENA, "kubectl": shlex.quote(str(cluster.programs / "kubectl"))}.items():
            (tools / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
            (tools / name).chmod(0o755)
        cluster.kubectl("config", "set-context", "--current", f"--namespace={namespace}", kubeconfig=kubeconfig)
        return cls(dict(os.environ) | {"KUBECONFIG": str(kubeconfig), "PATH": f"{tools}:{os.environ['PATH']}"}, folder)

    def run(self, command: str) -> str:
        """What a command says; it must end well."""
        done = subprocess.run(command, shell=True, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False)  # noqa: S602 - the guides' lines are a shell's
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


def try_battles(cluster: Cluster, namespace: str, shell: Shell) -> None:
    """Follow docs/guides/battles-as-resources.md, section "Try it", word by word, and see that its table holds."""
    (block,) = blocks("battles-as-resources.md", "Try it")
    said = {command: shell.run(command) for command in block.splitlines()}
    assert len(said["kubectl apply -f examples/battles/"].splitlines()) == 6
    assert "People can join until it starts" in said["arena explain battle club-final --kube"]
    assert said["arena gate deploy --kube"] == "go: no protected battle is running\n"
    assert 'battle.habitarena.io "club-final" deleted' in said["kubectl delete battle club-final"]
    expected = {
        "office-steps": ("Open", "Declared"),
        "household-duel": ("Pending", "UnknownPlayer"),
        "travelling-friends": ("Pending", "UnknownPlayer"),
        "adopted-challenge": ("Pending", "BattleNotFound"),
    }
    cluster.eventually(
        lambda: {name: accepted(cluster, namespace, name) for name in expected} == expected, "the table of the guide does not hold", 60
    )
    cluster.eventually(
        lambda: cluster.get("battleseries", "friday-sprint", namespace).get("status", {}).get("nextSchedule"), "no next start is shown", 60
    )


def accepted(cluster: Cluster, namespace: str, name: str) -> tuple[str, str]:
    """A battle's phase, and why it is accepted or not."""
    status = cluster.get("battle", name, namespace).get("status", {})
    reasons = [one["reason"] for one in status.get("conditions", ()) if one["type"] == "Accepted"]
    return status.get("phase", ""), "".join(reasons)
