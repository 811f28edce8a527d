"""A test that cannot run here is skipped, and named with what it needs, in the closing lines; loaded by `tests/conftest.py`.

ARENA_SKIPS_FAIL=1 (set by `make check-all`) turns every skip into a failure.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tools import kafka, kube, registry

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
REASONS = {
    "browser": "browser: no chromium on the PATH (Debian: apt-get install chromium)",
    "cluster": "cluster: no Kubernetes is built yet (make cluster does it, some minutes once; needs Go)",
    "faketime": "faketime: no faketime on the PATH (Debian: apt-get install faketime)",
    "images": "images: needs root and Debian's buildah, mmdebstrap and runc",
    "kafka": f"kafka: needs Java {kafka.JAVA} or newer and Maven (Debian: apt-get install openjdk-{kafka.JAVA}-jre-headless maven)",
    "node": "node: needs root and Debian's containerd, runc, iptables, conntrack and containernetworking-plugins",
    "real_data": "real data: ARENA_REAL_DATA does not name a folder of real exports",
    "registry": f"registry: needs Java {kafka.JAVA} or newer and Maven (Debian: apt-get install openjdk-{kafka.JAVA}-jre-headless maven)",
}


def lacking() -> dict[str, str]:
    """The markers whose tests cannot run here, each with its reason."""
    data = os.environ.get("ARENA_REAL_DATA")
    present = {
        "browser": any(shutil.which(name) for name in CHROMIUM),
        "cluster": not kube.missing(),
        "faketime": bool(shutil.which("faketime")),
        "images": os.geteuid() == 0 and all(shutil.which(name) for name in ("buildah", "mmdebstrap", "runc")),
        "kafka": not kafka.lacking(),
        "node": os.geteuid() == 0 and all(shutil.which(name) for name in ("containerd", "runc", "iptables", "conntrack")),
        "real_data": bool(data) and Path(str(data)).is_dir(),
        "registry": not registry.lacking(),
    }
    return {marker: reason for marker, reason in REASONS.items() if not present[marker]}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as skipped what needs something that is not here; the browser's tests come last."""
    leave_out_real_data(config, items)
    # Playwright keeps an event loop running in the main thread until the session ends: no test with a loop of its own can follow.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    for marker, reason in lacking().items():
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def leave_out_real_data(config: pytest.Config, items: list[pytest.Item]) -> None:
    """ARENA_REAL_DATA=none says that here are no real exports and never will be: their tests are not chosen, so nothing is skipped."""
    if os.environ.get("ARENA_REAL_DATA") == "none":
        left = [item for item in items if item.get_closest_marker("real_data")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def skips_fail() -> bool:
    return os.environ.get("ARENA_SKIPS_FAIL") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped, a skip is a failure that says why it was one."""
    report = yield
    if skips_fail() and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and ARENA_SKIPS_FAIL=1: {why(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that skips itself as a whole."""
    report = yield
    if skips_fail() and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, and ARENA_SKIPS_FAIL=1: {why(report)}"
    return report


def why(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason that a skip gave."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


LEFT_OUT = pytest.StashKey[int]()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what -m and -k leave out."""
    stash = items[0].config.stash
    stash[LEFT_OUT] = stash.get(LEFT_OUT, 0) + len(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes: let the first one know, which has no tests of its own."""
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told["left out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Each process has the same tests before it, so each left out the same."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was skipped, and what for, and what was left to the long suites."""
    skipped: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        skipped[why(report)].append(report.nodeid)
    left = terminalreporter.config.stash.get(LEFT_OUT, 0)
    if not skipped and not left:
        return
    terminalreporter.section("not run")
    for reason, nodes in sorted(skipped.items()):
        terminalreporter.write_line(f"skipped {len(nodes)} · {reason}")
        for node in nodes:
            terminalreporter.write_line(f"    {node}")
    if left:
        terminalreporter.write_line(f"left out {left} · not chosen by -m or -k (make check-all runs the long suites)")
