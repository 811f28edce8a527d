"""When to look again: growing waits that follow from the instants in a status, so that nothing is remembered elsewhere."""

from datetime import datetime, timedelta
from typing import Final

MINUTE: Final = timedelta(minutes=1)
SLOT: Final = timedelta(seconds=30)
"""How long a slot for asking again is open: whoever looks then, asks."""

_FIRST: Final = timedelta(minutes=2)
_LONGEST: Final = timedelta(hours=1)
_POLLS: Final = (
    (timedelta(seconds=1), timedelta(seconds=0.2)),
    (timedelta(seconds=4), timedelta(seconds=0.5)),
    (timedelta(seconds=30), timedelta(seconds=1)),
    (timedelta(minutes=5), timedelta(seconds=5)),
    (timedelta(hours=1), timedelta(seconds=30)),
)
"""For a step that is due: up to this lateness, look again after so long."""


def growing(since: datetime, now: datetime) -> datetime:
    """Half of the time it has lasted, a second to a minute."""
    return now + min(max((now - since) / 2, timedelta(seconds=1)), MINUTE)


def poll(due: datetime, now: datetime) -> datetime:
    """When to see whether the platform took a step: when it is due, then quickly, then slower, at last every minute."""
    if now < due:
        return due
    return now + next((pause for lateness, pause in _POLLS if now - due < lateness), MINUTE)


def is_slot(since: datetime, now: datetime) -> bool:
    """Whether a refusal that has lasted `since` is to be asked about again now: 2, 6, 14, 30, 62 minutes later, then every hour."""
    last, _ = _around(now - since)
    return last is not None and now - since - last < SLOT


def next_slot(since: datetime, now: datetime) -> datetime:
    """The beginning of the next such slot."""
    _, following = _around(now - since)
    return since + following


def _around(lasted: timedelta) -> tuple[timedelta | None, timedelta]:
    """The newest slot that has begun, if any, and the one after it."""
    last, following, pause = None, _FIRST, _FIRST
    while following <= lasted and pause < _LONGEST:
        pause = min(pause * 2, _LONGEST)
        last, following = following, following + pause
    if following <= lasted:
        last = following + (lasted - following) // _LONGEST * _LONGEST
        following = last + _LONGEST
    return last, following
