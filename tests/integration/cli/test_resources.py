"""Manifests on the command line: the file that kubectl takes, on this machine."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena.cli.explaining import explained_at
from arena.cli.gate import against
from arena.embedded.testing_process import ArenaProcess
from tests.integration.cli.shell import Shell, open_folder

EXAMPLES = Path(__file__).parents[3] / "examples" / "battles"
START = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0, tzinfo=None)


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """An installation that runs."""
    with open_folder() as folder:
        process = ArenaProcess(folder / "data")
        process.start()
        yield Shell(process)
        process.stop()


def manifest(folder: Path, name: str = "office", file: str = "battle.yaml", **spec: Any) -> str:
    """A file that declares a battle."""
    window = {"start": START.isoformat(), "end": (START + timedelta(days=5)).isoformat(), "timeZone": "Europe/Berlin"}
    declared = {"kind": "FreeForAll", "window": window, "inviteOnly": False} | spec
    document = {"apiVersion": "habitarena.io/v1alpha1", "kind": "Battle", "metadata": {"name": name}, "spec": declared}
    path = folder / file
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return str(path)


def until(shell: Shell, name: str, phase: str) -> dict[str, Any]:
    """The resource once it is in this phase."""
    for _ in range(100):
        found: dict[str, Any] = json.loads(shell.arena("get", "battle", name, "-o", "json").stdout)
        if found.get("status", {}).get("phase") == phase:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not {phase}: {found}")


def test_a_manifest_is_applied_shown_explained_and_deleted(shell: Shell, tmp_path: Path) -> None:
    file = manifest(tmp_path)

    assert shell.arena("apply", "-f", file) == (0, "Battle default/office created\n", "")
    found = until(shell, "office", "Open")
    assert shell.arena("apply", "-f", file) == (0, "Battle default/office unchanged\n", "")
    assert list(found["spec"]["window"])[:3] == ["start", "end", "timeZone"]
    assert "office" in shell.arena("get", "battles").stdout
    described = shell.arena("describe", "-f", file).stdout
    assert "SingleProcess" in described
    assert "Opened" in described
    explained = shell.ask("explain", "battle", "office")
    assert any("People can join until it starts" in sentence for sentence in explained["why"])
    assert any("the battle begins if two have joined (0 so far)" in sentence for sentence in explained["next"])
    assert shell.arena("gate", "deploy").stdout == "go: no protected battle is running\n"
    assert shell.arena("delete", "-f", file).stdout == "Battle default/office deleted\n"
    assert "There is no Battle default/office" in shell.refused("get", "battle", "office")


def test_the_examples_are_taken_on_a_laptop_as_on_a_cluster(shell: Shell) -> None:
    said = shell.arena("apply", "-f", str(EXAMPLES))

    assert (said.returncode, len(said.stdout.splitlines()), said.stderr) == (0, 6, "")
    until(shell, "office-steps", "Open")
    explained = shell.ask("explain", "battle", "office-steps")
    assert any("CapacityReady is False" in sentence and "(TooSmall)" in sentence for sentence in explained["why"])
    assert "friday-sprint" in shell.arena("get", "series").stdout
    assert shell.arena("delete", "-f", str(EXAMPLES)).returncode == 0


def test_an_edit_is_configured_and_followed(shell: Shell, tmp_path: Path) -> None:
    shell.arena("apply", "-f", manifest(tmp_path, "edited"))
    until(shell, "edited", "Open")

    assert shell.arena("apply", "-f", manifest(tmp_path, "edited", maxParticipants=5)).stdout == "Battle default/edited configured\n"

    for _ in range(100):
        found = json.loads(shell.arena("get", "battle", "edited", "-o", "json").stdout)
        if found["status"]["observedGeneration"] == 2:
            return
        time.sleep(0.1)
    pytest.fail(str(found))


def test_what_breaks_a_rule_is_refused_with_field_and_sentence_and_nothing_is_kept(shell: Shell, tmp_path: Path) -> None:
    good, bad = manifest(tmp_path, "fine"), manifest(tmp_path, "wrong", "wrong.yaml", kind="EveryoneAgainstEveryone", colour="red")

    said = shell.refused("apply", "-f", good, "-f", bad)

    assert "Battle default/wrong is refused" in said
    assert "spec.colour" in said
    assert "There is no Battle default/fine" in shell.refused("get", "battle", "fine")


def test_a_dry_run_keeps_nothing(shell: Shell, tmp_path: Path) -> None:
    assert shell.arena("apply", "--dry-run", "-f", manifest(tmp_path, "maybe")).stdout == "Battle default/maybe is valid\n"
    assert "There is no" in shell.refused("get", "battle", "maybe")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("apply",), "Say what to apply with -f FILE."),
        (("apply", "-f", "/nowhere.yaml"), "/nowhere.yaml cannot be read (No such file or directory)."),
        (("get", "pods"), "There is no kind 'pods' here; there are battles, series, configmaps."),
        (("describe", "battle"), "Say which: KIND NAME, such as `battle office-week`, or -f FILE."),
        (("explain", "series", "weekly"), "Only battles are explained; `arena describe` shows everything else."),
    ],
)
def test_a_wrong_call_is_told_what_to_do(shell: Shell, words: tuple[str, ...], sentence: str) -> None:
    assert shell.arena(*words) == (2, "", f"{sentence}\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [", "is no YAML"),
        ("", "There is no manifest in"),
        ("- 1", "is no resource: it needs apiVersion, kind and metadata.name."),
        ("{apiVersion: v1, kind: Pod, metadata: {name: x}}", "is a Pod of v1; this takes Battle and BattleSeries"),
    ],
)
def test_a_file_that_is_no_manifest_is_said_to_be_none(shell: Shell, tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text)

    answer = shell.arena("apply", "-f", str(file))

    assert (answer.returncode, answer.stdout) == (2, "")
    assert sentence in answer.stderr


def test_the_gate_names_each_protected_battle_that_has_begun() -> None:
    def battle(name: str, phase: str, *, protect: bool) -> dict[str, Any]:
        status = {"phase": phase, "window": {"auditEnds": "2026-12-01T10:10:00Z"}}
        return {"metadata": {"name": name, "namespace": "club"}, "spec": {"protect": protect}, "status": status}

    battles = [battle("a", "Running", protect=True), battle("b", "Running", protect=False), battle("c", "Open", protect=True)]

    assert against([*battles, {"metadata": {"name": "new"}, "spec": {"protect": True}}]) == [
        "Battle club/a is protected and running until 2026-12-01T10:10:00Z"
    ]


def test_a_resource_that_nobody_has_looked_at_yet_is_explained_too() -> None:
    made = {"name": "office", "uid": "1", "generation": 1, "creationTimestamp": "2026-11-21T08:00:00Z"}

    explained = explained_at({"kind": "Battle", "metadata": made, "spec": {}}, datetime(2026, 11, 21, 9, tzinfo=UTC), serves_pods=True)

    assert "The platform holds no battle for this resource." in explained.why
