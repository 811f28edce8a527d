"""Random events of every type, made from the types of their fields."""

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType
from typing import Any, NewType, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

from arena.chassis.bus.catalogue import Catalogue
from arena.contracts.registry import LOGS, Log, partition_of

CATALOGUE = Catalogue(LOGS, partition_of)
EVENTS: list[tuple[Log, type]] = [(log, event) for log in LOGS for event in log.events]

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    UUID: st.uuids(),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def events_of(event: type) -> st.SearchStrategy[Any]:
    """Any event of a type."""
    hints = get_type_hints(event)
    parts = {slot.name: st.datetimes() if slot.metadata.get("local") else values_of(hints[slot.name]) for slot in fields(event)}
    return st.builds(event, **parts)


def values_of(hint: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a table in words
    """Any value of a field's type."""
    if isinstance(hint, NewType):
        return values_of(hint.__supertype__)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if is_dataclass(hint) and isinstance(hint, type):
        return events_of(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if get_origin(hint) is dict:
        return st.dictionaries(st.text(max_size=8), _JSON, max_size=4)
    if get_origin(hint) is tuple:
        return st.lists(values_of(get_args(hint)[0]), max_size=3).map(tuple)
    return st.one_of(*(st.none() if part is NoneType else values_of(part) for part in get_args(hint)))
