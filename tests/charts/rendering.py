"""The charts as Helm renders them, without a cluster."""

import difflib
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools import kube
from tools.source import ROOT

CHARTS = ROOT / "charts"
GOLDEN = Path(__file__).parent / "golden"
NAMESPACE = "habitarena"
CASES = tuple(sorted(f"{file.parts[-3]}/{file.stem}" for file in CHARTS.glob("*/ci/*.yaml")))
"""Every chart with every set of values in its ci/."""

BASES = {"arena": "lite", "arena-operator": "default"}
"""The set of a chart whose output is kept whole; of the others what differs from it."""

Manifest = dict[str, Any]


def run_helm(*arguments: str, chart: str, kubeconfig: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run helm for a chart with its own home; `{chart}` in the arguments is where it is."""
    home = ROOT / ".cache" / "helm"
    env = {"PATH": os.environ["PATH"], "HOME": str(home)} | ({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})
    command = [str(kube.folder() / "helm"), *(argument.replace("{chart}", str(CHARTS / chart)) for argument in arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)


def template(chart: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`helm template` of a chart, under the name that the guides give its release."""
    return run_helm("template", chart, "{chart}", "--namespace", NAMESPACE, *arguments, chart=chart)


@cache
def text_of(case: str) -> str:
    """What a case renders to, without what is made at random."""
    chart, _, name = case.partition("/")
    done = template(chart, "--values", str(CHARTS / chart / "ci" / f"{name}.yaml"))
    assert done.returncode == 0, done.stderr
    text = re.sub(r"(habitarena\.io/secrets: )[0-9a-f]{64}", r"\1DIGEST", done.stdout)
    text = re.sub(r"(?m)^(  (?:database-\w+|internal-token|signing-keys): )[A-Za-z0-9+/=]+$", r"\1RANDOM", text)
    text = re.sub(r"-migrate-[0-9a-f]{8}\b", "-migrate-00000000", text)
    return re.sub(r"\n{2,}", "\n", text)


@cache
def manifests_of(case: str) -> tuple[Manifest, ...]:
    """The objects of a case."""
    return tuple(one for one in yaml.safe_load_all(text_of(case)) if one)


def golden_of(case: str) -> tuple[Path, str]:
    """The file that keeps a case, and what has to be in it."""
    chart, _, name = case.partition("/")
    if name == BASES[chart]:
        return GOLDEN / chart / f"{name}.yaml", text_of(case)
    base = BASES[chart]
    lines = (text_of(f"{chart}/{base}").splitlines(), text_of(case).splitlines())
    return GOLDEN / chart / f"{name}.diff", "\n".join(difflib.unified_diff(*lines, base, name, lineterm="")) + "\n"


def write_golden() -> None:
    """Keep what the charts render to now: `python -m tests.charts.rendering`."""
    for case in CASES:
        path, text = golden_of(case)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    write_golden()
