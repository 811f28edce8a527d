"""The queue: one pass at a time, due ones first, nothing lost, failures ever later."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from arena_operator.handlers.queue import Queue, Turn, Urgency


@dataclass
class Stopwatch:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def queue(watch: Stopwatch) -> Queue:
    return Queue(watch, lambda: 1.0, base=1.0, cap=8.0)


async def next_of(queue: Queue) -> Turn | None:
    """The next turn, or None when there is none now."""
    asked = asyncio.create_task(queue.take())
    for _ in range(3):
        await asyncio.sleep(0)
    if not asked.done():
        asked.cancel()
        return None
    return await asked


async def keys_of(queue: Queue) -> list[object]:
    found: list[object] = []
    while (turn := await next_of(queue)) is not None:
        found.append(turn.key)
    return found


async def test_a_key_said_often_has_one_pass(queue: Queue) -> None:
    for _ in range(3):
        queue.wake("a", 1)
    assert await keys_of(queue) == ["a"]


async def test_due_comes_before_changed_and_changed_before_resync(queue: Queue, watch: Stopwatch) -> None:
    queue.wake("resync", urgency=Urgency.RESYNC)
    queue.wake("changed")
    queue.later("due", 1, Urgency.DUE)
    watch.now = 2
    assert await keys_of(queue) == ["due", "changed", "resync"]


async def test_what_waits_for_its_resync_is_hurried_by_a_change(queue: Queue) -> None:
    queue.wake("a", urgency=Urgency.RESYNC)
    queue.wake("b")
    queue.wake("a")
    assert await keys_of(queue) == ["b", "a"]


async def test_a_key_whose_pass_runs_is_not_taken_again_but_after_it(queue: Queue) -> None:
    queue.wake("a", 1)
    assert (await next_of(queue)) is not None
    queue.wake("a", 5)
    assert await next_of(queue) is None
    queue.done("a", 4)
    assert await keys_of(queue) == ["a"]


async def test_the_news_of_what_the_pass_itself_wrote_wakes_nobody(queue: Queue) -> None:
    queue.wake("a", 1)
    await next_of(queue)
    queue.wake("a", 4)
    queue.done("a", 4)
    assert await next_of(queue) is None


async def test_news_of_something_beside_the_object_are_looked_at_whatever_the_pass_wrote(queue: Queue) -> None:
    queue.wake("a", 1)
    await next_of(queue)
    queue.wake("a", 0)
    queue.wake("a", 4)
    queue.done("a", 9)
    assert await keys_of(queue) == ["a"]


async def test_lateness_counts_from_the_due_time(queue: Queue, watch: Stopwatch) -> None:
    queue.later("a", 5, Urgency.DUE)
    assert await next_of(queue) is None
    watch.now = 7
    turn = await next_of(queue)
    assert turn is not None
    assert (turn.since, turn.urgency) == (5, Urgency.DUE)


async def test_an_earlier_due_time_wins_and_the_later_one_is_forgotten(queue: Queue, watch: Stopwatch) -> None:
    queue.later("a", 50)
    queue.later("a", 5, Urgency.DUE)
    queue.later("a", 20)
    watch.now = 6
    assert await keys_of(queue) == ["a"]
    queue.done("a")
    watch.now = 60
    assert await next_of(queue) is None


async def test_failures_wait_twice_as_long_each_time_up_to_the_cap_and_success_forgets_them(queue: Queue) -> None:
    queue.wake("a")
    waits = []
    for _ in range(5):
        queue.wake("a")
        await next_of(queue)
        waits.append(queue.failed("a"))
    assert waits == [1, 2, 4, 8, 8]
    queue.wake("a")
    await next_of(queue)
    queue.done("a")
    queue.wake("a")
    await next_of(queue)
    assert queue.failed("a") == 1


async def test_a_change_during_a_pass_that_fails_does_not_wait_for_the_back_off(queue: Queue) -> None:
    queue.wake("a", 1)
    await next_of(queue)
    queue.wake("a", 2)
    queue.failed("a")
    assert await keys_of(queue) == ["a"]


async def test_whoever_waits_is_told_when_the_queue_closes(queue: Queue) -> None:
    waiting = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    queue.close()
    assert await waiting is None


async def test_the_end_of_the_wait_is_a_due_time_that_comes() -> None:
    queue = Queue(asyncio.get_running_loop().time, lambda: 1.0)
    queue.later("a", 0.05, Urgency.DUE)
    async with asyncio.timeout(1):
        turn = await queue.take()
    assert turn is not None
    assert turn.key == "a"


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order: one pass at a time a key, and no news without a pass that begins after it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.watch = Stopwatch()
        self.queue = Queue(self.watch, lambda: 0.5, base=1.0, cap=4.0)
        self.running: set[object] = set()
        self.unseen: set[object] = set()

    keys = st.sampled_from("abc")

    @rule(key=keys, urgency=st.sampled_from(Urgency))
    def wake(self, key: str, urgency: Urgency) -> None:
        self.queue.wake(key, 0, urgency)
        self.unseen.add(key)

    @rule(key=keys, seconds=st.floats(0, 10))
    def later(self, key: str, seconds: float) -> None:
        self.queue.later(key, seconds)

    @rule(seconds=st.floats(0, 20))
    def pass_time(self, seconds: float) -> None:
        self.watch.now += seconds

    @rule()
    def take(self) -> None:
        turn = self.loop.run_until_complete(next_of(self.queue))
        if turn is not None:
            assert turn.key not in self.running
            self.running.add(turn.key)
            self.unseen.discard(turn.key)

    @precondition(lambda self: self.running)
    @rule(ends_well=st.booleans(), data=st.data())
    def end(self, *, ends_well: bool, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(map(str, self.running))))
        self.running.discard(key)
        if ends_well:
            self.queue.done(key, 9)
        else:
            self.queue.failed(key)

    @invariant()
    def counts_what_waits(self) -> None:
        assert self.queue.depth <= 3
        assert self.queue.age >= 0

    def teardown(self) -> None:
        for _ in range(50):
            for key in list(self.running):
                self.running.discard(key)
                self.queue.done(key)
            self.take()
            self.watch.now += 20
        assert not self.unseen
        self.loop.close()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
