"""Records on their way in, a lane a log partition: what Kafka brought that continues what was handed over, and what is missing."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from arena.chassis.bus.catalogue import RawRecord


class Arrival(NamedTuple):
    """What a message was: its record, or only that there is one at this place; and its offset in Kafka."""

    partition: int
    position: int
    record: RawRecord | None
    offset: int


class Lane:
    """Keeps the records that follow what was applied without a hole, each with its offset in Kafka.

    What came before is dropped, and so is what lies beyond a hole: the log has it, too.
    """

    __slots__ = ("_offsets", "_records", "end", "looked_at", "seen")

    def __init__(self) -> None:
        self.end: int | None = None
        """The last position that is here or was handed over; None until the reader has said where it stands."""
        self.seen = 0
        """The greatest position that there is known to be."""
        self.looked_at: int | None = None
        """Where `end` was when somebody last compared it with the log."""
        self._records: list[RawRecord] = []
        self._offsets: list[int] = []

    def __len__(self) -> int:
        return len(self._records)

    def accept(self, arrival: Arrival) -> int:
        """Take what Kafka brought; answers how many records were kept. Until the reader has said where it stands, all are."""
        _, position, record, offset = arrival
        if position > self.seen:  # noqa: PLR1730 - not max(): this is done for every event
            self.seen = position
        if record is None:
            return 0
        if self.end is not None:
            if position != self.end + 1:
                return 0
            self.end = position
        self._records.append(record)
        self._offsets.append(offset)
        return 1

    def applied(self, after: int) -> None:
        """The reader stands at this position: what it has is dropped. Where it went back, or leapt ahead, all is."""
        if self.end is None:
            self._begin(after)
            return
        done = len(self._records) - (self.end - after)
        if done < 0 or after >= self.end:
            self._records, self._offsets = [], []
            self.seen = max(self.seen, self.end)
            self.end = after
        elif done:
            del self._records[:done], self._offsets[:done]

    def take(self, most: int) -> Sequence[RawRecord]:
        """The next records; they stay here until they are applied."""
        return self._records[:most]

    def compare(self, head: int) -> None:
        """The log has this many: if nothing has come since the last comparison, what is missing is known to exist."""
        if self.looked_at == self.end and not self._records:
            self.seen = max(self.seen, head)
        self.looked_at = self.end

    def drop(self) -> None:
        """What waits here is not what the log has: it goes. As `seen` stays, the log is asked what there is in its place."""
        if self.end is not None:
            self.end -= len(self._records)
            self._records, self._offsets = [], []

    @property
    def lacks(self) -> bool:
        """Whether the next record is known to exist and did not come."""
        return self.end is not None and not self._records and self.seen > self.end

    @property
    def first_offset(self) -> int | None:
        """Kafka's offset of the first record that is not applied yet."""
        return self._offsets[0] if self._offsets else None

    def _begin(self, after: int) -> None:
        early = list(zip(self._records, self._offsets, strict=True))
        self._records, self._offsets, self.end = [], [], after
        for record, offset in early:
            self.accept(Arrival(record.partition, record.position, record, offset))


class Lanes:
    """The lanes of a source: a thread brings, the reader takes. `turn` counts how often they were given anew."""

    def __init__(self) -> None:
        self.turn = 0
        self.most = 0
        """How many the reader has asked for when it last took some."""
        self._lanes: dict[int, Lane] = {}
        self._lock = threading.Lock()

    @property
    def partitions(self) -> frozenset[int]:
        """The log partitions there are lanes for."""
        with self._lock:
            return frozenset(self._lanes)

    @property
    def waiting(self) -> int:
        """How many records wait to be applied."""
        with self._lock:
            return sum(map(len, self._lanes.values()))

    def give(self, partitions: Iterable[int]) -> None:
        """These are ours from now on, empty."""
        with self._lock:
            self._lanes.update((partition, Lane()) for partition in partitions)
            self.turn += 1

    def withdraw(self, partitions: Iterable[int]) -> None:
        """These are no longer ours."""
        with self._lock:
            for partition in partitions:
                self._lanes.pop(partition, None)
            self.turn += 1

    def accept(self, arrivals: Iterable[Arrival]) -> None:
        """Put each into its lane."""
        with self._lock:
            lanes = self._lanes
            for arrival in arrivals:
                if (lane := lanes.get(arrival.partition)) is not None:
                    lane.accept(arrival)

    def take(self, after: Mapping[int, int], most: int) -> tuple[list[RawRecord], list[int]]:
        """About `most` records that follow what the reader has applied, by place; and the partitions whose next is not to be had here.

        Those that have no lane are among them.
        """
        found: list[RawRecord] = []
        with self._lock:
            self.most = most
            lanes = [(partition, self._lanes[partition]) for partition in sorted(after) if partition in self._lanes]
            for partition, lane in lanes:
                lane.applied(after[partition])
            full = [lane for _, lane in lanes if len(lane)]
            for lane in full:
                found += lane.take(max(1, -(-most // len(full))))
            lacking = [partition for partition, lane in lanes if lane.lacks]
            return found, lacking + [partition for partition in after if partition not in self._lanes]

    def compare(self, heads: Mapping[int, int]) -> None:
        """Hold every lane against what the log has."""
        with self._lock:
            for partition, lane in self._lanes.items():
                lane.compare(heads.get(partition, 0))

    def forget(self, partitions: Iterable[int]) -> None:
        """The log has not got what Kafka said there is: somebody else's message, or a log that was restored."""
        with self._lock:
            for partition in partitions:
                if (lane := self._lanes.get(partition)) is not None and lane.end is not None:
                    lane.seen = lane.end

    def drop(self, partition: int) -> None:
        """See `Lane.drop`."""
        with self._lock:
            if (lane := self._lanes.get(partition)) is not None:
                lane.drop()

    def first_offset(self, partitions: Iterable[int]) -> int | None:
        """The least of Kafka's offsets of these lanes that is not applied yet; None where nothing waits."""
        with self._lock:
            waiting = [self._lanes[p].first_offset for p in partitions if p in self._lanes]
            return min((offset for offset in waiting if offset is not None), default=None)
