"""What all suites of this folder found, as one report."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

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

    def write(self, path: Path) -> None:
        """Keep it; nothing where nothing was run."""
        if not self.runs and not self.planted:
            return
        path.parent.mkdir(exist_ok=True)
        names = ("kills", "in_flight", "in_transaction", *Verdict().counts)
        told = {name: self.whole[name] for name in names} | {"planted": {"total": self.planted, "caught": self.caught}, "runs": self.runs}
        path.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """Written to build/chaos.json at the end."""
    made = Report()
    yield made
    made.write(REPORT)
