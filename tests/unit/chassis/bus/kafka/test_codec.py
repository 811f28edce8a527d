"""JSON goes through Kafka as it lies in the log."""

import pytest

from arena.chassis.bus.kafka.codec import Encoded, JsonCodec, Undecodable


async def test_json_is_handed_through_as_it_lies_in_the_log() -> None:
    codec = JsonCodec()
    await codec.prepare()
    assert codec.encode(2, "FactLogged", '{"note":"ä"}') == Encoded(b'{"note":"\xc3\xa4"}', "application/json")
    assert codec.decode(2, "FactLogged", b'{"note":"\xc3\xa4"}') == b'{"note":"\xc3\xa4"}'


def test_a_value_that_a_registry_framed_is_not_taken_for_json() -> None:
    with pytest.raises(Undecodable, match="FactLogged is Avro"):
        JsonCodec().decode(2, "FactLogged", b"\0\0\0\0\1\2")
