"""What could not be applied, and what an administrator does with it. Each service that consumes keeps its own."""

from typing import Final
from urllib.parse import quote

from arena.client.models import DeadLetter, DeadLetterAct, Page, ParkedEvent, Replayed
from arena.client.transport import Transport

CONSUMING: Final = ("habits", "scoring", "battles")
"""The services that read events."""


class DeadLetterCalls:
    """`/api/SERVICE/dead-letters`; a consumer's name begins with its service."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def parked(self, service: str) -> list[DeadLetter]:
        """One line a parked key of a service."""
        return (await self._transport.get(f"/api/{service}/dead-letters", Page[DeadLetter])).items

    async def acts(self, service: str) -> list[DeadLetterAct]:
        """What became of a service's dead letters, the newest first."""
        return (await self._transport.get(f"/api/{service}/dead-letters/acts", Page[DeadLetterAct])).items

    async def events(self, consumer: str, key: str) -> list[ParkedEvent]:
        """The events of a parked key: the first failed, the others wait."""
        return (await self._transport.get(_path(consumer, key), Page[ParkedEvent])).items

    async def replay(self, consumer: str, key: str) -> Replayed:
        """Apply them again."""
        return await self._transport.post(f"{_path(consumer, key)}/replay", Replayed)

    async def discard(self, consumer: str, key: str, position: int, reason: str) -> Replayed:
        """Give the first one up, which must be that at `position`, and apply the others."""
        return await self._transport.post(f"{_path(consumer, key)}/discard", Replayed, {"reason": reason, "position": position})


def _path(consumer: str, key: str) -> str:
    return f"/api/{consumer.partition('.')[0]}/dead-letters/{quote(consumer, safe='')}/{quote(key, safe='')}"
