"""Versions of an event: what an older release wrote is read as today's event, and what a later one wrote is refused by name."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.chassis.bus.catalogue import Catalogue, Entry, RawRecord, UnknownEvent
from arena.chassis.bus.versions import type_name, type_names
from arena.chassis.testing.example import Counted
from arena.chassis.testing.releases import RELEASES, Measured, catalogue_of

KEYS = st.text(min_size=1, max_size=20)
NUMBERS = st.integers(min_value=-(2**50), max_value=2**50)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "number", "tag", "thousandths"]), inner),
    max_leaves=8,
)


def row(type_name: str, payload: str | bytes) -> RawRecord:
    return RawRecord(3, 9, datetime(2026, 3, 1, tzinfo=UTC), "k", type_name, payload, None)


def read(catalogue: Catalogue, entry: Entry) -> Any:
    return catalogue.decode(entry.topic, row(entry.type, entry.payload))


def test_the_first_version_bears_the_plain_name_and_later_ones_their_number() -> None:
    assert type_names(Counted) == ("Counted",)
    assert [type_name(event) for event in RELEASES] == ["Measured", "Measured.v2", "Measured.v3"]
    assert type_names(Measured) == ("Measured", "Measured.v2", "Measured.v3")


@given(KEYS, NUMBERS)
def test_a_row_of_version_1_goes_through_all_up_casters(key: str, number: int) -> None:
    written = catalogue_of(1).entry(RELEASES[0](key, number))
    assert written.type == "Measured"
    assert read(catalogue_of(3), written) == Measured(key, number * 1000, [])


@given(KEYS, NUMBERS, st.none() | st.text(max_size=5))
def test_a_row_of_version_2_goes_through_those_that_follow_it(key: str, thousandths: int, tag: str | None) -> None:
    written = catalogue_of(2).entry(RELEASES[1](key, thousandths, tag))
    assert written.type == "Measured.v2"
    assert read(catalogue_of(3), written) == Measured(key, thousandths, [tag] if tag else [])


@given(KEYS, NUMBERS, st.lists(st.text(max_size=5)))
def test_todays_version_is_read_as_it_was_written(key: str, thousandths: int, tags: list[str]) -> None:
    event = Measured(key, thousandths, tags)
    assert read(catalogue_of(3), catalogue_of(3).entry(event)) == event


def test_a_field_that_came_within_a_version_has_its_default_in_older_rows_and_is_passed_over_by_older_readers() -> None:
    older, newer = '{"key":"k","thousandths":7}', '{"key":"k","thousandths":7,"tag":"t","more":[1]}'
    assert catalogue_of(2).decode(1, row("Measured.v2", older)) == RELEASES[1]("k", 7, None)
    assert catalogue_of(2).decode(1, row("Measured.v2", newer)) == RELEASES[1]("k", 7, "t")


@pytest.mark.parametrize(("release", "later"), [(1, "Measured.v2"), (2, "Measured.v3"), (3, "Measured.v4")])
def test_a_version_of_a_later_release_is_refused_by_name(release: int, later: str) -> None:
    catalogue = catalogue_of(release)
    assert catalogue.decoder(1, later) is None
    with pytest.raises(UnknownEvent, match=f"writer.counts has no '{later}', a version .* \\(it knows Measured"):
        catalogue.decode(1, row(later, '{"key":"k","number":1}'))


@pytest.mark.parametrize("name", ["Erased", "Measured.v", "Measured.v0", "Measured.v1", "Measured.v02", "measured", ""])
def test_a_name_that_no_release_has_given_is_refused(name: str) -> None:
    with pytest.raises(UnknownEvent):
        catalogue_of(3).decode(1, row(name, '{"key":"k","number":1}'))


@given(st.sampled_from(type_names(Measured)), JSON.map(msgspec.json.encode) | st.binary(max_size=30))
def test_whatever_lies_in_a_row_is_an_event_or_refused_as_one_that_does_not_fit(name: str, payload: bytes) -> None:
    try:
        event = catalogue_of(3).decode(1, row(name, payload))
    except UnknownEvent as refused:
        assert str(refused).startswith(f"{name} at 3/9: ")  # noqa: PT017 - either outcome is right
    else:
        assert type(event) is Measured
