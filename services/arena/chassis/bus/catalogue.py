"""Which event belongs to which log and partition, and how it is written: JSON by msgspec, the type named by its class and version."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from arena.chassis.bus.versions import decoders, type_name, type_names
from arena.chassis.db.provision import LogDefinition

E = TypeVar("E")


class RawRecord(NamedTuple):
    """An event as it lies in a log, not decoded."""

    partition: int
    position: int
    at: Any
    key: str
    type: str
    payload: str | bytes
    headers: str | None


class Recorded(NamedTuple, Generic[E]):
    """An event with its place and stamp in the log; `at` is the instant the log accepted it (UTC, database clock)."""

    event: E
    partition: int
    position: int
    at: Any
    key: str


class Entry(NamedTuple):
    """An event ready to be appended."""

    topic: int
    partition: int
    key: str
    type: str
    payload: str
    headers: str | None


class UnknownEvent(Exception):
    """An event type, or a version of one, that this release does not know, or a payload that does not fit its type."""

    slug = "unknown-event"


MISFITS = (msgspec.MsgspecError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a decoder raises for a payload that is not what its type says: an upcast meets it before anything has checked it."""


def misfit(raw: RawRecord, wrong: Exception) -> UnknownEvent:
    """What to raise for one of `MISFITS`."""
    return UnknownEvent(f"{raw.type} at {raw.partition}/{raw.position}: {wrong}")


class Catalogue:
    """Codec and registry of events."""

    def __init__(self, logs: Iterable[LogDefinition], partition_of: Callable[[str], int]) -> None:
        self.logs = {log.number: log for log in logs}
        self._partition_of = partition_of
        self._home = {event: log for log in self.logs.values() for event in log.events}
        self._type_names = {event: type_name(event) for event in self._home}
        self._encode = msgspec.json.Encoder().encode
        self._decoders: dict[tuple[int, str], Callable[[str | bytes], Any]] = {
            (log.number, name): decode for event, log in self._home.items() for name, decode in decoders(event).items()
        }

    def entry(self, event: object, headers: str | None = None) -> Entry:
        """The event as it will be appended to its log."""
        log = self._home[type(event)]
        key = str(getattr(event, log.key))
        return Entry(log.number, self._partition_of(key), key, self._type_names[type(event)], self._encode(event).decode(), headers)

    def decode(self, topic: int, raw: RawRecord) -> Any:
        """The event of a record, in today's version.

        Raises:
            UnknownEvent: its type or version is not registered for the log, or its payload does not fit.
        """
        decoder = self.decoder(topic, raw.type)
        if decoder is None:
            raise self.unknown(topic, raw.type)
        try:
            return decoder(raw.payload)
        except MISFITS as wrong:
            raise misfit(raw, wrong) from wrong

    def decoder(self, topic: int, name: str) -> Callable[[str | bytes], Any] | None:
        """What decodes the events of that type name; it raises `MISFITS`. None where a log has none."""
        return self._decoders.get((topic, name))

    def unknown(self, topic: int, name: str) -> UnknownEvent:
        """Why a type name is none that the log has."""
        log = self.logs[topic]
        for event in log.events:
            if name.partition(".v")[0] == event.__name__:
                known = ", ".join(type_names(event))
                return UnknownEvent(f"{log.name} has no {name!r}, a version that this release does not know (it knows {known})")
        return UnknownEvent(f"{log.name} has no event type {name!r}")
