"""What the client calls while it is at work asks it nothing that waits for an answer (else the next such call aborts the process)."""

from typing import Any, cast

from confluent_kafka import Consumer, TopicPartition

from arena.chassis.bus.kafka.codec import JsonCodec
from arena.chassis.bus.kafka.fetching import Fetching, Stream
from arena.chassis.bus.kafka.lanes import Lanes

TOPIC = "habitarena.x.y"


class AtWork:
    """A client in the middle of a call: it takes note, and answers nothing."""

    def __init__(self) -> None:
        self.hinted: list[TopicPartition] = []

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> None:
        assert asynchronous, "a commit that waits"
        self.hinted += offsets

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the client was asked: {name}")


def test_a_group_that_gives_takes_and_loses_asks_the_client_nothing_meanwhile() -> None:
    lanes, client = Lanes(), AtWork()
    fetching = Fetching(Stream({}, 1, "x.y", TOPIC, "group", JsonCodec()), lanes, lambda: None)
    ours = [TopicPartition(TOPIC, 3), TopicPartition(TOPIC, 4)]
    consumer = cast("Consumer", client)
    fetching._given(consumer, ours)
    assert fetching._new == {3, 4}
    fetching._next = {3: 7, 4: 9}
    fetching._taken(consumer, ours[:1])
    fetching._lost(consumer, ours[1:])
    assert {(one.partition, one.offset) for one in client.hinted} == {(3, 7), (4, 9)}
    assert (fetching._new, fetching._next) == (set(), {})


class Foreigner:
    """A message of nobody's."""

    def error(self) -> None: ...

    def headers(self) -> None: ...

    def key(self) -> None: ...

    def value(self) -> None: ...

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 5


class Waiting:
    """A client as it is: asked for many, it waits for all of them until the time is over."""

    def __init__(self) -> None:
        self.there = [Foreigner(), Foreigner(), Foreigner()]
        self.waited = 0.0

    def consume(self, number: int, seconds: float) -> list[Foreigner]:
        taken, self.there = self.there[:number], self.there[number:]
        self.waited += seconds if len(taken) < number else 0
        return taken


def test_what_has_come_is_taken_whole_and_waits_for_nothing_more() -> None:
    client, told = Waiting(), list[None]()
    fetching = Fetching(Stream({}, 1, "x.y", TOPIC, None, JsonCodec()), Lanes(), lambda: told.append(None))
    fetching._next = {3: 0}
    fetching._fetch(cast("Consumer", client))
    assert (client.there, client.waited, fetching._next, len(told)) == ([], 0, {3: 6}, 1)


def test_a_message_of_a_partition_that_was_taken_from_us_meanwhile_is_no_hint() -> None:
    fetching = Fetching(Stream({}, 1, "x.y", TOPIC, "group", JsonCodec()), Lanes(), lambda: None)
    fetching._fetch(cast("Consumer", Waiting()))
    assert fetching._next == {}
