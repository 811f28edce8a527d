"""What all suites of this folder found, as one report."""

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.history import Verdict
from tests.chaos.nemeses import Struck

REPORT = Path("build/chaos.json")


@dataclass(slots=True)
class Report:
    """Adds up runs under fire, and bugs that were planted."""

    runs: list[dict[str, object]] = field(default_factory=list)
    whole: Counter[str] = field(default_factory=Counter)
    planted: int = 0
    caught: int = 0

    def tell(self, shape: str, struck: Struck, verdict: Verdict, promised: int) -> None:
        """One run: a shape under fire, and what came of it."""
        figures = {"kills": struck.kills, "in_flight": struck.in_flight, "in_transaction": struck.in_transaction, **verdict.counts}
        self.whole.update(figures)
        self.runs.append({"shape": shape, "promised": promised, **figures, "struck": struck.by_name, "found": asdict(verdict)})

    def write(self, path: Path, run: str) -> None:
        """Add it to what other processes of this `run` of pytest have written; nothing where nothing was run."""
        if not self.runs and not self.planted:
            return
        path.parent.mkdir(exist_ok=True)
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = json.loads(path.read_text("utf-8")) if path.exists() else {}
            path.write_text(json.dumps(self._told(before if before.get("run") == run else {}) | {"run": run}, indent=2) + "\n", "utf-8")

    def _told(self, before: dict[str, Any]) -> dict[str, Any]:
        figures = {name: self.whole[name] + before.get(name, 0) for name in ("kills", "in_flight", "in_transaction", *Verdict().counts)}
        planted = before.get("planted", {"total": 0, "caught": 0})
        figures["planted"] = {"total": planted["total"] + self.planted, "caught": planted["caught"] + self.caught}
        return figures | {"runs": before.get("runs", []) + self.runs}


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """Written to build/chaos.json at the end."""
    made = Report()
    yield made
    made.write(REPORT, os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid())))
