"""Types ↔ plain JSON in either of two wordings: the resource's (camelCase) and the HTTP API's (snake_case). Nothing is listed by hand."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar, get_origin
from uuid import UUID

from arena_operator.crd.limits import LIMITS, Limit
from arena_operator.crd.shape import Slot, element, is_record, slots
from arena_operator.crd.words import civil_text, duration_text, instant_text, parse_civil, parse_duration, parse_instant, parse_uuid, pascal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wording:
    """Where a field lies and how an enum's value is said."""

    place: Callable[[Slot], tuple[str, ...]]
    enum: Callable[[str], str]


RESOURCE = Wording(lambda slot: slot.place, pascal)
HTTP = Wording(lambda slot: (slot.name,), str)


class Unreadable(ValueError):
    """A value that its field cannot hold; `field` is its path, `message` what it must be."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def encode(value: Any, wording: Wording = RESOURCE) -> dict[str, Any]:
    """A dataclass as JSON; what is None is left out."""
    data: dict[str, Any] = {}
    for slot in slots(type(value)):
        held = getattr(value, slot.name)
        if held is not None:
            _put(data, wording.place(slot), _encoded(held, slot, wording))
    return data


def decode(kind: type[T], data: Any, at: str) -> T:
    """The dataclass that a manifest's object says; raises Unreadable. Unknown keys mean nothing (the API server prunes them)."""
    if not isinstance(data, Mapping):
        raise Unreadable(at, "it must be an object")
    return kind(**dict(_values(kind, data, at)))


def lenient(kind: type[T], data: Any) -> T | None:
    """The same of what was perhaps damaged: a part that cannot be read counts as absent; None when a required one is."""
    if not isinstance(data, Mapping):
        return None
    values: dict[str, Any] = {}
    for slot in slots(kind):
        held = _leniently(slot, _follow(data, slot.place))
        if held is not None:
            values[slot.name] = held
        elif slot.required:
            return None
    return kind(**values)


def _values(kind: type, data: Mapping[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    for slot in slots(kind):
        path = ".".join((at, *slot.place))
        found = _follow(data, slot.place)
        if found is not None:
            held = _decoded(found, slot, slot.type, path)
            _check(held, slot, path)
            yield slot.name, held
        elif slot.required:
            raise Unreadable(path, "it must be given")


def _follow(data: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    found: Any = data
    for key in place:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _as_is(value: Any) -> Any:
    return value


_WRITERS: Mapping[type, Callable[[Any], Any]] = {timedelta: duration_text, UUID: str, dict: dict}


def _put(data: dict[str, Any], place: tuple[str, ...], value: Any) -> None:
    if isinstance(value, dict):
        for key in place:
            data = data.setdefault(key, {})
        data.update(value)
        return
    for key in place[:-1]:
        data = data.setdefault(key, {})
    data[place[-1]] = value


def _encoded(value: Any, slot: Slot, wording: Wording) -> Any:
    if is_record(type(value)):
        return encode(value, wording)
    if isinstance(value, tuple):
        return [_encoded(one, slot, wording) for one in value]
    if isinstance(value, StrEnum):
        return wording.enum(value.value)
    if isinstance(value, datetime):
        return civil_text(value) if slot.civil else instant_text(value)
    return _WRITERS.get(type(value), _as_is)(value)


def _decoded(value: Any, slot: Slot, kind: Any, path: str) -> Any:
    if is_record(kind):
        return decode(kind, value, path)
    if (one := element(kind)) is not None:
        if not isinstance(value, list | tuple):
            raise Unreadable(path, "it must be a list")
        return tuple(_decoded(part, slot, one, f"{path}[{index}]") for index, part in enumerate(value))
    if get_origin(kind) is not None:
        return _texts(value, path)
    return _plain(value, slot, kind, path)


def _texts(value: Any, path: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(part, str) for pair in value.items() for part in pair):
        raise Unreadable(path, "it must be an object of texts")
    return dict(value)


def _plain(value: Any, slot: Slot, kind: Any, path: str) -> Any:
    if kind in {int, bool}:
        if type(value) is not kind:
            raise Unreadable(path, "it must be a whole number" if kind is int else "it must be true or false")
        return value
    if not isinstance(value, str):
        raise Unreadable(path, "it must be a text")
    try:
        return _readers(slot, kind)(value)
    except ValueError as unread:
        raise Unreadable(path, str(unread)) from None


def _readers(slot: Slot, kind: Any) -> Callable[[str], Any]:
    if issubclass(kind, StrEnum):
        return lambda text: _member(kind, text)
    if kind is datetime:
        return parse_civil if slot.civil else parse_instant
    return {timedelta: parse_duration, UUID: parse_uuid}.get(kind, str)


def _member(kind: type[StrEnum], text: str) -> StrEnum:
    words = {pascal(member.value): member for member in kind}
    if text not in words:
        raise ValueError(f"it must be one of {', '.join(words)}")
    return words[text]


def _check(value: Any, slot: Slot, path: str) -> None:
    limit = LIMITS.get((slot.owner, slot.name))
    if limit is None:
        return
    if limit.pattern and isinstance(value, str) and not _matches(limit, value):
        raise Unreadable(path, limit.says)
    if wrong := limit.broken_by(value):
        raise Unreadable(path, wrong)


def _matches(limit: Limit, value: str) -> bool:
    return re.fullmatch(limit.pattern or "", value, re.ASCII) is not None


def _leniently(slot: Slot, value: Any) -> Any:
    """What can be read of a value; of a list, the elements that can be."""
    if value is None:
        return None
    if is_record(slot.type):
        return lenient(slot.type, value)
    one = element(slot.type)
    if one is not None:
        parts = value if isinstance(value, list) else ()
        return tuple(held for part in parts if (held := lenient(one, part) if is_record(one) else _quietly(slot, one, part)) is not None)
    return _quietly(slot, slot.type, value)


def _quietly(slot: Slot, kind: Any, value: Any) -> Any:
    try:
        return _decoded(value, slot, kind, "")
    except Unreadable:
        return None
