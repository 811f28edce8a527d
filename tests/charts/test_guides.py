"""What the guides tell to run is what the charts take, and what they quote is what the charts say."""

import re
import shlex

import pytest

from tests.charts.rendering import CHARTS, manifests_of, template
from tools.source import ROOT

GUIDES = ROOT / "docs" / "guides"
INSTALL = (GUIDES / "install-cluster.md").read_text("utf-8")
UPGRADE = (GUIDES / "upgrade.md").read_text("utf-8")
ARCHIVE = (GUIDES / "archive.md").read_text("utf-8")
NOT_OF_TEMPLATE = {"upgrade", "--install", "--wait", "--reset-then-reuse-values"}


def commands(text: str) -> list[list[str]]:
    """The helm commands of a guide that install or upgrade, as words."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [shlex.split(line) for line in lines if re.match(r"helm (install|upgrade) ", line)]


@pytest.mark.parametrize("command", [" ".join(words) for words in commands(INSTALL) + commands(UPGRADE)])
def test_a_command_of_a_guide_is_one_that_the_chart_takes(command: str) -> None:
    release, path, *arguments = [word for word in command.split()[1:] if word not in NOT_OF_TEMPLATE]
    assert path == f"charts/{release}"
    done = template(release, *arguments)
    assert done.returncode == 0, done.stderr


def test_the_secret_that_the_guide_makes_has_every_key() -> None:
    given = set(re.findall(r"--from-literal=([a-z-]+)=\$\(", INSTALL)) | set(re.findall(r"--from-file=([a-z-]+)", INSTALL))
    (pod,) = [one for one in manifests_of("arena/lite") if one["kind"] == "Secret"]
    assert given == set(pod["data"])


def test_the_names_in_the_guides_are_those_of_the_objects() -> None:
    names = {f"{one['kind'].lower()}/{one['metadata']['name']}" for one in manifests_of("arena/lite")}
    said = set(re.findall(r"\b((?:service|deployment|secret|cronjob)/arena[a-z-]*)", INSTALL + UPGRADE))
    assert said
    assert said <= names
    assert "statefulset/arena-postgres" in names  # its volume is data-arena-postgres-0


def test_every_sentence_of_the_guide_s_table_is_one_that_is_said() -> None:
    said = "".join(path.read_text("utf-8") for path in CHARTS.glob("*/templates/*.tpl")) + "incompatible with Kubernetes"
    rows = re.findall(r"^\| (?!it says|you have|---)([^|`]+?) \|", INSTALL.partition("## When it does not work")[2], re.MULTILINE)
    assert len(rows) >= 6
    assert [row for row in rows if row not in said and row != "pods stay not ready"] == []


def test_every_value_that_the_guide_names_is_one() -> None:
    schema = (CHARTS / "arena" / "README.md").read_text("utf-8")
    groups = "route|database|secrets|operator|networkPolicy|global|image|postgres|kafka|archive|replay"
    named = set(re.findall(rf"`((?:{groups})\.[A-Za-z0-9.]+)", INSTALL + UPGRADE + ARCHIVE))
    assert len(named) > 10
    assert sorted(name for name in named if f"`{name}`" not in schema) == []
