"""What the relay writes, a source reads; whatever else lies in a topic is told apart, and never breaks the reader."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.kafka.wire import JSON, OMITTED, Foreign, Wire

LOG = "habits.ledger"
TRACE = f"00-{'a' * 32}-{'b' * 16}-01"
RECORD = RawRecord(5, 77, datetime(2026, 3, 1, 12, 0, 0, 7, UTC), "ada", "FactLogged", '{"n":1}', f'{{"traceparent":"{TRACE}"}}')

texts = st.text(st.characters(exclude_categories=["Cs"]))
stamps = st.datetimes(timezones=st.just(UTC))
traces = st.none() | st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", fullmatch=True).map(lambda t: f'{{"traceparent":"{t}"}}')
records = st.builds(
    RawRecord, st.integers(0, 15), st.integers(1, 2**53), stamps, texts, texts.filter(bool), texts.map(str.encode), traces
)  # fmt: skip


@given(record=records, partitions=st.integers(1, 32))
def test_what_was_written_is_read_back_as_it_was(record: RawRecord, partitions: int) -> None:
    wire = Wire(LOG, partitions)
    message = wire.message(record, bytes(record.payload))  # type: ignore[arg-type]  # the strategy makes bytes
    place = wire.place(message.headers, wire.kafka_partition(record.partition))
    assert place == (record.partition, record.position)
    assert wire.record(place, message.key, message.value or b"", message.headers) == record
    assert wire.plain(message.headers, wire.kafka_partition(record.partition), message.key, message.value) == record


STRANGE = st.sampled_from(
    [
        *(
            ("ce_id", value)
            for value in (b"habits.ledger/5/1_0", b"habits.ledger/6/7", b"other.log/5/7", b"habits.ledger/5/ 7", "text", None)
        ),
        *(("ce_time", value) for value in (b"2026-03-01T12:00:00", b"2026-03-01T12:00:00+02:00", b"yesterday", None)),
        *(("ce_type", value) for value in (b"", b"\xff", b"FactLogged.v2", "FactLogged", None)),
        *(("traceparent", value) for value in (TRACE.replace("a", "c").encode(), b'a"b', b"\xff", None)),
        ("content-type", b"text/plain"),
        ("x", b"1"),
    ]
)


@given(
    changes=st.lists(st.tuples(st.integers(0, 7), STRANGE | st.none())),
    key=st.none() | st.binary(max_size=3),
    value=st.none() | st.binary(max_size=3),
    partition=st.integers(4, 6),
)
def test_the_short_way_to_a_record_leads_where_the_long_one_does_or_nowhere(
    changes: list[tuple[int, tuple[str, bytes | str | None] | None]], key: bytes | None, value: bytes | None, partition: int
) -> None:
    wire = Wire(LOG, 16)
    headers = list(wire.message(RECORD, b"{}").headers)
    for at, other in changes:
        headers[at : at + 1] = [other] if other else []
    if (record := wire.plain(headers, partition, key, value)) is not None:
        assert wire.place(headers, partition) == record[:2]
        assert value is not None
        assert wire.record(record[:2], key, value, headers) == record


@given(
    headers=st.none() | st.lists(st.tuples(st.sampled_from(["ce_id", "ce_time", "ce_type", "x"]), st.none() | st.binary() | st.text())),
    partition=st.integers(0, 40),
    key=st.none() | st.binary(),
)
def test_no_message_breaks_the_reader(headers: list[tuple[str, bytes | str | None]] | None, partition: int, key: bytes | None) -> None:
    wire = Wire(LOG, 16)
    assert isinstance(wire.place(headers, partition), Foreign)
    assert isinstance(wire.record((1, 1), key, b"", headers or []), RawRecord | Foreign)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (None, Foreign.NO_ID),
        ([], Foreign.NO_ID),
        ([("ce_type", b"FactLogged")], Foreign.NO_ID),
        ([("ce_id", None)], Foreign.NO_ID),
        ([("ce_id", b"\xff\x00")], Foreign.UNREADABLE_ID),
        ([("ce_id", b"habits.ledger/5")], Foreign.UNREADABLE_ID),
        ([("ce_id", b"habits.ledger/5/-7")], Foreign.UNREADABLE_ID),
        ([("ce_id", b"habits.ledger/5/1_000")], Foreign.UNREADABLE_ID),
        ([("ce_id", b"habits.ledger/5/7/8")], Foreign.UNREADABLE_ID),
        ([("ce_id", b"habits.ledger/5/" + b"9" * 5000)], Foreign.UNREADABLE_ID),
        ([("ce_id", b"scoring.standings/5/7")], Foreign.OTHER_LOG),
        ([("ce_id", b"habits.ledger/6/7")], Foreign.WRONG_PARTITION),
        ([("ce_id", b"habits.ledger/21/7")], Foreign.WRONG_PARTITION),
    ],
)
def test_what_is_not_ours_is_told_with_its_reason(headers: list[tuple[str, bytes | str | None]] | None, reason: Foreign) -> None:
    assert Wire(LOG, 16).place(headers, 5) is reason


def test_the_id_is_found_wherever_it_stands() -> None:
    assert Wire(LOG, 4).place([("x", b"1"), ("ce_id", b"habits.ledger/5/7")], 1) == (5, 7)


@pytest.mark.parametrize("broken", [("ce_time", b"yesterday"), ("ce_time", b"2026-03-01T12:00:00"), ("ce_type", b"\xff"), ("ce_type", b"")])
def test_a_message_with_our_id_and_a_broken_attribute_is_no_record(broken: tuple[str, bytes]) -> None:
    wire = Wire(LOG, 16)
    headers = [pair for pair in wire.message(RECORD, b"{}").headers if pair[0] != broken[0]]
    assert wire.record((5, 77), b"ada", b"{}", [*headers, broken]) is Foreign.BAD_ATTRIBUTES
    assert wire.record((5, 77), b"ada", b"{}", headers) is Foreign.BAD_ATTRIBUTES


@pytest.mark.parametrize("trace", [b'a"b', b"\xff", b"", TRACE.encode() + b"0", TRACE.replace("-", '"').encode(), TRACE.upper().encode()])
def test_a_trace_that_is_none_is_left_out_and_the_record_taken(trace: bytes) -> None:
    wire = Wire(LOG, 16)
    headers = [*wire.message(RECORD, b"{}").headers[:-1], ("traceparent", trace)]
    untraced = RECORD._replace(payload=b"{}", headers=None)
    assert wire.plain(headers, 5, b"ada", b"{}") == untraced
    assert wire.record((5, 77), b"ada", b"{}", headers) == untraced


def test_a_message_carries_the_attributes_of_cloudevents_and_the_trace_of_its_event() -> None:
    elsewhere = RECORD._replace(at=RECORD.at.astimezone(timezone(timedelta(hours=2))))
    assert Wire(LOG, 16).message(elsewhere, b"{}") == (
        b"ada",
        b"{}",
        [
            ("ce_id", b"habits.ledger/5/77"),
            ("ce_specversion", b"1.0"),
            ("ce_source", b"/habitarena/habits.ledger"),
            ("ce_type", b"FactLogged"),
            ("ce_time", b"2026-03-01T12:00:00.000007Z"),
            ("content-type", JSON.encode()),
            ("traceparent", TRACE.encode()),
        ],
    )


def test_a_value_that_is_left_out_leaves_its_place_and_the_reason() -> None:
    wire = Wire(LOG, 16)
    message = wire.message(RECORD, None, omitted="too-large")
    assert message.value is None
    assert (OMITTED, b"too-large") in message.headers
    assert wire.place(message.headers, 5) == (5, 77)
