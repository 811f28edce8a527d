"""Score over time as an SVG: steps, not slopes, as a score holds until it changes; names stand at the ends of the lines.

The lines are drawn in a unit square that is stretched to the room there is, texts are placed outside of it in pixels and percent,
so that letters keep their size from 360 px up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from arena.client.models import Curve, Curves, Standings
from arena.web.views.words import number

MOST = 6
SIDE = 1000
"""The unit square."""
HEIGHT = 220
TOP = 12
BOTTOM = 26
PLOT = HEIGHT - TOP - BOTTOM
_LINE = 17
"""Least distance of two names, in pixels."""
_LONGEST_NAME = 10


@dataclass(frozen=True, slots=True)
class Path:
    """One line: its points in the unit square, and its name with the place (in pixels from the top) where it stands."""

    points: str
    name: str
    score: str
    y: int
    style: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn; `words` says the same to those who do not see it."""

    paths: list[Path]
    highest: str
    words: str
    until: str
    """What stands under the right end."""


def drawn(standings: Standings, me: UUID | None) -> list[UUID]:
    """Whose lines are drawn: the first ones, and mine wherever I am."""
    ranked = [row.user_id for row in sorted(standings.items, key=lambda row: row.rank)]
    first = ranked[:MOST]
    return first if me is None or me in first or me not in ranked else [*first[: MOST - 1], me]


def chart_of(standings: Standings, curves: Curves, me: UUID | None) -> Chart | None:
    """The drawing of a battle."""
    return chart(curves, {row.user_id: row.display_name for row in standings.items}, me, standings.phase)


def chart(curves: Curves, names: Mapping[UUID, str], me: UUID | None, phase: str) -> Chart | None:
    """The drawing, up to now or the end; None where nothing has been scored yet. Mine is the accent, the leader's dark, the rest grey."""
    drawn = sorted(curves.curves, key=_score, reverse=True)[:MOST]
    highest = max((point.score for curve in drawn for point in curve.points), default=0)
    if highest <= 0:
        return None
    heights = [TOP + PLOT - PLOT * max(0, _score(curve)) // highest for curve in drawn]
    paths = [
        Path(
            _steps(curve, curves.start, curves.end, highest),
            _short(names.get(curve.user_id, "Someone")) if curve.user_id != me else "You",
            number(_score(curve)),
            y,
            "me" if curve.user_id == me else "leader" if place == 0 else "other",
        )
        for place, (curve, y) in enumerate(zip(drawn, _apart(heights), strict=True))
    ]
    words = "Score over time. " + ", ".join(f"{path.name} {path.score}" for path in paths) + "."
    return Chart(paths, number(highest), words, "now" if phase == "running" else "end")


def _score(curve: Curve) -> int:
    return curve.points[-1].score if curve.points else 0


def _share(at: datetime, start: datetime, end: datetime) -> float:
    whole = (end - start).total_seconds()
    return min(1.0, max(0.0, (at - start).total_seconds() / whole)) if whole > 0 else 1.0


def _steps(curve: Curve, start: datetime, end: datetime, highest: int) -> str:
    """`x,y x,y …`: along, then up."""
    points = [(0, SIDE)]
    for point in curve.points:
        x = round(_share(point.at, start, end) * SIDE)
        y = SIDE - round(SIDE * max(0, point.score) / highest)
        points += [(x, points[-1][1]), (x, y)]
    points.append((SIDE, points[-1][1]))
    kept = [point for place, point in enumerate(points) if place == 0 or point != points[place - 1]]
    return " ".join(f"{x},{y}" for x, y in kept)


def _apart(heights: Sequence[int]) -> list[int]:
    """The same heights (from the top down) moved as little as needed for names not to overlap, within the drawing."""
    placed: list[int] = []
    for height in heights:
        placed.append(max(height, placed[-1] + _LINE) if placed else height)
    lowest = TOP + PLOT
    for place in range(len(placed) - 1, -1, -1):
        placed[place] = min(placed[place], lowest)
        lowest = placed[place] - _LINE
    return placed


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
