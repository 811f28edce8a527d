"""What the guides say, followed on the node: battles as resources, and a backup that is brought back in another namespace."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.node.figures import timed
from tests.cluster.node.node import Node
from tests.cluster.node.release import Release
from tests.cluster.scenarios.guide import Shell, blocks, try_battles
from tests.cluster.scenarios.people import player

pytestmark = pytest.mark.timeout(400)

BACKUP = ("backup.md", "On a cluster, with the chart's PostgreSQL")


def test_the_examples_do_what_the_battle_guide_says(arena: Release, node: Node, tmp_path: Path) -> None:
    with timed("battle_guide_seconds"):
        try_battles(node.cluster, arena.namespace, Shell.of(node.cluster, arena.namespace, tmp_path))
    arena.kubectl("delete", "-f", "examples/battles/", "--ignore-not-found", "--timeout=60s")


def test_a_backup_of_the_pods_is_brought_back_elsewhere_and_is_what_was_saved(
    arena: Release, node: Node, new_release: Callable[[], Release], tmp_path: Path
) -> None:
    shell = Shell.of(node.cluster, arena.namespace, tmp_path, tmp_path)
    ada = player(arena.url("api"), "ada")
    ada.log()
    save, bring_back = (block.replace("--namespace habitarena", "") for block in blocks(*BACKUP))
    with timed("backup_guide_seconds"):
        shell.run(save)
        other = new_release()
        elsewhere = Shell.of(node.cluster, other.namespace, tmp_path, tmp_path)
        # Another namespace than the Secret's own: Helm would not take what is another release's.
        elsewhere.run(f"sed 's/namespace: {arena.namespace}/namespace: {other.namespace}/' arena-secrets.yaml | kubectl apply -f -")
        other.install("arena", "arena", "--set=registration=open")
        *stop_and_restore, start = bring_back.replace("\\\n", "").splitlines()
        for command in stop_and_restore:
            elsewhere.run(command)
        elsewhere.run("kubectl exec statefulset/arena-postgres -- arena backup - > again.arena")
        elsewhere.run(start)
        other.wait_ready()
        other.wait_answering()
        ada.http.base_url = other.url("api")
        assert ada.logs() == 1  # with the token that she had
    saved, again = (tables(tmp_path / name) for name in ("friday.arena", "again.arena"))
    assert saved["log.event"]
    assert {name: again[name] for name in saved} == saved


def tables(backup: Path) -> dict[str, list[bytes]]:
    """The rows of each table in a backup; their order is not kept."""
    with zipfile.ZipFile(backup) as archive:
        found = [name for name in archive.namelist() if name.startswith("tables/")]
        return {Path(name).stem: sorted(archive.read(name).splitlines()) for name in found}
