"""How the resource words what the contracts word: camelCase names, CamelCase enum values, durations, instants and civil times."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

_PARTS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)), ("s", timedelta(seconds=1)))
DURATION = "^([0-9]{1,5}d)?([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,8}s)?$"
"""Whole days, hours, minutes and seconds, the largest first: `90m`, `36h`, `7d`, `1h30m`."""
DURATION_SAYS = "it must be a duration such as 90m, 36h or 7d"
_LEAP = "(19(7[26]|8[048]|9[26])|2[0-9](0[48]|[2468][048]|[13579][26])|2[048]00)-02-29"
_DAY = "(19[7-9][0-9]|2[0-9]{3})-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
CIVIL = f"^({_DAY}|{_LEAP})T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
"""A civil time without offset on a day that the calendar has, in the years that a window may lie in."""
CIVIL_SAYS = "it must be a civil time without offset such as 2026-11-21T18:00 (the zone is said beside it), on a day that the calendar has"
UUID_TEXT = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
UUID_SAYS = "it must be a UUID such as 0198a7c2-5f0e-7000-8000-000000000000, in small letters"
_DURATION = re.compile(DURATION, re.ASCII)
_CIVIL = re.compile(CIVIL, re.ASCII)


def camel(name: str) -> str:
    """`max_participants` → `maxParticipants`."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def pascal(value: str) -> str:
    """`head_to_head` → `HeadToHead`; what is CamelCase already stays."""
    return "".join(word[:1].upper() + word[1:] for word in value.split("_"))


def duration_text(length: timedelta) -> str:
    """Whole seconds as `1d12h`, the shortest way to say them; `0s` for none."""
    rest, text = length, ""
    for unit, one in _PARTS:
        count, rest = divmod(rest, one)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def parse_duration(text: str) -> timedelta:
    """The length that `90m` or `7d` says; raises ValueError, which tells how to say it."""
    if not text or not _DURATION.fullmatch(text):
        raise ValueError(DURATION_SAYS)
    return sum((int(count) * dict(_PARTS)[unit] for count, unit in re.findall(r"([0-9]+)([dhms])", text)), timedelta())


def civil_text(wall: datetime) -> str:
    """A civil time to the minute, with its seconds only if there are some."""
    return wall.isoformat(timespec="seconds" if wall.second else "minutes")


def parse_civil(text: str) -> datetime:
    """The civil time that `2026-11-21T18:00` says; raises ValueError, which tells how to say it."""
    if not _CIVIL.fullmatch(text):
        raise ValueError(CIVIL_SAYS)
    return datetime.fromisoformat(text)


def parse_uuid(text: str) -> UUID:
    """The id; raises ValueError when it is written in any other way than usual."""
    if not re.fullmatch(UUID_TEXT, text, re.ASCII):
        raise ValueError(UUID_SAYS)
    return UUID(text)


def instant_text(at: datetime) -> str:
    """An instant in UTC as the Kubernetes API words it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_instant(text: str) -> datetime:
    """The instant, in UTC; raises ValueError when it is none or has no offset."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except OverflowError:
        pass
    raise ValueError("it must be an instant such as 2026-11-21T18:00:00Z")
