"""What an importer gives back: plain habits and facts, and an account of every row that did not come over as it was."""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from arena.contracts.habit import HabitKind, Schedule, Target

MAX_HABITS = 1_000
"""More habits than that in one file is no person's export."""
MAX_ROWS = 500_000
"""More days than that (all habits together) in one file is no person's export."""


class ImportRefused(Exception):
    """The file cannot be imported; nothing of it was taken.

    `slug` is stable (it becomes the problem type); `sentence` says what is wrong and, where there is a way, what to do.
    """

    def __init__(self, slug: str, sentence: str) -> None:
        super().__init__(f"{slug}: {sentence}")
        self.slug = slug
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class ParsedFact:
    """A fact as the other app knew it: a civil day, never an instant; value in thousandths.

    `source_id` is unique within its habit and the same in every later export: the ISO day, since the app keeps one entry a day.
    """

    source_id: str
    civil_day: date
    value: int
    note: str


@dataclass(frozen=True, slots=True)
class ParsedHabit:
    """A habit with its facts, oldest first. `source_id` is unique within the export and survives renaming where the format has ids."""

    source_id: str
    name: str
    kind: HabitKind
    unit: str | None
    target: Target | None
    schedule: Schedule
    note: str
    archived: bool
    facts: tuple[ParsedFact, ...]


class Reason(NamedTuple):
    """Words for the person who imports: what is concerned, and why it was changed or dropped."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Loss:
    """How often a reason applied."""

    what: str
    why: str
    count: int


@dataclass(frozen=True, slots=True)
class ParsedExport:
    """One export, read. Every row of the file is accounted for: `rows == habits + facts + sum of dropped`."""

    source: str
    habits: tuple[ParsedHabit, ...]
    changed: tuple[Loss, ...]
    dropped: tuple[Loss, ...]
    rows: int

    @property
    def facts(self) -> int:
        """How many facts all habits have together."""
        return sum(len(habit.facts) for habit in self.habits)

    def report(self) -> dict[str, Any]:
        """The loss report as the API words it: `{kept: {habits, logs}, changed: […], dropped: […]}`."""
        return {
            "kept": {"habits": len(self.habits), "logs": self.facts},
            "changed": [{"what": loss.what, "why": loss.why, "count": loss.count} for loss in self.changed],
            "dropped": [{"what": loss.what, "why": loss.why, "count": loss.count} for loss in self.dropped],
        }


class Tally:
    """Counts while a file is read: the rows seen, what was changed, what was dropped."""

    def __init__(self) -> None:
        self.rows = 0
        self._changed: dict[Reason, int] = {}
        self._dropped: dict[Reason, int] = {}

    def change(self, reason: Reason, count: int = 1) -> None:
        """Something came over, but not as it was."""
        self._changed[reason] = self._changed.get(reason, 0) + count

    def drop(self, reason: Reason, count: int = 1) -> None:
        """Rows did not come over."""
        self._dropped[reason] = self._dropped.get(reason, 0) + count

    def saw(self, count: int) -> None:
        """Count rows of the file; refuses more than one person can have."""
        self.rows += count
        if self.rows > MAX_ROWS:
            raise ImportRefused("import-too-large", f"This file has more than {MAX_ROWS:,} rows; no export of one person has.")

    def export(self, source: str, habits: tuple[ParsedHabit, ...]) -> ParsedExport:
        """Close the count."""
        return ParsedExport(source, habits, _losses(self._changed), _losses(self._dropped), self.rows)


def refuse_crowd(habits: int) -> None:
    """Refuse a file with an absurd number of habits."""
    if habits > MAX_HABITS:
        raise ImportRefused("import-too-large", f"This file has more than {MAX_HABITS:,} habits; no export of one person has.")


def _losses(counts: dict[Reason, int]) -> tuple[Loss, ...]:
    return tuple(Loss(reason.what, reason.why, count) for reason, count in counts.items() if count)
