"""Avro schemas of event classes, and what is converted between JSON and them."""

import json
from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from io import BytesIO
from typing import Any, ClassVar, NewType
from uuid import UUID

import fastavro
import msgspec
import pytest

from arena.chassis.bus.kafka.avro_schemas import derive, record_name
from arena.chassis.bus.versions import Upcast

UserId = NewType("UserId", UUID)
ONE = UUID(int=1)


class Kind(StrEnum):
    """Some kinds."""

    FIRST = "first"
    OTHER = "other"


@dataclass(frozen=True)
class Part:
    """A part."""

    at: datetime
    more: dict[str, Any]


@dataclass(frozen=True)
class Whole:
    """An event with everything in it."""

    user_id: UserId
    text: str
    number: int
    share: float
    yes: bool
    at: datetime
    here: datetime = field(metadata={"local": True})
    day: date
    kind: Kind
    again: Kind
    perhaps: datetime | None
    days: tuple[date, ...]
    parts: tuple[Part, ...]
    part: Part | None
    more: dict[str, Any]


WHOLE = Whole(
    UserId(ONE),
    "ä",
    -(2**63),
    0.1,
    yes=True,
    at=datetime(2026, 3, 1, 12, 0, 0, 1, UTC),
    here=datetime(2026, 3, 29, 2, 30),  # noqa: DTZ001 - a local time has no zone
    day=date(1, 1, 1),
    kind=Kind.OTHER,
    again=Kind.FIRST,
    perhaps=None,
    days=(date(9999, 12, 31),),
    parts=(Part(datetime(1900, 1, 1, tzinfo=UTC), {"b": [1, None], "a": 2.5}),),
    part=Part(datetime(2026, 3, 1, tzinfo=UTC), {}),
    more={"ü": "x"},
)


def through(payload: bytes, event: type) -> bytes:
    """Written and read by a library of Avro's."""
    mapped = derive(event, "x.y")
    parsed, binary = fastavro.parse_schema(json.loads(json.dumps(mapped.schema))), BytesIO()
    found = msgspec.json.decode(payload)
    fastavro.schemaless_writer(binary, parsed, mapped.write(found) if mapped.write else found, strict=True)
    binary.seek(0)
    back = fastavro.schemaless_reader(binary, parsed, None)
    return msgspec.json.encode(mapped.read(back) if mapped.read else back)


def test_every_kind_of_field_goes_through_avro_and_comes_out_as_the_same_json() -> None:
    payload = msgspec.json.encode(WHOLE)
    assert through(payload, Whole) == payload


def test_absent_values_come_out_as_null() -> None:
    told = msgspec.json.decode(msgspec.json.encode(WHOLE)) | {"part": None, "parts": [], "perhaps": "2026-03-01T12:00:00Z"}
    assert msgspec.json.decode(through(msgspec.json.encode(told), Whole)) == told


def test_the_schema_names_logical_types_and_spells_out_what_has_a_name_once() -> None:
    schema = derive(Whole, "x.y").schema
    types = {one["name"]: one["type"] for one in schema["fields"]}
    assert (schema["name"], schema["namespace"], schema["doc"]) == ("Whole", "habitarena.x.y", "An event with everything in it.")
    assert types["user_id"] == {"type": "string", "logicalType": "uuid"}
    assert types["at"] == {"type": "long", "logicalType": "timestamp-micros"}
    assert types["here"] == {"type": "long", "logicalType": "local-timestamp-micros"}
    assert types["day"] == {"type": "int", "logicalType": "date"}
    assert (types["text"], types["number"], types["share"], types["yes"], types["more"]) == (
        "string",
        "long",
        "double",
        "boolean",
        "string",
    )
    assert types["kind"]["symbols"] == ["first", "other"]
    assert types["again"] == "habitarena.x.y.Kind"
    assert types["perhaps"] == ["null", {"type": "long", "logicalType": "timestamp-micros"}]
    assert types["part"] == ["null", "habitarena.x.y.Part"]


@pytest.mark.parametrize(
    ("hint", "default", "expected"),
    [
        (int, 3, {"type": "long", "default": 3}),
        (int | None, None, {"type": ["null", "long"], "default": None}),
        (int | None, 3, {"type": ["long", "null"], "default": 3}),
        (tuple[int, ...], (1, 2), {"type": {"type": "array", "items": "long"}, "default": [1, 2]}),
    ],
)
def test_a_default_is_one_in_avro_and_its_type_comes_first(hint: Any, default: Any, expected: dict[str, Any]) -> None:
    [found] = derive(make_dataclass("Event", [("n", hint, field(default=default))]), "x.y").schema["fields"]
    assert json.loads(json.dumps(found)) == {"name": "n", **expected}


def test_a_later_version_is_a_record_of_another_name() -> None:
    @dataclass
    class Event:
        UPCASTS: ClassVar[tuple[Upcast, ...]] = (lambda payload: payload,)

    assert record_name(Event) == "EventV2"
    assert derive(Event, "x.y").schema["fields"] == []


def test_a_default_that_avro_writes_in_another_way_than_json_is_refused() -> None:
    with pytest.raises(TypeError, match="n: such a default"):
        derive(make_dataclass("Event", [("n", date, field(default=date(2026, 3, 1)))]), "x.y")


class Number(IntEnum):
    ONE = 1


class Odd(StrEnum):
    AT = "points@1"


@pytest.mark.parametrize("hint", [int | str, bytes, Number, Odd, tuple[int, str], set[int]])
def test_a_type_that_has_no_place_in_avro_is_refused(hint: Any) -> None:
    with pytest.raises(TypeError):
        derive(make_dataclass("Event", [("n", hint)]), "x.y")


@pytest.mark.parametrize(
    ("name", "value"),
    [("at", "2026-03-01T12:00:00+01:00"), ("at", "2026-03-01T12:00:00"), ("here", "2026-03-01T12:00:00Z"), ("number", 2**63), ("later", 1)],
)
def test_what_would_be_lost_is_refused(name: str, value: Any) -> None:
    payload = msgspec.json.encode(msgspec.json.decode(msgspec.json.encode(WHOLE)) | {name: value})
    with pytest.raises((ValueError, OverflowError)):
        through(payload, Whole)
