"""The events of today and those of every release can read one another: the product's schemas, and each rule of the guide's table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, make_dataclass
from dataclasses import field as slot
from enum import StrEnum
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it brings no types

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.versions import type_name, type_names
from arena.contracts.registry import LOGS
from tests.contract.samples import CATALOGUE, EVENTS, events_of
from tools.event_compatibility import problems
from tools.event_releases import releases, today
from tools.event_schemas import schema
from tools.source import ROOT

RELEASED = [
    pytest.param(log, name, schema, id=f"{release}-{name}")
    for release, logs in releases().items()
    for log, types in logs.items()
    for name, schema in types.items()
]
NUMBERS = {log.name: log for log in LOGS}


@pytest.mark.parametrize(("log", "name", "released"), RELEASED)
def test_a_released_event_is_there_as_it_was_or_has_an_up_caster(log: str, name: str, released: dict[str, Any]) -> None:
    current = today()[log].get(name)
    if current is None:
        assert any(name in type_names(event)[:-1] for event in NUMBERS[log].events), f"{log}: {name} was released and is gone"
    else:
        assert problems(released, current) == [], "make it a new version: docs/guides/events.md"


@pytest.mark.parametrize(("log", "name", "released"), RELEASED)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_rows_that_a_release_has_written_are_events_of_today(log: str, name: str, released: dict[str, Any], data: st.DataObject) -> None:
    payload = msgspec.json.encode(data.draw(values_of(released, released)))
    event = CATALOGUE.decode(NUMBERS[log].number, RawRecord(0, 1, None, "k", name, payload, None))
    assert type(event) in NUMBERS[log].events


def values_of(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any value that a schema allows, of the words that our schemas use."""
    if "$ref" in schema:
        return values_of(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return st.one_of(*(values_of(one, root) for one in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "properties" in schema:
        parts = {name: values_of(part, root) for name, part in schema["properties"].items()}
        needed = {name: part for name, part in parts.items() if name in schema.get("required", ())}
        return st.fixed_dictionaries(needed, optional={name: part for name, part in parts.items() if name not in needed})
    texts = {"uuid": st.uuids().map(str), "date": st.dates().map(str), "date-time": st.datetimes().map(lambda at: f"{at.isoformat()}Z")}
    plain: dict[str, st.SearchStrategy[Any]] = {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": st.integers(-(2**63), 2**63 - 1),
        "object": st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2),
        "string": texts.get(schema.get("format", ""), st.just("2026-03-02T00:00:00")),  # a text, and a local time as well
    }
    return st.lists(values_of(schema["items"], root), max_size=2) if "items" in schema else plain[schema["type"]]


@pytest.mark.parametrize("event", [event for _, event in EVENTS], ids=lambda event: event.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_what_is_written_today_fits_its_schema(event: type, data: st.DataObject) -> None:
    entry = CATALOGUE.entry(data.draw(events_of(event)))
    log = CATALOGUE.logs[entry.topic].name
    checks = Draft202012Validator(today()[log][type_name(event)], format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [wrong.message for wrong in checks.iter_errors(msgspec.json.decode(entry.payload))] == []


@pytest.mark.parametrize("event", [event for _, event in EVENTS], ids=lambda event: event.__name__)
def test_the_example_on_a_page_is_such_an_event_and_fits_its_schema(event: type) -> None:
    log = next(log for log, one in EVENTS if one is event)
    page = (ROOT / "docs" / "events" / f"{event.__name__}.md").read_text("utf-8")
    payload = page.partition("```json\n")[2].partition("\n```")[0]
    checks = Draft202012Validator(today()[log.name][type_name(event)], format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [wrong.message for wrong in checks.iter_errors(msgspec.json.decode(payload))] == []
    assert type(CATALOGUE.decode(log.number, RawRecord(0, 1, None, "k", type_name(event), payload, None))) is event


class Two(StrEnum):
    A = "a"
    B = "b"


class Three(StrEnum):
    A = "a"
    B = "b"
    C = "c"


@dataclass(frozen=True)
class Part:
    n: int


@dataclass(frozen=True)
class LargerPart:
    n: int
    more: int


def shape(*parts: Any) -> dict[str, Any]:
    """The schema of an event with the field `key` and these."""
    event = make_dataclass("Event", [("key", str), *parts], frozen=True)
    return schema(event, "x.y")


DEFAULTED = ("n", int, slot(default=1))
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "add a field with a default": (shape(), shape(DEFAULTED), None),
    "remove a field that has a default": (shape(DEFAULTED), shape(), None),
    "change words: docstrings, the text under a field": (shape(), shape() | {"description": "Another."}, None),
    "change the order of fields": (shape(("n", int), ("m", int)), shape(("m", int), ("n", int)), None),
    "add a field without a default": (shape(), shape(("n", int)), "the field is new and has no default"),
    "remove a field without a default": (shape(("n", int)), shape(), "the field is gone"),
    "rename a field": (shape(("n", int)), shape(("m", int)), "the field is gone"),
    "give a field a default": (shape(("n", int)), shape(DEFAULTED), "it has a default now"),
    "take a default away": (shape(DEFAULTED), shape(("n", int)), "its default is gone"),
    "change a default": (shape(DEFAULTED), shape(("n", int, slot(default=2))), "its default is another"),
    "change a type, also to or from “or null”": (shape(("n", int)), shape(("n", int | None)), "its type is another"),
    "add a value to an enum": (shape(("n", Two)), shape(("n", Three)), "older readers do not know its new values: c"),
    "remove a value from an enum": (shape(("n", Three)), shape(("n", Two)), "older rows hold values that are gone: c"),
    "any of these inside a field": (shape(("n", tuple[Part, ...])), shape(("n", tuple[LargerPart, ...])), "Event.n.more: the field is new"),
}


@pytest.mark.parametrize(("before", "after", "refusal"), CASES.values(), ids=list(CASES))
def test_a_change_is_allowed_or_refused_as_the_guide_says(before: dict[str, Any], after: dict[str, Any], refusal: str | None) -> None:
    found = problems(before, after)
    assert bool(found) is (refusal is not None)
    assert refusal is None or refusal in found[0]


def rows() -> Iterator[tuple[str, str]]:
    table = (ROOT / "docs" / "guides" / "events.md").read_text("utf-8")
    yield from re.findall(r"^\| (.+?) \| (yes|no) \|", table, re.MULTILINE)


def test_the_guide_s_table_has_a_row_for_each_rule_and_says_the_same() -> None:
    assert dict(rows()) == {change: "no" if refusal else "yes" for change, (_, _, refusal) in CASES.items()}


def test_a_type_other_than_an_integer_is_told_apart_also_inside_unions_and_lists() -> None:
    for one, other in [(int | None, str | None), (tuple[int, ...], tuple[str, ...]), (int, float), (Part, int)]:
        assert problems(shape(("n", one)), shape(("n", other))) == ["Event.n: its type is another"]
