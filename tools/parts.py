"""Run make targets one after the other, tell the seconds each took, and count the tests in all of them.

Every part runs, also after one has failed, so that one run tells everything; the exit code is 1 if any did.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.setup_venv import ROOT

REPORTS = ROOT / "build" / "junit"


@dataclass(frozen=True)
class Part:
    """A make target that ran."""

    name: str
    seconds: float
    passed: bool


def run_part(name: str) -> Part:
    """Run one target with nothing skipped; pytest leaves a report to count, and measures coverage."""
    print(f"\n━━ make {name}", flush=True)
    environment = os.environ | {
        "ARENA_SKIPS_FAIL": "1",
        "PYTEST_ADDOPTS": f"{os.environ.get('PYTEST_ADDOPTS', '')} --junitxml={REPORTS.relative_to(ROOT) / name}.xml".strip(),
    }
    start = time.monotonic()
    done = subprocess.run(["make", "--no-print-directory", name], cwd=ROOT, env=environment, check=False, stdin=subprocess.DEVNULL)
    return Part(name, time.monotonic() - start, done.returncode == 0)


def count(reports: Iterable[Path]) -> Counter[str]:
    """Sum the tests of pytest's reports by how they ended."""
    total: Counter[str] = Counter()
    for report in reports:
        for suite in ET.parse(report).iter("testsuite"):  # noqa: S314 - the file was written by pytest a moment ago
            number = {key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
            failed = number["failures"] + number["errors"]
            total += Counter(failed=failed, skipped=number["skipped"], passed=max(number["tests"] - failed - number["skipped"], 0))
    return total


def table(parts: Iterable[Part]) -> str:
    """Write the seconds per part."""
    return "\n".join(f"{part.name:<18}{part.seconds:>8.1f} s  {'passed' if part.passed else 'FAILED'}" for part in parts)


def main() -> None:
    """Run the parts named by the arguments."""
    parts = [run_part(name) for name in sys.argv[1:]]
    tests = count(sorted(REPORTS.glob("*.xml")))
    print(f"\n━━ seconds per part\n{table(parts)}\n{'all':<18}{sum(part.seconds for part in parts):>8.1f} s")
    # A runner of pipelines reads the last line, so a part that is not a test counts as one there only when it failed.
    broken = sum(not part.passed for part in parts)
    print(f"{tests['passed']} passed, {max(tests['failed'], broken)} failed, {tests['skipped']} skipped")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
