"""When capacity is held for a battle: by its window and the clock alone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import DeclaredBattle, Load
from arena_operator.crd.status import BattleStatus
from arena_operator.reconcile.observed import HeldBattle, ObservedBattle

LINGER: Final = timedelta(minutes=10)
"""So long after the end capacity stays: people look at how it ended."""

DRAIN: Final = timedelta(minutes=1)
"""So long after its route a dedicated live goes: by then gateways have heard, and who still streams is sent to the shared one."""

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Term:
    """Capacity is held in [begins, ends), what is dedicated goes at `gone`."""

    begins: datetime
    ends: datetime

    @property
    def gone(self) -> datetime:
        """When nothing is left of it."""
        return self.ends + DRAIN


class Hold(Enum):
    """Where the clock stands against a term; UNKNOWN while the window is not known: then nothing is made and nothing taken away."""

    UNKNOWN = "unknown"
    BEFORE = "before"
    DUE = "due"
    DRAINING = "draining"
    OVER = "over"


def term_of(observed: ObservedBattle) -> Term | None:
    """When capacity is held for the battle: by what the platform says, else by what the status says of its window."""
    if not isinstance(observed.declared, DeclaredBattle):
        return None
    load = observed.declared.terms.load
    if isinstance(observed.held, HeldBattle):
        return term(observed.held.timetable.start, observed.held.timetable.end, load)
    return stored_term(observed.status, load)


def stored_term(status: BattleStatus, load: Load) -> Term | None:
    """The same from a stored status alone."""
    return term(status.window.start, status.window.end, load) if status.window else None


def term(start: datetime, end: datetime, load: Load) -> Term:
    """From `lead_time` before the start to shortly after the end; times at the edge of the calendar are cut."""
    lead = max(load.lead_time, timedelta())
    begins = start - lead if start - _EARLIEST > lead else _EARLIEST
    return Term(begins, min(end, _LATEST - LINGER) + LINGER)


def is_cancelled(observed: ObservedBattle) -> bool:
    """Whether the battle was called off."""
    if isinstance(observed.held, HeldBattle):
        return observed.held.phase is Phase.CANCELLED
    return observed.status.phase == "Cancelled"


def is_running(observed: ObservedBattle) -> bool:
    """Whether the battle runs, by the platform or (while it does not answer) by the status."""
    if isinstance(observed.held, HeldBattle):
        return observed.held.phase is Phase.RUNNING
    return observed.status.phase == "Running"


def hold(observed: ObservedBattle, now: datetime) -> Hold:
    """Where the clock stands."""
    if is_cancelled(observed):
        return Hold.OVER
    held = term_of(observed)
    if held is None:
        return Hold.UNKNOWN
    if now < held.begins:
        return Hold.BEFORE
    if now < held.ends:
        return Hold.DUE
    return Hold.DRAINING if now < held.gone else Hold.OVER


def capacity_due(observed: ObservedBattle, now: datetime) -> datetime | None:
    """The next instant at which time alone changes what is held; None where there is none, or nothing is asked for."""
    declared = observed.declared
    if not isinstance(declared, DeclaredBattle) or is_cancelled(observed) or not asks(declared):
        return None
    held = term_of(observed)
    return next((at for at in (held.begins, held.ends, held.gone) if at > now), None) if held else None


def asks(declared: DeclaredBattle) -> bool:
    """Whether a battle asks for any capacity."""
    load = declared.terms.load
    return declared.terms.dedicated or load.viewers > 0 or load.logs_per_second > 0
