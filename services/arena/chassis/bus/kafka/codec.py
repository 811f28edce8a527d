"""How a payload is written on its way through Kafka: as the JSON that lies in the log, or another format that a codec knows."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from arena.chassis.bus.kafka.wire import JSON
from arena.chassis.core.settings_kafka import KafkaFormat, KafkaSettings
from arena.chassis.db.provision import LogDefinition


class Encoded(NamedTuple):
    """What is produced, and how it is written."""

    value: bytes
    content_type: str


class NotReady(Exception):
    """The codec cannot write yet; the message says whom it waits for, or what that one refused."""


class Undecodable(ValueError):
    """A value that cannot be read here and now. Nothing is lost: the log has the same event as JSON."""


class Codec(Protocol):
    """Between the JSON of the log and the values in Kafka."""

    async def prepare(self) -> None:
        """Make ready to encode; until it has returned, nothing may be encoded.

        Raises:
            NotReady: try again later.
        """

    def encode(self, topic: int, type_name: str, payload: str) -> Encoded:
        """The value of an event of log `topic`; it waits for nobody. What the format cannot say faithfully goes as JSON."""

    def decode(self, topic: int, type_name: str, value: bytes) -> bytes:
        """The payload as JSON, whatever codec wrote it; may ask others, so it is called in a thread.

        Raises:
            Undecodable: read the event from the log.
        """


class JsonCodec:
    """JSON as it lies in the log."""

    async def prepare(self) -> None:
        """Nothing to make ready."""

    def encode(self, _topic: int, _type_name: str, payload: str) -> Encoded:
        """The payload itself."""
        return Encoded(payload.encode(), JSON)

    def decode(self, _topic: int, type_name: str, value: bytes) -> bytes:
        """The value itself."""
        if framed(value):
            raise Undecodable(f"{type_name} is Avro, and ARENA_KAFKA_FORMAT is json here")
        return value


def framed(value: bytes) -> bool:
    """Whether a value begins as those of a schema registry do, with a byte 0, as no JSON does."""
    return value[:1] == b"\0"


def open_codec(settings: KafkaSettings, logs: Iterable[LogDefinition]) -> Codec:
    """The codec that the settings name; it asks nobody yet."""
    if settings.kafka_format is KafkaFormat.JSON or settings.schema_registry is None:
        return JsonCodec()
    from arena.chassis.bus.kafka.avro import AvroCodec  # noqa: PLC0415 - brings an HTTP client and Avro, which JSON does without

    registry = settings.schema_registry.get_secret_value()
    return AvroCodec(logs, registry, prefix=settings.kafka_prefix, ca=settings.schema_registry_ca)
