"""A record of a log as a Kafka message, and back: CloudEvents 1.0, binary mode. The header `ce_id` alone says the record's place."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeAlias

from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.bus.consumer import origin
from arena.chassis.core.settings_kafka import KAFKA_PREFIX
from arena.chassis.db.provision import PARTITIONS

JSON: Final = "application/json"
OMITTED: Final = "arena-omitted"
"""Header of a message without a value: why it has none. Its reader fetches the record from the log."""

Headers: TypeAlias = Sequence[tuple[str, bytes | str | None]]
_ID: Final = "ce_id"
_SLASHES: Final = 2
_ELSEWHERE: Final = re.compile(rb"[1-9]\d{1,4}/\d{1,18}")
"""Partition and position of a log with more partitions than ours have."""
_make: Final[Any] = tuple.__new__  # of a NamedTuple: half of what its own constructor costs
_DIGITS: Final = 18
"""No position has more."""
_TRACE: Final = 55
"""Bytes of a `traceparent`, as W3C has it: hexadecimal digits and dashes."""


def topic_of(log: str, prefix: str = KAFKA_PREFIX) -> str:
    """The topic that carries a log."""
    return f"{prefix}.{log}"


def group_of(consumer: str, prefix: str = KAFKA_PREFIX) -> str:
    """The group of those that read for a consumer."""
    return f"{prefix}.{consumer}"


class Message(NamedTuple):
    """What is produced."""

    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes | str | None]]


class Foreign(StrEnum):
    """Why a message is not one of ours."""

    NO_ID = "no-id"
    UNREADABLE_ID = "unreadable-id"
    OTHER_LOG = "other-log"
    WRONG_PARTITION = "wrong-partition"
    BAD_ATTRIBUTES = "bad-attributes"


class Wire:
    """The messages of one log, on a topic of so many Kafka partitions."""

    def __init__(self, log: str, partitions: int, prefix: str = KAFKA_PREFIX) -> None:
        self._partitions = partitions
        self._prefix = f"{log}/".encode()
        self._source = ("ce_source", f"/{prefix}/{log}".encode())
        self._heads = {self._prefix + b"%d" % partition: partition for partition in range(PARTITIONS)}
        """What stands before the position in an id of ours."""

    def kafka_partition(self, partition: int) -> int:
        """Where a partition of the log goes, whole."""
        return partition % self._partitions

    def message(self, record: RawRecord, value: bytes | None, content_type: str = JSON, *, omitted: str | None = None) -> Message:
        """The message of a record.

        Args:
            record: as it lies in the log.
            value: its payload as it goes over the wire; None leaves it out, with the reason in `omitted`.
            content_type: of the value.
            omitted: see there.
        """
        headers: list[tuple[str, bytes | str | None]] = [  # the id first: `place` looks there
            (_ID, b"%b%d/%d" % (self._prefix, record.partition, record.position)),
            ("ce_specversion", b"1.0"),
            self._source,
            ("ce_type", record.type.encode()),
            ("ce_time", stamp(record.at)),
            ("content-type", content_type.encode()),
        ]
        if traceparent := origin(record.headers):
            headers.append(("traceparent", traceparent.encode()))
        if omitted is not None:
            headers.append((OMITTED, omitted.encode()))
        return Message(record.key.encode(), value, headers)

    def plain(self, headers: Any, kafka_partition: int, key: Any, value: bytes | None) -> RawRecord | None:
        """The record of a message just as `message` writes them; None for any other, at which others look closely.

        Nearly all that is read comes this way, so it is one passage: half of what `place` and `record` cost.
        """
        try:
            (first, place), _, _, (third, kind), (fourth, stamp), (fifth, _), *more = headers
            head, _, position = place.rpartition(b"/")
            partition = self._heads[head]
            if not (first == _ID and third == "ce_type" and fourth == "ce_time" and fifth == "content-type" and kind):
                return None
            if value is None or partition % self._partitions != kafka_partition or not position.isdigit() or len(position) > _DIGITS:
                return None
            at = datetime.fromisoformat(stamp.decode())
            trace = None
            if more:
                [(last, came_from)] = more
                if last != "traceparent":
                    return None
                trace = _trace(came_from)
            record: RawRecord = _make(RawRecord, (partition, int(position), at, key.decode(), kind.decode(), value, trace))
        except (AttributeError, LookupError, TypeError, ValueError):
            return None
        return record if at.tzinfo is not None else None

    def place(self, headers: Headers | None, kafka_partition: int) -> tuple[int, int] | Foreign:
        """Partition and position in the log of a message that came from a Kafka partition, or why it is not ours."""
        if not headers:
            return Foreign.NO_ID
        name, found = headers[0]
        if name != _ID:
            found = next((value for name, value in headers if name == _ID), None)
        if not isinstance(found, bytes):
            return Foreign.NO_ID
        head, _, position = found.rpartition(b"/")
        partition = self._heads.get(head)
        if partition is None or not position.isdigit() or len(position) > _DIGITS:
            return self._foreign(found)
        if partition % self._partitions != kafka_partition:
            return Foreign.WRONG_PARTITION
        return partition, int(position)

    def _foreign(self, found: bytes) -> Foreign:
        """What is wrong with an id that is not one of this log's."""
        if not found.startswith(self._prefix):
            return Foreign.OTHER_LOG if found.count(b"/") == _SLASHES else Foreign.UNREADABLE_ID
        return Foreign.WRONG_PARTITION if _ELSEWHERE.fullmatch(found, len(self._prefix)) else Foreign.UNREADABLE_ID

    def record(self, place: tuple[int, int], key: bytes | None, value: bytes, headers: Headers) -> RawRecord | Foreign:
        """The record of a message whose place is known, or why it cannot be one; its payload is the value as it came."""
        try:
            *_, (third, kind), (fourth, stamp), _, (sixth, came_from) = headers
        except ValueError:
            third = ""
        if third != "ce_type" or fourth != "ce_time" or sixth != "traceparent":  # not in the order in which we write a record with a trace
            named = dict(headers)
            stamp, kind, came_from = named.get("ce_time"), named.get("ce_type"), named.get("traceparent")
        if not (isinstance(key, bytes) and isinstance(stamp, bytes) and isinstance(kind, bytes) and kind):
            return Foreign.BAD_ATTRIBUTES
        try:
            at = datetime.fromisoformat(stamp.decode())
            record = RawRecord(place[0], place[1], at, key.decode(), kind.decode(), value, _trace(came_from))
        except ValueError:
            return Foreign.BAD_ATTRIBUTES
        return record if at.tzinfo is not None else Foreign.BAD_ATTRIBUTES


def _trace(came_from: bytes | str | None) -> str | None:
    """The headers of a record, as the log has them; any other `traceparent` is no trace of ours, and would not be JSON either."""
    if not isinstance(came_from, bytes) or len(came_from) != _TRACE or came_from.translate(None, b"0123456789abcdef-"):
        return None
    return f'{{"traceparent":"{came_from.decode()}"}}'


def stamp(at: datetime) -> bytes:
    """RFC 3339 with microseconds, in UTC."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:-6]}Z".encode()
