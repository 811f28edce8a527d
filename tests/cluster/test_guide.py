"""docs/guides/battles-as-resources.md, section "Try it", followed word by word on a real API server."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from arena.embedded.testing_process import ArenaProcess
from tests.cluster.bed.cluster import Cluster
from tests.cluster.scenarios.operating import OperatorProcess

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "battles-as-resources.md"
ARENA = f"{shlex.quote(sys.executable)} -m arena.cli.main"


def commands() -> list[str]:
    """The lines of the guide's first block."""
    found = re.search(r"## Try it\n.*?```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1].splitlines()


@pytest.fixture
def environ(definitions: Cluster, home: str, folder: Path) -> dict[str, str]:
    """A person's shell: their kubeconfig's context names the namespace, `arena` and `kubectl` are on the PATH."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(Path(definitions.plane.kubeconfig).read_text("utf-8"))
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for name, command in {"arena": ARENA, "kubectl": shlex.quote(str(definitions.programs / "kubectl"))}.items():
        (tools / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (tools / name).chmod(0o755)
    shell = {"KUBECONFIG": str(kubeconfig), "PATH": f"{tools}:{os.environ['PATH']}"}
    definitions.kubectl("config", "set-context", "--current", f"--namespace={home}", kubeconfig=kubeconfig)
    return dict(os.environ) | shell


def run(command: str, environ: dict[str, str]) -> str:
    """What a command says; it must end well."""
    done = subprocess.run(command, shell=True, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)  # noqa: S602 - the guide's lines are a shell's
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_examples_do_what_the_guide_says(
    definitions: Cluster, home: str, arena: ArenaProcess, operator: OperatorProcess, environ: dict[str, str]
) -> None:
    assert operator.running
    said = {command: run(command, environ) for command in commands()}

    assert len(said["kubectl apply -f examples/battles/"].splitlines()) == 6
    assert "People can join until it starts" in said["arena explain battle club-final --kube"]
    assert said["arena gate deploy --kube"] == "go: no protected battle is running\n"
    assert 'battle.habitarena.io "club-final" deleted' in said["kubectl delete battle club-final"]

    def reason(name: str) -> tuple[str, str]:
        status = definitions.get("battle", name, home).get("status", {})
        accepted = [one["reason"] for one in status.get("conditions", ()) if one["type"] == "Accepted"]
        return status.get("phase", ""), "".join(accepted)

    def told() -> bool:
        return {name: reason(name) for name in ("office-steps", "household-duel", "travelling-friends", "adopted-challenge")} == {
            "office-steps": ("Open", "Declared"),
            "household-duel": ("Pending", "UnknownPlayer"),
            "travelling-friends": ("Pending", "UnknownPlayer"),
            "adopted-challenge": ("Pending", "BattleNotFound"),
        }

    definitions.eventually(told, "the table of the guide does not hold", 60)
    definitions.eventually(
        lambda: definitions.get("battleseries", "friday-sprint", home).get("status", {}).get("nextSchedule"), "no next start is shown", 60
    )
    for email in ("ada@home.example", "bob@home.example"):
        account = {"email": email, "password": "correct horse battery", "display_name": "Somebody"}
        httpx.post(f"{arena.url}/api/identity/users", json=account, trust_env=False).raise_for_status()
    definitions.eventually(lambda: reason("household-duel") == ("Open", "Declared"), "the players' accounts are not seen", 180)
