"""Which event belongs to which log and partition, and how it is written: JSON by msgspec, the type named by its class."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

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
    """An event type that this version does not know, or a payload that does not fit its type."""

    slug = "unknown-event"


class Catalogue:
    """Codec and registry of events."""

    def __init__(self, logs: Iterable[LogDefinition], partition_of: Callable[[str], int]) -> None:
        self.logs = {log.number: log for log in logs}
        self._partition_of = partition_of
        self._home = {event: log for log in self.logs.values() for event in log.events}
        self._encode = msgspec.json.Encoder().encode
        self._decoders: dict[tuple[int, str], Callable[[str | bytes], Any]] = {
            (log.number, event.__name__): msgspec.json.Decoder(event).decode for event, log in self._home.items()
        }

    def entry(self, event: object, headers: str | None = None) -> Entry:
        """The event as it will be appended to its log."""
        log = self._home[type(event)]
        key = str(getattr(event, log.key))
        return Entry(log.number, self._partition_of(key), key, type(event).__name__, self._encode(event).decode(), headers)

    def decode(self, topic: int, raw: RawRecord) -> Any:
        """The event of a record.

        Raises:
            UnknownEvent: its type is not registered for the log, or its payload does not fit.
        """
        decoder = self._decoders.get((topic, raw.type))
        if decoder is None:
            raise UnknownEvent(f"log {topic} has no event type {raw.type!r}")
        try:
            return decoder(raw.payload)
        except msgspec.MsgspecError as wrong:
            raise UnknownEvent(f"{raw.type} at {raw.partition}/{raw.position}: {wrong}") from wrong
