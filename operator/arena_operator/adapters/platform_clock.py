"""The platform's clock, as far as its answers tell it: battles begin and end by that one, wherever the operator runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from arena.chassis.core.clock import Clock
from arena.chassis.core.logging import get_logger

_log = get_logger(__name__)
_BLUR: Final = timedelta(seconds=3)
"""An answer's `Date` tells whole seconds and may be a second old: what differs by less is no difference."""
_MEAN: Final = timedelta(seconds=1)


class PlatformClock:
    """The clock of this machine, moved by what it is apart from the platform's.

    Args:
        clock: of this machine.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._apart = timedelta()
        self.moved: Callable[[], None] = _nobody
        """Told when it was found to be apart by another length: what was planned by it is to be looked at again."""

    def now(self) -> datetime:
        """The present instant by the platform's clock, UTC."""
        return self._clock.now() + self._apart

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self._clock.monotonic()

    def heard(self, date: str | None) -> None:
        """An answer came that was made at this instant (RFC 9110, `Date`); what is no such date says nothing."""
        told = _instant(date)
        if told is None:
            return
        apart = told + _MEAN - self._clock.now()
        if abs(apart - self._apart) < _BLUR:
            return
        self._apart = timedelta() if abs(apart) < _BLUR else apart
        _log.warning("clocks_apart", seconds=round(self._apart.total_seconds()), why="the platform's clock is followed")
        self.moved()


def _instant(date: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _nobody() -> None:
    pass
