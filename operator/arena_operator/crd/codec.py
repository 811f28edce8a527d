"""Types ↔ plain JSON in either of two wordings: the resource's (camelCase) and the HTTP API's (snake_case). Nothing is listed by hand."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, get_origin
from uuid import UUID

from arena_operator.crd.limits import LIMITS
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

    def inside(self, path: str) -> "Unreadable":
        """The same, told by whoever holds the object in which it was found."""
        joint = "" if not self.field or self.field.startswith("[") else "."
        return Unreadable(f"{path}{joint}{self.field}" if path else self.field, self.message)


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
    try:
        return _record(kind, data)
    except Unreadable as problem:
        raise problem.inside(at) from None


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


def _record(kind: type[T], data: Any) -> T:
    if not isinstance(data, Mapping):
        raise Unreadable("", "it must be an object")
    values: dict[str, Any] = {}
    for slot in slots(kind):
        found = _follow(data, slot.place)
        if found is not None:
            try:
                values[slot.name] = _checked(slot, _read(slot, slot.type, found))
            except Unreadable as problem:
                raise problem.inside(".".join(slot.place)) from None
        elif slot.required:
            raise Unreadable(".".join(slot.place), "it must be given")
    return kind(**values)


def _follow(data: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    found: Any = data
    for key in place:
        if type(found) is not dict and not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


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
    kind: Any = type(value)
    if is_record(kind):
        return encode(value, wording)
    if isinstance(value, tuple):
        return [_encoded(one, slot, wording) for one in value]
    if isinstance(value, StrEnum):
        return wording.enum(value.value)
    if isinstance(value, datetime):
        return civil_text(value) if slot.civil else instant_text(value)
    return _WRITERS.get(kind, _as_is)(value)


def _as_is(value: Any) -> Any:
    return value


_WRITERS: Mapping[type, Callable[[Any], Any]] = {timedelta: duration_text, UUID: str, dict: dict}


def _read(slot: Slot, kind: Any, value: Any) -> Any:
    if is_record(kind):
        return _record(kind, value)
    if (one := element(kind)) is not None:
        return _list(slot, one, value)
    if kind is str or kind is int or kind is bool:
        if type(value) is not kind:
            raise Unreadable("", _EXPECTED[kind])
        return value
    if get_origin(kind) is not None:
        return _texts(value)
    return _parsed(slot, kind, value)


_EXPECTED: Mapping[type, str] = {str: "it must be a text", int: "it must be a whole number", bool: "it must be true or false"}


def _list(slot: Slot, one: Any, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise Unreadable("", "it must be a list")
    held = []
    for index, part in enumerate(value):
        try:
            held.append(_read(slot, one, part))
        except Unreadable as problem:
            raise problem.inside(f"[{index}]") from None
    return tuple(held)


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(part, str) for pair in value.items() for part in pair):
        raise Unreadable("", "it must be an object of texts")
    return dict(value)


def _parsed(slot: Slot, kind: Any, value: Any) -> Any:
    """What a text says that stands for something else; a reader's ValueError tells how it is said."""
    if not isinstance(value, str):
        raise Unreadable("", _EXPECTED[str])
    try:
        if kind is datetime:
            return (parse_civil if slot.civil else parse_instant)(value)
        return _PARSERS[kind](value) if kind in _PARSERS else _member(kind, value)
    except ValueError as unread:
        raise Unreadable("", str(unread)) from None


_PARSERS: Mapping[type, Callable[[str], Any]] = {timedelta: parse_duration, UUID: parse_uuid}


def _member(kind: type[StrEnum], text: str) -> StrEnum:
    words = _words(kind)
    if text not in words:
        raise ValueError(f"it must be one of {', '.join(words)}")
    return words[text]


@cache
def _words(kind: Any) -> dict[str, StrEnum]:
    return {pascal(member.value): member for member in kind}


def _checked(slot: Slot, value: Any) -> Any:
    """The value, if the field's limit lets it be."""
    limit = LIMITS.get((slot.owner, slot.name))
    if limit is None:
        return value
    if limit.pattern and isinstance(value, str) and re.fullmatch(limit.pattern, value, re.ASCII) is None:
        raise Unreadable("", limit.says)
    if wrong := limit.broken_by(value):
        raise Unreadable("", wrong)
    return value


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
        return _read(slot, kind, value)
    except Unreadable:
        return None
