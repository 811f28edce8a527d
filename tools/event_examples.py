"""An example of each event for its page: plausible values by the names and types of fields, always the same."""

from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType
from typing import Any, NewType, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

VALUES: dict[str, Any] = {
    "as_of": datetime(2026, 3, 2, 6, 5, 1, 250000, tzinfo=UTC),
    "audit_ends": datetime(2026, 3, 8, 23, 10, tzinfo=UTC),
    "civil_day": date(2026, 3, 2),
    "day": date(2026, 3, 2),
    "deadline": datetime(2026, 3, 2, 23, 0, tzinfo=UTC),
    "from_day": date(2026, 3, 1),
    "grace_ends": datetime(2026, 3, 8, 23, 10, tzinfo=UTC),
    "instant": datetime(2026, 3, 2, 6, 5, tzinfo=UTC),
    "amount": 20000,
    "length": 12,
    "rank": 1,
    "result": {"format": "habitarena-result@1", "…": "docs/guides/battles.md"},
    "result_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "revision": 1,
    "score": 120,
    "time_zone": "Europe/Berlin",
    "tzdata": "2025b",
    "value": 25000,
}
"""By field; a name means the same wherever it occurs."""

WINDOW: dict[tuple[str, bool], datetime] = {
    ("start", False): datetime(2026, 3, 1, 23, 0, tzinfo=UTC),
    ("end", False): datetime(2026, 3, 8, 23, 0, tzinfo=UTC),
    ("start", True): datetime(2026, 3, 2),  # noqa: DTZ001 - a local time has no zone
    ("end", True): datetime(2026, 3, 9),  # noqa: DTZ001 - same
}
"""By field and whether it is a local time."""

FIRST = 0x019CAB12_3400_7000_8000_000000000000
"""A UUIDv7 of March 2026."""


def example(event: type) -> str:
    """The payload of an event as it lies in the log, on several lines."""
    return msgspec.json.format(msgspec.json.encode(_record(event)), indent=2).decode()


def _record(kind: type) -> Any:
    hints = get_type_hints(kind)
    needed = [slot for slot in fields(kind) if slot.default is MISSING and slot.default_factory is MISSING]
    return kind(**{slot.name: _value(slot.name, hints[slot.name], local=bool(slot.metadata.get("local"))) for slot in needed})


def _value(name: str, hint: Any, *, local: bool = False) -> Any:  # noqa: PLR0911 - a table in words
    if (name, local) in WINDOW:
        return WINDOW[name, local]
    if name in VALUES:
        return VALUES[name]
    if isinstance(hint, NewType):
        return UUID(int=FIRST + sum(hint.__name__.encode()))
    if is_dataclass(hint) and isinstance(hint, type):
        return _record(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if hint in {int, bool}:
        return hint()
    if get_origin(hint) is tuple:
        return (_value(name, get_args(hint)[0]),)
    part = next((part for part in get_args(hint) if part is not NoneType), None)
    if part is None:
        raise TypeError(f"tools/event_examples.py knows no value for {name}: {hint}")
    return _value(name, part)
