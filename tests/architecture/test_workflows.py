"""The workflows of GitHub run make targets, with few rights, on pinned actions. `make lint` judges them too, by actionlint and zizmor."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import yaml

from tools.source import ROOT

DOCKER = "needs Docker and a cluster of kind's: tests/unit/tools/test_kind.py"
TAG = "pushes to a registry, with the identity of a workflow: tests/unit/tools/test_release.py"
ELSEWHERE = {
    "check-all-as-root": "is check-all behind sudo: tests/unit/tools/test_parts.py",
    "images-docker": DOCKER,
    "kind-up": DOCKER,
    "kind-test": DOCKER,
    "release-images": TAG,
    "release-sign": TAG,
    "release-charts": TAG,
    "release-publish": TAG,
}
"""Targets that no machine of ours runs, each with the reason and the test that plays them with stand-ins for the programs they call."""

RUN = re.compile(r"make (?:-C build/base )?([a-z0-9-]+)")
PINNED = re.compile(r"uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OURS = re.compile(r"uses: \./\.github/workflows/[a-z-]+\.yml")
LONGEST_MINUTES = 120


@dataclass(frozen=True)
class Workflow:
    """One file of .github/workflows."""

    name: str
    text: str

    @cached_property
    def tree(self) -> dict[Any, Any]:
        tree: dict[Any, Any] = yaml.safe_load(self.text)
        return tree

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        jobs: dict[str, dict[str, Any]] = self.tree["jobs"]
        return jobs

    @property
    def triggers(self) -> set[str]:
        on = self.tree[True]  # YAML 1.1 reads the key `on` so
        return set(on)

    def steps(self) -> Iterator[dict[str, Any]]:
        for job in self.jobs.values():
            yield from job.get("steps", [])


def workflows() -> list[Workflow]:
    folder = ROOT / ".github" / "workflows"
    return [Workflow(path.name, path.read_text("utf-8")) for path in sorted(folder.iterdir())]


def makefile_rules() -> dict[str, str]:
    """Target → what follows its name in the Makefile: prerequisites and recipe."""
    text = (ROOT / "Makefile").read_text("utf-8")
    rules = re.findall(r"^([a-z0-9. -]+):(?!=)(.*(?:\n\t.*)*)", text, re.MULTILINE)
    return {name: body for names, body in rules for name in names.split()}


def run_by_check_all() -> set[str]:
    """The targets that check-all runs: its parts, what these need, and what they call."""
    rules = makefile_rules()
    parts = re.search(r"^PARTS := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert parts
    found: set[str] = set()
    todo = ["check-all", *parts[1].split()]
    while todo:
        name = todo.pop()
        if name in rules and name not in found:
            found.add(name)
            needed, _, recipe = rules[name].partition("\n")
            called = re.findall(r"\$\(MAKE\)(?: --\S+)* (.*)", recipe)
            todo += [*needed.partition("##")[0].split(), *(word for words in called for word in words.split())]
    return found


def unpinned(workflow: Workflow) -> Iterator[str]:
    for line in workflow.text.splitlines():
        if "uses:" in line and not any(form.fullmatch(line.strip().removeprefix("- ")) for form in (PINNED, OURS)):
            yield line.strip()


def runs_that_are_no_target(workflow: Workflow) -> Iterator[str]:
    for step in workflow.steps():
        run = step.get("run")
        match = RUN.fullmatch(run) if run else None
        if run and (match is None or match[1] not in makefile_rules()):
            yield run


def jobs_without_limits(workflow: Workflow) -> Iterator[str]:
    for name, job in workflow.jobs.items():
        if "uses" not in job and not 0 < job.get("timeout-minutes", 0) <= LONGEST_MINUTES:
            yield f"{name}: no timeout"
        if "permissions" not in job or workflow.tree.get("permissions") != {}:
            yield f"{name}: permissions that nobody chose"
    if "concurrency" not in workflow.tree:
        yield "no concurrency group"
    if "github.workflow" in str(workflow.tree.get("concurrency")):
        yield "a group that a called workflow shares with its caller: they would wait for each other"


def rights_without_a_tag(workflow: Workflow) -> Iterator[str]:
    """Rights to write belong to a release: a tag was pushed, or a release called."""
    for name, job in workflow.jobs.items():
        writes = "write" in dict(job.get("permissions") or {}).values()
        if writes and job.get("if") != "${{ inputs.push }}" and workflow.tree[True] != {"push": {"tags": ["v*"]}}:
            yield name


def dangers(workflow: Workflow) -> Iterator[str]:
    yield from workflow.triggers & {"pull_request_target", "workflow_run", "issue_comment"}
    yield from re.findall(r"secrets\.\w+|secrets: inherit", workflow.text)
    for step in workflow.steps():
        if step.get("uses", "").startswith("actions/checkout@") and step.get("with", {}).get("persist-credentials") is not False:
            yield "a checkout that keeps credentials"


CHECKS: list[Callable[[Workflow], Iterator[str]]] = [unpinned, runs_that_are_no_target, jobs_without_limits, rights_without_a_tag, dangers]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_no_workflow_is_found_wanting(check: Callable[[Workflow], Iterator[str]]) -> None:
    assert [(workflow.name, found) for workflow in workflows() for found in check(workflow)] == []


@pytest.mark.parametrize(
    ("check", "line", "planted"),
    [
        (unpinned, "@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "@v6"),
        (unpinned, " # v6.0.2", ""),
        (runs_that_are_no_target, "make lint", "make lint && curl example.org"),
        (runs_that_are_no_target, "make lint", "make nothing-of-ours"),
        (runs_that_are_no_target, "make lint", "make lint ${{ github.event.pull_request.title }}"),
        (jobs_without_limits, "timeout-minutes: 20", "name: lint"),
        (jobs_without_limits, "permissions: {}", "permissions: read-all"),
        (jobs_without_limits, "concurrency:", "defaults:"),
        (jobs_without_limits, "ci-${{ github.ref }}", "${{ github.workflow }}-${{ github.ref }}"),
        (rights_without_a_tag, "contents: read", "contents: write"),
        (dangers, "  pull_request:", "  pull_request_target:"),
        (dangers, "persist-credentials: false", "persist-credentials: true"),
        (dangers, 'python-version: "3.11"', "token: ${{ secrets.TOKEN }}"),
    ],
)
def test_what_is_planted_is_found(check: Callable[[Workflow], Iterator[str]], line: str, planted: str) -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert line in text
    assert list(check(Workflow("ci.yml", text.replace(line, planted, 1)))) != []


def test_every_target_that_a_workflow_runs_is_run_by_check_all_or_is_listed_with_its_reason() -> None:
    runs = {step["run"] for workflow in workflows() for step in workflow.steps() if "run" in step}
    named = {match[1] for run in runs if (match := RUN.fullmatch(run))}
    assert named - run_by_check_all() == set(ELSEWHERE), "a target that nothing here runs, or a line of ELSEWHERE that no workflow needs"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_what_only_runs_elsewhere_is_played_with_stand_ins_here(target: str) -> None:
    test = ROOT / ELSEWHERE[target].partition(": ")[2]
    assert f'"{target}"' in test.read_text("utf-8")


def test_check_all_runs_what_its_parts_need_and_call() -> None:
    assert {"check-all", "lint", "check-generated", "setup-dev", "chaos-short"} <= run_by_check_all()


def test_one_action_is_pinned_to_one_commit_everywhere() -> None:
    pins = {line.strip().removeprefix("- ") for workflow in workflows() for line in workflow.text.splitlines() if "@" in line}
    names = [pin.partition("@")[0] for pin in pins]
    assert len(names) == len(set(names)), sorted(pins)
