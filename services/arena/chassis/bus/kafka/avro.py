"""Avro with a registry of schemas as Confluent's: a value is a byte 0, the schema's number there (4 bytes), and Avro's binary form.

Each event type has a subject of its own, `<prefix>.<log>.<Type>` (record name strategy); a later version is another type and so
another subject. Within a subject every schema must be able to read what any other wrote (FULL_TRANSITIVE).
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import Any, Final

import msgspec
import structlog
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError

from arena.chassis.bus.kafka.avro_schemas import Mapped, derive, namespace_of, record_name
from arena.chassis.bus.kafka.codec import Encoded, NotReady, Undecodable, framed
from arena.chassis.bus.kafka.wire import JSON
from arena.chassis.bus.versions import type_name
from arena.chassis.core.settings_kafka import KAFKA_PREFIX
from arena.chassis.db.provision import LogDefinition

_log = structlog.get_logger(__name__)
AVRO: Final = "application/vnd.confluent.avro"
COMPATIBILITY: Final = "FULL_TRANSITIVE"
_NAMING: Final = {"subject.name.strategy.type": "RECORD"}
_WRITING: Final = {**_NAMING, "auto.register.schemas": False, "validate.strict": True, "validate.strict.allow.default": True}
_REGISTRY: Final = {"timeout": 5, "max.retries": 0}
"""Whoever asks tries again by itself, and has the log meanwhile."""
_AGAIN: Final = 5.0
"""Seconds in which a registry that did not answer a reader is not asked again."""
_UNFIT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, SerializationError, msgspec.MsgspecError)


@dataclass(frozen=True, slots=True)
class _Subject:
    """An event type: its name in the registry, its schema, and how it is written."""

    name: str
    schema: Schema
    mapped: Mapped
    context: SerializationContext
    serialize: Callable[[Any, SerializationContext], bytes | None]


class AvroCodec:
    """Writes today's events in Avro; what it reads may be JSON as well, whoever wrote it."""

    def __init__(
        self, logs: Iterable[LogDefinition], url: str, *, prefix: str = KAFKA_PREFIX, ca: Path | None = None, look_every: float = 60.0
    ) -> None:
        self._logs = tuple(logs)
        self._prefix = prefix
        self._reach = {"url": url, **_REGISTRY, **({"ssl.ca.location": str(ca)} if ca else {})}
        self._look_every = look_every
        """Seconds after which a writer sees whether the registry still has its schemas: it may have been made anew."""
        self._registry = SchemaRegistryClient(self._reach)
        self._subjects = self._derived(self._registry)
        self._deserialize: Callable[[bytes, SerializationContext], Any] = AvroDeserializer(self._registry, conf=dict(_NAMING))
        self._ours: set[tuple[int, str]] = set()
        """Numbers of schemas that were found to be of a subject."""
        self._as_json: set[str] = set()
        """Type names of which something went as JSON."""
        self._not_before = 0.0
        self._preparing = asyncio.Lock()
        self._looked_at: float | None = None
        self._looking = threading.Lock()

    def _derived(self, registry: SchemaRegistryClient) -> dict[tuple[int, str], _Subject]:
        """By log and type name."""
        return {
            (log.number, type_name(event)): _subject(registry, event, log.name, self._prefix) for log in self._logs for event in log.events
        }

    async def prepare(self) -> None:
        """See that the registry has our schemas; what is not there is registered. Once it had them, it may be away.

        Raises:
            NotReady: it does not answer, or refuses one.
        """
        async with self._preparing:  # the relays of all logs ask at the same time
            if self._looked_at is None:
                await asyncio.to_thread(self._register_all)
            elif monotonic() - self._looked_at > _AGAIN:
                await asyncio.to_thread(self._look_again)

    def _register_all(self) -> None:
        """What is known of the registry is only replaced when it has everything: meanwhile others write by it."""
        registry = SchemaRegistryClient(self._reach)
        subjects = self._derived(registry)
        for subject in subjects.values():
            try:
                _ensure(registry, subject)
            except SchemaRegistryError as refused:
                raise NotReady(f"the registry of schemas refused {subject.name}: {refused}") from refused
            except Exception as lost:  # of whichever HTTP library the client has
                raise NotReady(f"the registry of schemas does not answer: {lost or type(lost).__name__}") from lost
        self._subjects, self._looked_at = subjects, monotonic()

    def _look_again(self) -> None:
        """Look the schemas up anew, in whichever thread; writing goes on by the numbers that were known until they are found."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            self._looked_at = monotonic()
            self._register_all()
        except NotReady as reason:
            _log.warning("avro_schemas_not_looked_up", reason=str(reason))
        finally:
            self._looking.release()

    def encode(self, topic: int, type_name: str, payload: str) -> Encoded:
        """Avro; JSON where the payload is not what today's schema says.

        Such are a version that only up-casters know, or fields of a release that is newer than this one: Avro would drop them.
        """
        if self._looked_at is not None and monotonic() - self._looked_at > self._look_every and not self._looking.locked():
            threading.Thread(target=self._look_again, name="avro-schemas", daemon=True).start()
        try:
            subject = self._subjects[topic, type_name]
            found = msgspec.json.decode(payload)
            written = subject.serialize(subject.mapped.write(found) if subject.mapped.write else found, subject.context)
        except _UNFIT as unfit:
            return self._left_as_json(type_name, payload, repr(unfit))
        if written is None:
            return self._left_as_json(type_name, payload, "the payload is null")
        return Encoded(written, AVRO)

    def _left_as_json(self, type_name: str, payload: str, reason: str) -> Encoded:
        if type_name not in self._as_json:
            self._as_json.add(type_name)
            _log.warning("avro_left_as_json", type=type_name, reason=reason, hint="of an older or newer release? told once for each type")
        return Encoded(payload.encode(), JSON)

    def decode(self, topic: int, type_name: str, value: bytes) -> bytes:
        """The payload as JSON; asks the registry for a schema that it meets for the first time."""
        if not framed(value):
            return value
        subject = self._subjects.get((topic, type_name))
        if subject is None:
            raise Undecodable(f"no schema of this release is called {type_name}")
        if monotonic() < self._not_before:
            raise Undecodable("the registry of schemas did not answer a moment ago")
        self._see_whose(int.from_bytes(value[1:5]), subject.name)
        try:
            found = self._deserialize(value, subject.context)
            return msgspec.json.encode(subject.mapped.read(found) if subject.mapped.read else found)
        except Exception as wrong:  # bytes of anybody: Avro's readers fail in many ways, and the log has the event
            raise Undecodable(f"{type_name}: {type(wrong).__name__}: {wrong}") from wrong

    def _see_whose(self, number: int, subject: str) -> None:
        """A registry that was made anew gives its numbers anew, and another event's schema may read these bytes without complaint."""
        if (number, subject) in self._ours:
            return
        try:
            schema = json.loads(self._registry.get_schema(number, subject).schema_str or "{}")
        except Exception as refused:
            if not (isinstance(refused, SchemaRegistryError) and refused.http_status_code == HTTPStatus.NOT_FOUND):
                self._not_before = monotonic() + _AGAIN
            raise Undecodable(f"{subject}: no schema {number} from the registry: {refused or type(refused).__name__}") from refused
        if f"{schema.get('namespace')}.{schema.get('name')}" != subject:
            raise Undecodable(f"{subject}: the registry's schema {number} is another event's")
        self._ours.add((number, subject))


def _subject(registry: SchemaRegistryClient, event: type, log: str, prefix: str) -> _Subject:
    mapped = derive(event, log, prefix)
    schema = Schema(json.dumps(mapped.schema), "AVRO")
    serialize: Callable[[Any, SerializationContext], bytes | None] = AvroSerializer(registry, schema, conf=dict(_WRITING))
    context = SerializationContext(namespace_of(log, prefix), MessageField.VALUE)
    return _Subject(f"{namespace_of(log, prefix)}.{record_name(event)}", schema, mapped, context, serialize)


def _ensure(registry: SchemaRegistryClient, subject: _Subject) -> None:
    """Register a schema unless it is there, and say what may follow it; where it is there, no right to write is needed.

    The client keeps what it looked up, so that writing asks nobody.
    """
    try:
        registry.lookup_schema(subject.name, subject.schema)
    except SchemaRegistryError as refused:
        if refused.http_status_code != HTTPStatus.NOT_FOUND:
            raise
        registry.register_schema(subject.name, subject.schema)
        registry.set_compatibility(subject.name, COMPATIBILITY)
        registry.lookup_schema(subject.name, subject.schema)
