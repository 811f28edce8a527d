"""A battle's result recomputed from the logs alone: scoring's tables are not asked, so they can be proved by it."""

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from arena.chassis.bus.catalogue import Catalogue, Recorded
from arena.chassis.bus.source import EventSource
from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.contracts.events.battles import BattleOpened
from arena.contracts.events.scoring import BattleScored
from arena.contracts.ids import BattleId
from arena.contracts.registry import BATTLES, LEDGER, STANDINGS, Log, partition_of
from arena.scoring.domain.story import Story

AT_ONCE = 5000
SourceOf = Callable[[Log], EventSource]


class BattleUnscored(Exception):
    """The logs hold no last word on the battle."""

    slug = "battle-unscored"

    def __init__(self, battle_id: BattleId) -> None:
        super().__init__(f"The log holds no result of a battle {battle_id}: it is unknown, was called off, or is not over yet.")


class Replayed(NamedTuple):
    """A battle's result as it was announced, and as the log gives it now, with the hash of that."""

    announced: BattleScored
    document: dict[str, Any]
    result_hash: str


class Replay:
    """Reads the logs; `advance` is told how many events were read."""

    def __init__(self, source_of: SourceOf, catalogue: Catalogue, advance: Callable[[int], None] = lambda _: None) -> None:
        self._source_of = source_of
        self._catalogue = catalogue
        self._advance = advance

    async def battle(self, battle_id: BattleId) -> Replayed:
        """Recompute a battle's result from the events up to the vector that was announced.

        Raises:
            BattleUnscored: there is no last word on it in the log.
        """
        announced = await self._last_word(battle_id)
        vector = announced.result["vector"]
        story = await self._story(battle_id, vector[BATTLES.name])
        async for record in self._told(LEDGER, {str(user) for user in story.players}, vector[LEDGER.name]):
            story.players[record.event.user_id].keep(record.event, record.at)
        document = story.result(battle_id, vector, _digest)
        return Replayed(announced, document, _digest(document))

    async def _last_word(self, battle_id: BattleId) -> BattleScored:
        heads = await self._source_of(STANDINGS).heads()
        upto = [position for _, position in sorted(heads.items())]
        async for record in self._told(STANDINGS, {str(battle_id)}, upto):
            if isinstance(record.event, BattleScored):
                return record.event
        raise BattleUnscored(battle_id)

    async def _story(self, battle_id: BattleId, upto: list[int]) -> Story:
        story = None
        async for record in self._told(BATTLES, {str(battle_id)}, upto):
            if isinstance(record.event, BattleOpened):
                story = Story.begin(record.event)
            elif story is not None:
                story.follow(record.event, record.at)
        if story is None:
            raise BattleUnscored(battle_id)
        return story

    async def _told(self, log: Log, keys: set[str], upto: list[int]) -> AsyncIterator[Recorded[Any]]:
        """What a log tells of some keys up to a vector, in the order of each key."""
        source = self._source_of(log)
        cursors = dict.fromkeys((partition for partition in {partition_of(key) for key in keys} if upto[partition]), 0)
        while cursors:
            batch = [raw for raw in await source.read(cursors, AT_ONCE) if raw.position <= upto[raw.partition]]
            for raw in batch:
                cursors[raw.partition] = raw.position
                if raw.key in keys:
                    yield Recorded(self._catalogue.decode(log.number, raw), raw.partition, raw.position, raw.at, raw.key)
            self._advance(len(batch))
            cursors = {partition: position for partition, position in cursors.items() if position < upto[partition]} if batch else {}


def _digest(value: Any) -> str:
    return sha256_hex(canonical_json(value))
