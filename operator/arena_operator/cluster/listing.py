"""Listing everything once: at the start, so that no pass runs half blind, and from time to time, for watches forget what went in a gap."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from arena_operator.cluster.api import Api, ApiError
from arena_operator.cluster.cache import Cache, Entry
from arena_operator.cluster.kinds import BESIDE, DECLARED, OPTIONAL, Kind

_PAGE: Final = 500


class Listing:
    """Fills the cache from the API.

    Args:
        api: the client.
        cache: what is filled.
        namespace: the only one looked at; all if None.
    """

    def __init__(self, api: Api, cache: Cache, namespace: str | None) -> None:
        self._api = api
        self._cache = cache
        self._namespace = namespace
        self._late: set[Kind] = set()

    async def refresh(self) -> list[Entry]:
        """List all kinds; answers what was held and is gone. Raises ApiError, ApiUnreachable."""
        gone: list[Entry] = []
        for kind in (*BESIDE, *DECLARED):
            try:
                gone += await self._refresh(kind, self._cache.hold)
            except ApiError as refusal:
                if not (refusal.gone and kind.name in OPTIONAL):
                    raise
                self._late.add(kind)
        return gone

    async def refresh_late(self, changed: Callable[[str, Mapping[str, Any]], object]) -> list[Entry]:
        """List the kinds that were not defined when all was listed first, for no watch was begun on them; `changed` is told of each object.

        Answers what was held and is gone. Raises ApiError, ApiUnreachable.
        """
        gone: list[Entry] = []
        for kind in self._late:
            try:
                gone += await self._refresh(kind, changed)
            except ApiError as refusal:
                if not refusal.gone:
                    raise
        return gone

    async def _refresh(self, kind: Kind, changed: Callable[[str, Mapping[str, Any]], object]) -> list[Entry]:
        before = list(self._cache.all(kind.name))
        found = set()
        async for body in self._pages(kind):
            found.add(body["metadata"]["uid"])
            changed(kind.name, body)
        return [entry for entry in before if entry.uid not in found]

    async def _pages(self, kind: Kind) -> Any:
        token = ""
        while True:
            wanted = {"limit": str(_PAGE), "labelSelector": kind.selector, "continue": token}
            params = {name: value for name, value in wanted.items() if value}
            content = await self._api.call("list", kind.path(self._namespace), kind=kind.name, params=params, seconds=60)
            page = msgspec.json.decode(content)
            for body in page.get("items") or ():
                yield body
            token = page["metadata"].get("continue") or ""
            if not token:
                return


def namespaces(entries: Iterable[Entry]) -> set[str]:
    """The namespaces of some objects."""
    return {entry.namespace for entry in entries}
