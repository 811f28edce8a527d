"""From a log POST to the standing on an opponent's stream, at 200 logs a second, by the client's clock, on a real `arena up`."""

import asyncio
import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import uvloop

from arena.embedded.testing_process import ArenaProcess
from bench.crowd import Member, battle, crowd, until_running
from bench.figures import Figure, at_most, percentile
from bench.installation import throw_away_folder
from bench.wire import Lines

PEOPLE = 100
IN_A_BATTLE = 4
RATE = 200
SECONDS, SECONDS_SHORT = 60, 15
WARM_UP = 5
MOST_P50, MOST_P99 = 40, 200
_POINTS = 10
"""What a fact earns by default, so the n-th fact of somebody is on the board when their score is n times this."""
_PATIENCE = 10.0
LIMITS = {"ARENA_WRITES_PER_SECOND": "100000"}
"""Nobody is told to wait: the crowd logs faster than people."""


class Row(msgspec.Struct):
    """What is read of a line."""

    user_id: str
    score: int


class Board(msgspec.Struct):
    """What is read of an event."""

    items: list[Row]


@dataclass(frozen=True, slots=True)
class Measured:
    """Latencies in milliseconds of every log after the warm-up: until its standing was shown, until the POST was answered."""

    shown: tuple[float, ...]
    answered: tuple[float, ...]
    late: float
    """How late the generator itself was, at the 99th percentile: if this is large, nothing was measured."""

    def figures(self) -> list[Figure]:
        """The median and the tail; nothing can be shown much sooner than the POST is answered, that is when it is durable."""
        note = f"{len(self.shown):,} logs; bound: the POST's own answer; generator late by {self.late:.1f} ms at p99"
        bound = statistics.median(self.answered), percentile(self.answered, 99)
        return [
            Figure("log_to_stream_p50", statistics.median(self.shown), "ms", at_most(MOST_P50), bound=bound[0], note=note),
            Figure("log_to_stream_p99", percentile(self.shown, 99), "ms", at_most(MOST_P99), bound=bound[1], note=note),
        ]


@dataclass(slots=True)
class Watch:
    """Somebody's logs: when each was to be sent, when an opponent's stream showed it, and how long the answers took."""

    member: Member
    sent: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    def see(self, score: int, now: float) -> None:
        """The stream shows this score."""
        self.shown += [now] * (score // _POINTS - len(self.shown))


@dataclass(slots=True)
class Generator:
    """Open loop: a log is sent when its time has come, whether the ones before were answered or not."""

    lines: Lines
    watches: list[Watch]
    rate: int = RATE
    late: list[float] = field(default_factory=list)
    refused: int = 0

    async def run(self, seconds: float) -> None:
        """Send at the rate, in turns."""
        began = time.perf_counter() + 0.1
        async with asyncio.TaskGroup() as posts:
            for number in range(int(self.rate * seconds)):
                due = began + number / self.rate
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                watch = self.watches[number % len(self.watches)]
                watch.sent.append(due)
                self.late.append(time.perf_counter() - due)
                posts.create_task(self._post(watch, len(watch.sent)))

    async def _post(self, watch: Watch, number: int) -> None:
        member, due = watch.member, watch.sent[number - 1]
        body = {"logged_at": datetime.now(UTC).isoformat(), "time_zone": "UTC", "client_id": f"{number}"}
        status = await self.lines.post(f"/api/habits/{member.habits[0]}/logs", member.token, msgspec.json.encode(body))
        watch.answered.append(time.perf_counter() - due)
        self.refused += status != 201  # noqa: PLR2004 - Created


async def _follow(lines: Lines, battle_id: str, watcher: Member, watches: dict[str, Watch]) -> None:
    """Follow a battle as one of its people and note what the stream says of the others of `watches`."""
    decode = msgspec.json.Decoder(Board).decode
    async for data in lines.events(f"/api/live/battles/{battle_id}/stream", watcher.token):
        now = time.perf_counter()
        for row in decode(data).items:
            if row.user_id in watches:
                watches[row.user_id].see(row.score, now)


async def _until_shown(watches: Sequence[Watch]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while any(len(watch.shown) < len(watch.sent) for watch in watches):  # noqa: ASYNC110 - what a stream shows is noted, not signalled
            await asyncio.sleep(0.05)


async def latencies(url: str, seconds: float, *, live: str | None = None) -> Measured:
    """Let a crowd log at the rate, and time what each opponent sees, on streams at `live` where that is served elsewhere."""
    members = await crowd(url, PEOPLE, 1)
    groups = [members[at : at + IN_A_BATTLE] for at in range(0, PEOPLE, IN_A_BATTLE)]
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        battles = {await battle(http, group, starts_in=3, lasts=timedelta(minutes=30)): group for group in groups}
        await until_running(http, {made: group[0] for made, group in battles.items()}, 60)
    lines, shown_at = Lines(url), Lines(live or url)
    watches = {member.user_id: Watch(member) for member in members}
    streams = []
    for made, group in battles.items():
        for place, watcher in enumerate(group):  # everybody watches, and is timed on the stream of the next one
            shown = group[place - 1].user_id
            streams.append(asyncio.create_task(_follow(shown_at, made, watcher, {shown: watches[shown]})))
    await asyncio.sleep(1)
    generator = Generator(lines, list(watches.values()))
    await generator.run(WARM_UP + seconds)
    if generator.refused:
        raise RuntimeError(f"{generator.refused} log POSTs were not answered by 201")
    await _until_shown(generator.watches)
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    await lines.close()
    skip = RATE * WARM_UP // PEOPLE
    until_shown = [1000 * (shown - sent) for w in generator.watches for sent, shown in list(zip(w.sent, w.shown, strict=False))[skip:]]
    answered = [1000 * took for w in generator.watches for took in w.answered[skip:]]
    return Measured(tuple(until_shown), tuple(answered), 1000 * percentile(generator.late, 99))


def measure(short: bool) -> list[Figure]:  # noqa: FBT001 - every measurement takes just this
    """Start a platform and measure."""
    with throw_away_folder() as folder:
        process = ArenaProcess(folder / "live", env=LIMITS)
        process.start()
        gc.freeze()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(latencies(process.url, SECONDS_SHORT if short else SECONDS)).figures()
        finally:
            process.stop()
