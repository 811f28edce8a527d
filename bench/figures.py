"""A figure that was measured and the bar it has to meet: what a measurement answers and what is written of it."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple


class CannotMeasure(Exception):
    """Something a measurement needs is missing here; the message says what to do."""

    slug = "cannot-measure"


class Sense(Enum):
    """On which side of the bar it is good."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


class Bar(NamedTuple):
    """What has to be met, by the value itself or by its ratio to the bound."""

    limit: float
    sense: Sense
    of_ratio: bool = False

    def met_by(self, amount: float) -> bool:
        """Whether this is good enough."""
        return amount <= self.limit if self.sense is Sense.AT_MOST else amount >= self.limit


def at_most(limit: float) -> Bar:
    """The value must not be larger."""
    return Bar(limit, Sense.AT_MOST)


def at_least(limit: float) -> Bar:
    """The value must not be smaller."""
    return Bar(limit, Sense.AT_LEAST)


def times_the_bound(limit: float) -> Bar:
    """The value must be at least so many times the bound."""
    return Bar(limit, Sense.AT_LEAST, of_ratio=True)


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, in `unit`."""

    name: str
    value: float
    unit: str
    bar: Bar
    bound: float | None = None
    """What it is compared with, in the same unit, measured in the same run."""
    paired: float | None = None
    """The median of the ratios of paired runs, where there are pairs; it says more than the ratio of the medians."""
    note: str = ""
    timing: bool = True
    """Whether a busy machine can spoil it. Such a figure has a second try when it misses its bar; no other has."""
    first_try: float | None = None
    """The value (or ratio) that missed the bar at the first try."""

    @property
    def ratio(self) -> float | None:
        """To the bound; where there is none, to the bar."""
        if self.paired is not None:
            return self.paired
        against = self.bar.limit if self.bound is None else self.bound
        return self.value / against if against else None

    @property
    def judged(self) -> float:
        """What the bar is about."""
        if not self.bar.of_ratio:
            return self.value
        if self.ratio is None:
            raise ValueError(f"{self.name} has a bar for its ratio and nothing to compare it with")
        return self.ratio

    @property
    def met(self) -> bool:
        """Whether it meets its bar."""
        return self.bar.met_by(self.judged)

    def plain(self) -> dict[str, Any]:
        """For programs, as build/bench.json has it."""
        written = {
            "value": shortened(self.value),
            "unit": self.unit,
            "bound": shortened(self.bound),
            "ratio": shortened(self.ratio),
            "bar": self.bar.limit,
            "rule": f"{'ratio' if self.bar.of_ratio else 'value'} {self.bar.sense.value} bar",
            "met": self.met,
            "note": self.note,
        }
        return written if self.first_try is None else {**written, "first_try": shortened(self.first_try)}

    def cells(self) -> tuple[str, ...]:
        """For people: name, value, bound, ratio, bar, whether it is met, what else is to be said."""
        of = "x bound" if self.bar.of_ratio else self.unit
        retried = "" if self.first_try is None else f"second try, the first was {shown(self.first_try)}"
        return (
            self.name,
            f"{shown(self.value)} {self.unit}",
            "" if self.bound is None else f"{shown(self.bound)} {self.unit}",
            "" if self.ratio is None else f"{self.ratio:.2f}",
            f"{self.bar.sense.value} {shown(self.bar.limit)} {of}",
            "met" if self.met else "MISSED",
            "; ".join(filter(None, (self.note, retried))),
        )


def settled(first: Sequence[Figure], second: Sequence[Figure]) -> list[Figure]:
    """What two tries come to: a timing that missed its bar counts as the second gave it; a miss of anything else stays a miss."""
    again = {figure.name: figure for figure in second}
    return [_settled(figure, again[figure.name]) for figure in first]


def _settled(first: Figure, second: Figure) -> Figure:
    if first.met:
        return first if first.timing or second.met else second
    return replace(second, first_try=first.judged) if first.timing else first


def deserves_another_try(figures: Iterable[Figure]) -> bool:
    """Whether a timing missed its bar, which a busy machine may have caused."""
    return any(figure.timing and not figure.met for figure in figures)


def percentile(values: Sequence[float], percent: int) -> float:
    """With linear interpolation between the two nearest values; of at least two values."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def paired_ratio(values: Sequence[float], others: Sequence[float]) -> float:
    """The median of the ratios of runs made one right after the other: what slows a machine for a while slows both."""
    return statistics.median(value / other for value, other in zip(values, others, strict=True))


def shortened(value: float | None) -> float | None:
    """To four significant digits: no measurement here has more."""
    return None if value is None else float(f"{value:.4g}")


def shown(value: float) -> str:
    """Three significant digits, and none of the zeros of an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - from here on three digits need no point
