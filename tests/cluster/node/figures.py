"""What a run measured, kept in build/cluster/figures.json."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.source import ROOT

FIGURES = ROOT / "build" / "cluster" / "figures.json"


def keep_figures(**figures: object) -> None:
    """Add to the figures; a group of figures keeps those that it had."""
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    for name, figure in figures.items():
        known[name] = known.get(name, {}) | figure if isinstance(figure, dict) else figure
    FIGURES.write_text(json.dumps(known, indent=2), "utf-8")


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Keep how many seconds this takes."""
    began = time.monotonic()
    yield
    keep_figures(**{name: round(time.monotonic() - began, 1)})
