"""Avro schemas of event classes, and what is converted between an event's JSON and what an Avro library writes and reads.

| in the class | in Avro | in the JSON of the log |
|---|---|---|
| `str`, `bool`, `int`, `float` | string, boolean, long, double | the same |
| `UUID` and the ids made of it | string, logical type `uuid` | text |
| `datetime`, an instant | long, `timestamp-micros` | text, RFC 3339 in UTC |
| `datetime`, a field with the metadata `local` | long, `local-timestamp-micros` | text without an offset |
| `date` | int, `date` | text |
| an enum of names | enum | its value |
| `X or None` | union with null | the same or null |
| a tuple or list | array | array |
| a dict | string | an object; in Avro its JSON as text |
| a dataclass | record in the log's namespace | object |

A default is a default in both.
"""

import re
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Any, NamedTuple, NewType, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from arena.chassis.bus.kafka.wire import topic_of
from arena.chassis.bus.versions import type_name
from arena.chassis.core import docstrings
from arena.chassis.core.settings_kafka import KAFKA_PREFIX

Convert: TypeAlias = Callable[[Any], Any]


class Mapped(NamedTuple):
    """A schema, what turns a value of the JSON into one that is written, and back; None where it is the same."""

    schema: Any
    write: Convert | None = None
    read: Convert | None = None


_PLAIN = {str: "string", bool: "boolean", int: "long", float: "double"}
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def namespace_of(log: str, prefix: str = KAFKA_PREFIX) -> str:
    """The namespace of a log's events, which is the name of its topic."""
    return topic_of(log, prefix)


def record_name(event: type) -> str:
    """An event's name in Avro: `FactLogged`, in a later version `FactLoggedV2`."""
    return type_name(event).replace(".v", "V")


def derive(event: type, log: str, prefix: str = KAFKA_PREFIX) -> Mapped:
    """The schema of an event, as a record of its own with everything in it.

    Raises:
        TypeError: a field has a type that the table above does not have.
    """
    return _Deriving(namespace_of(log, prefix)).record(event, record_name(event))


class _Deriving:
    """Derives one schema; what has a name is spelt out where it is met first."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._named: dict[type, Mapped] = {}

    def record(self, kind: type, name: str) -> Mapped:
        hints = get_type_hints(kind)
        slots = {slot.name: self._slot(slot, hints[slot.name]) for slot in fields(kind)}
        schema = {
            "type": "record",
            "name": name,
            "namespace": self._namespace,
            "doc": docstrings.of_class(kind),
            "fields": [slot.schema for slot in slots.values()],
        }
        write = {name: slot.write for name, slot in slots.items() if slot.write}
        read = {name: slot.read for name, slot in slots.items() if slot.read}
        return Mapped(schema, _in_record(write), _in_record(read))

    def _slot(self, slot: "Field[Any]", hint: Any) -> Mapped:
        """A field of a record; the type of its default comes first in a union, as Avro wants it."""
        mapped = self._local() if slot.metadata.get("local") else self._any(hint)
        described = {"name": slot.name, "type": mapped.schema}
        value = slot.default_factory() if slot.default_factory is not MISSING else slot.default
        if value is not MISSING:
            if mapped.write and value:
                raise TypeError(f"{slot.name}: such a default is not the same in JSON and in Avro")
            described["default"] = msgspec.to_builtins(value)
            if isinstance(mapped.schema, list) and value is not None:
                described["type"] = mapped.schema[::-1]
        return mapped._replace(schema=described)

    def _any(self, hint: Any) -> Mapped:  # noqa: PLR0911 - a table in words
        if isinstance(hint, NewType):
            return self._any(hint.__supertype__)
        if hint in _PLAIN:
            return Mapped(_PLAIN[hint])
        if hint is UUID:
            return Mapped({"type": "string", "logicalType": "uuid"})
        if hint is datetime:
            return Mapped({"type": "long", "logicalType": "timestamp-micros"}, _instant)
        if hint is date:
            return Mapped({"type": "int", "logicalType": "date"}, date.fromisoformat)
        if isinstance(hint, type) and (issubclass(hint, Enum) or is_dataclass(hint)):
            return self._by_name(hint)
        return self._composed(hint)

    def _composed(self, hint: Any) -> Mapped:
        origin, arguments = get_origin(hint), get_args(hint)
        if hint is dict or origin is dict:
            return Mapped("string", _json_text, _json_inside)
        if origin in {tuple, list, frozenset} and arguments[1:] in {(), (Ellipsis,)}:
            item = self._any(arguments[0])
            return Mapped({"type": "array", "items": item.schema}, _in_array(item.write), _in_array(item.read))
        rest = [argument for argument in arguments if argument is not NoneType]
        if origin in {Union, UnionType} and len(rest) == 1:
            value = self._any(rest[0])
            return Mapped(["null", value.schema], _if_any(value.write), _if_any(value.read))
        raise TypeError(f"{hint} has no place in Avro (see {__name__})")

    def _by_name(self, kind: type) -> Mapped:
        if kind not in self._named:
            mapped = self._enum(kind) if issubclass(kind, Enum) else self.record(kind, kind.__name__)
            self._named[kind] = mapped._replace(schema=f"{self._namespace}.{kind.__name__}")
            return mapped
        return self._named[kind]

    def _enum(self, kind: type[Enum]) -> Mapped:
        symbols = [member.value for member in kind]
        if not all(isinstance(symbol, str) and _NAME.fullmatch(symbol) for symbol in symbols):
            raise TypeError(f"{kind.__name__} has values that are no names")
        named = {"type": "enum", "name": kind.__name__, "namespace": self._namespace}
        return Mapped({**named, "doc": docstrings.of_class(kind), "symbols": symbols})

    def _local(self) -> Mapped:
        return Mapped({"type": "long", "logicalType": "local-timestamp-micros"}, _local_time)


def _instant(text: str) -> datetime:
    """An instant in UTC; another offset would be lost."""
    instant = datetime.fromisoformat(text)
    if instant.utcoffset() != timedelta(0):
        raise ValueError(f"{text} is not in UTC")
    return instant


def _local_time(text: str) -> datetime:
    local = datetime.fromisoformat(text)
    if local.tzinfo is not None:
        raise ValueError(f"{text} is no local time")
    return local


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _json_inside(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def _in_record(converts: dict[str, Convert]) -> Convert | None:
    if not converts:
        return None
    return lambda value: {name: converts[name](one) if name in converts else one for name, one in value.items()}


def _in_array(convert: Convert | None) -> Convert | None:
    return None if convert is None else lambda values: [convert(value) for value in values]


def _if_any(convert: Convert | None) -> Convert | None:
    return None if convert is None else lambda value: None if value is None else convert(value)
