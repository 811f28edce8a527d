"""Every event goes through Avro and a real registry of schemas and comes out as the JSON that went in."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.chassis.bus.kafka.avro import AVRO, AvroCodec
from arena.chassis.bus.kafka.codec import Encoded, JsonCodec, NotReady, Undecodable
from arena.chassis.bus.kafka.wire import JSON
from arena.chassis.testing.example import ExampleLog
from arena.chassis.testing.releases import RELEASES
from arena.contracts.events.habits import FactVoided
from arena.contracts.ids import FactId, HabitId, UserId
from arena.contracts.registry import LEDGER, LOGS
from tests.contract.samples import CATALOGUE, EVENTS, events_of
from tests.registry.registry import Registry

pytestmark = [pytest.mark.registry, pytest.mark.timeout(300)]  # a JVM starts slowly where much else runs

LOGGED = CATALOGUE.entry  # an event as the log has it
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(scope="module")
def url(registry: Registry) -> str:
    """The registry, which knows our schemas."""
    AvroCodec(LOGS, registry.url)._register_all()
    return registry.url


@pytest.fixture(scope="module")
def writer(url: str) -> AvroCodec:
    codec = AvroCodec(LOGS, url)
    codec._register_all()
    return codec


@pytest.fixture(scope="module")
def reader(url: str) -> AvroCodec:
    """A codec that has prepared nothing, as a reader has not."""
    return AvroCodec(LOGS, url)


@pytest.mark.parametrize("event", [event for _, event in EVENTS], ids=lambda event: event.__name__)
@quick
@given(data=st.data())
def test_what_comes_out_is_what_went_in_byte_for_byte(writer: AvroCodec, reader: AvroCodec, event: type, data: st.DataObject) -> None:
    entry = LOGGED(data.draw(events_of(event)))
    encoded = writer.encode(entry.topic, entry.type, entry.payload)
    assert encoded.content_type == AVRO
    assert encoded.value[0] == 0
    assert reader.decode(entry.topic, entry.type, encoded.value).decode() == entry.payload


def test_the_registry_has_a_subject_for_each_event_and_lets_nothing_follow_that_others_cannot_read(url: str) -> None:
    client = SchemaRegistryClient({"url": url})
    for log, event in EVENTS:
        subject = f"habitarena.{log.name}.{event.__name__}"
        assert client.get_versions(subject) == [1]
        assert client.get_compatibility(subject) == "FULL_TRANSITIVE"


def test_preparing_twice_registers_nothing_twice(url: str) -> None:
    AvroCodec(LOGS, url)._register_all()
    assert SchemaRegistryClient({"url": url}).get_versions("habitarena.habits.ledger.FactLogged") == [1]


VOIDED = FactVoided(UserId(UUID(int=1)), HabitId(UUID(int=2)), FactId(UUID(int=3)), 1)


@pytest.mark.parametrize(
    ("type_name", "payload"),
    [
        ("FactVoided.v2", "{}"),
        ("FactVoided", '{"user_id":"x"}'),
        ("FactVoided", "[]"),
        ("FactVoided", "null"),
        ("FactVoided", "nothing"),
        ("FactVoided", '{"user_id":"u","habit_id":"h","fact_id":"f","revision":1,"later":2}'),
        ("FactVoided", '{"user_id":"u","habit_id":"h","fact_id":"f","revision":9223372036854775808}'),
        ("StreakAtRisk", '{"user_id":"u","habit_id":"h","length":1,"day":"2026-01-01","deadline":"2026-01-01T00:00:00+02:00"}'),
    ],
)
def test_what_todays_schema_cannot_say_goes_as_json(writer: AvroCodec, reader: AvroCodec, type_name: str, payload: str) -> None:
    topic = 5 if type_name == "StreakAtRisk" else LEDGER.number
    assert writer.encode(topic, type_name, payload) == Encoded(payload.encode(), JSON)
    assert reader.decode(topic, type_name, payload.encode()) == payload.encode()


def test_json_that_was_written_before_avro_was_chosen_is_read_and_avro_is_left_to_the_log_without_a_registry(writer: AvroCodec) -> None:
    entry = LOGGED(VOIDED)
    before = JsonCodec().encode(entry.topic, entry.type, entry.payload)
    assert writer.decode(entry.topic, entry.type, before.value) == entry.payload.encode()
    with pytest.raises(Undecodable):
        JsonCodec().decode(entry.topic, entry.type, writer.encode(entry.topic, entry.type, entry.payload).value)


@quick
@given(value=st.binary(max_size=60).map(lambda rest: b"\0" + rest) | st.binary(max_size=40).map(lambda rest: b"\0\0\0\0\3" + rest))
def test_any_bytes_are_a_payload_or_undecodable(reader: AvroCodec, value: bytes) -> None:
    try:
        assert isinstance(reader.decode(LEDGER.number, "FactLogged", value), bytes)
    except Undecodable as refused:
        assert "FactLogged" in str(refused)  # noqa: PT017 - either outcome is right
    finally:
        reader._not_before = 0.0


def test_a_number_that_a_registry_made_anew_gave_to_another_event_is_not_taken_for_ours(writer: AvroCodec, reader: AvroCodec) -> None:
    entry = LOGGED(VOIDED)
    value = writer.encode(entry.topic, entry.type, entry.payload).value
    with pytest.raises(Undecodable, match="is another event's"):
        reader.decode(entry.topic, "FactCorrected", value)


@dataclass(frozen=True, slots=True)
class _Measured:
    """Version 1 with a field more that has a default."""

    key: str
    number: int
    unit: str = "pieces"


@dataclass(frozen=True, slots=True)
class _Strict:
    """Version 1 with a field more that older rows lack."""

    key: str
    number: int
    unit: str


_Measured.__name__ = _Strict.__name__ = "Measured"


def measuring(event: type, name: str) -> list[ExampleLog]:
    return [ExampleLog(1, name, "key", (event,), ())]


async def test_a_field_with_a_default_may_follow_in_a_subject_and_old_and_new_releases_read_one_another(registry: Registry) -> None:
    old, new = (
        AvroCodec(measuring(RELEASES[0], "writer.grown"), registry.url),
        AvroCodec(measuring(_Measured, "writer.grown"), registry.url),
    )
    await old.prepare()
    await new.prepare()
    assert SchemaRegistryClient({"url": registry.url}).get_versions("habitarena.writer.grown.Measured") == [1, 2]
    later = new.encode(1, "Measured", '{"key":"k","number":1,"unit":"km"}').value
    assert old.decode(1, "Measured", later) == b'{"key":"k","number":1,"unit":"km"}'
    assert new.decode(1, "Measured", old.encode(1, "Measured", '{"key":"k","number":1}').value) == b'{"key":"k","number":1}'


async def test_a_field_that_older_rows_lack_is_refused_with_a_sentence(registry: Registry) -> None:
    await AvroCodec(measuring(RELEASES[0], "writer.strict"), registry.url).prepare()
    with pytest.raises(NotReady, match=r"refused habitarena\.writer\.strict\.Measured: .*409"):
        await AvroCodec(measuring(_Strict, "writer.strict"), registry.url).prepare()


async def test_a_later_version_is_a_subject_of_its_own(registry: Registry) -> None:
    await AvroCodec(measuring(RELEASES[0], "writer.versions"), registry.url).prepare()
    newest = AvroCodec(measuring(RELEASES[2], "writer.versions"), registry.url)
    await newest.prepare()
    assert "habitarena.writer.versions.MeasuredV3" in SchemaRegistryClient({"url": registry.url}).get_subjects()
    written = newest.encode(1, "Measured.v3", '{"key":"k","thousandths":1,"tags":[]}')
    assert (written.content_type, newest.decode(1, "Measured.v3", written.value)) == (AVRO, b'{"key":"k","thousandths":1,"tags":[]}')
    assert newest.encode(1, "Measured", '{"key":"k","number":1}').content_type == JSON


async def test_a_schema_that_somebody_else_registered_needs_no_right_to_write(registry: Registry) -> None:
    """As where a pipeline registers the schemas of the repository, and services may only read."""
    client, log = SchemaRegistryClient({"url": registry.url}), measuring(RELEASES[0], "writer.given")
    await AvroCodec(log, registry.url).prepare()
    client.set_compatibility("habitarena.writer.given.Measured", "NONE")
    await AvroCodec(log, registry.url).prepare()
    assert client.get_compatibility("habitarena.writer.given.Measured") == "NONE"


async def test_a_registry_that_is_away_keeps_a_writer_waiting_and_leaves_a_reader_to_the_log(registry: Registry) -> None:
    log = measuring(RELEASES[0], "writer.away")
    writer, reader = AvroCodec(log, registry.url), AvroCodec(log, registry.url)
    await writer.prepare()
    registry.kill()
    encoded = writer.encode(1, "Measured", '{"key":"k","number":1}')
    assert encoded.content_type == AVRO
    with pytest.raises(NotReady, match="does not answer"):
        await AvroCodec(log, registry.url).prepare()
    with pytest.raises(Undecodable, match=r"no schema \d+ from the registry: .*refused"):
        reader.decode(1, "Measured", encoded.value)
    with pytest.raises(Undecodable, match="did not answer a moment ago"):
        reader.decode(1, "Measured", encoded.value)
    registry.start()
    reader._not_before = 0.0
    assert reader.decode(1, "Measured", encoded.value) == b'{"key":"k","number":1}'


async def test_a_registry_that_was_made_anew_is_told_the_schemas_again_in_a_new_term_and_now_and_then(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry")
    registry.start()
    try:
        await remade(registry)
    finally:
        registry.kill()


async def remade(registry: Registry) -> None:
    """See that two relays find out, each in its way."""
    log, payload = measuring(RELEASES[0], "writer.anew"), '{"key":"k","number":1}'
    writer, seldom = AvroCodec(log, registry.url, look_every=0.0), AvroCodec(log, registry.url)
    await writer.prepare()
    await seldom.prepare()
    old = writer.encode(1, "Measured", payload).value
    registry.kill()
    registry.forget()
    registry.start()
    await AvroCodec(measuring(RELEASES[0], "writer.first"), registry.url).prepare()  # takes a number that was another's
    assert not readable(log, registry, old)
    async with asyncio.timeout(60):
        while not readable(log, registry, writer.encode(1, "Measured", payload).value):  # noqa: ASYNC110 - it is looked up in a thread
            await asyncio.sleep(0.05)
    assert not readable(log, registry, seldom.encode(1, "Measured", payload).value)
    seldom._looked_at = 0.0  # long ago, as in a later term
    await seldom.prepare()
    assert readable(log, registry, seldom.encode(1, "Measured", payload).value)


async def test_a_writer_that_was_ready_once_needs_the_registry_no_more(registry: Registry) -> None:
    writer = AvroCodec(measuring(RELEASES[0], "writer.ready"), registry.url)
    await writer.prepare()
    registry.kill()
    writer._looked_at = 0.0
    await writer.prepare()
    assert writer.encode(1, "Measured", '{"key":"k","number":1}').content_type == AVRO
    registry.start()


async def test_two_installations_have_subjects_of_their_own(registry: Registry) -> None:
    log = measuring(RELEASES[0], "writer.two")
    await AvroCodec(log, registry.url, prefix="another").prepare()
    found = [name for name in SchemaRegistryClient({"url": registry.url}).get_subjects() if "writer.two" in name]
    assert found == ["another.writer.two.Measured"]


def readable(log: list[ExampleLog], registry: Registry, value: bytes) -> bool:
    """Whether a reader that begins now can decode it."""
    try:
        AvroCodec(log, registry.url).decode(1, "Measured", value)
    except Undecodable:
        return False
    return True
