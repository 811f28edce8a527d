"""What the watches last said: an index, never a memory of decisions. Each object is kept as compact JSON at its newest version.

Every write carries the version looked at, so an index that lags costs a conflict and another look, never a wrong write.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from arena_operator.cluster.kinds import DECLARED
from arena_operator.resources.naming import API_VERSION

_DECLARED = frozenset(kind.name for kind in DECLARED)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Entry:
    """One object: its uid, version (a number that grows), generation, the uid of the resource of ours that owns it ("" if none), itself."""

    kind: str
    namespace: str
    name: str
    uid: str
    version: int
    generation: int
    owner: str
    content: bytes

    def body(self) -> dict[str, Any]:
        """The object; a fresh copy each time."""
        found: dict[str, Any] = _decode(self.content)
        return found


class Cache:
    """Objects by uid, by namespace and kind, and by the resource of ours that owns them."""

    def __init__(self) -> None:
        self._by_uid: dict[str, Entry] = {}
        self._by_place: dict[tuple[str, str], dict[str, Entry]] = defaultdict(dict)
        self._by_owner: dict[str, dict[str, Entry]] = defaultdict(dict)
        self._changes: dict[str, int] = defaultdict(int)

    def hold(self, kind: str, body: Mapping[str, Any]) -> Entry | None:
        """Keep an object unless a newer version of it is held; None if nothing is new."""
        entry = _entry(kind, body)
        before = self._by_uid.get(entry.uid)
        if before is not None and before.version >= entry.version:
            return None
        if (namesake := self.named(kind, entry.namespace, entry.name)) is not None and namesake.uid != entry.uid:
            self.drop(namesake.uid)
        self._by_uid[entry.uid] = entry
        self._by_place[kind, entry.namespace][entry.name] = entry
        if before is not None and before.owner != entry.owner:
            self._disown(before)
        if entry.owner:
            self._by_owner[entry.owner][entry.uid] = entry
        self._note(entry)
        return entry

    def drop(self, uid: str) -> Entry | None:
        """Forget an object; answers what was held."""
        entry = self._by_uid.pop(uid, None)
        if entry is None:
            return None
        self._by_place[entry.kind, entry.namespace].pop(entry.name, None)
        if entry.owner:
            self._disown(entry)
        self._note(entry)
        return entry

    def get(self, uid: str) -> Entry | None:
        """An object by its uid."""
        return self._by_uid.get(uid)

    def named(self, kind: str, namespace: str, name: str) -> Entry | None:
        """An object by its place."""
        return self._by_place[kind, namespace].get(name)

    def of(self, kind: str, namespace: str) -> Iterator[Entry]:
        """All of a kind in a namespace."""
        return iter(list(self._by_place[kind, namespace].values()))

    def all(self, kind: str) -> Iterator[Entry]:
        """All of a kind."""
        return (entry for entry in list(self._by_uid.values()) if entry.kind == kind)

    def owned(self, uid: str) -> Iterator[Entry]:
        """The objects that a resource of ours owns."""
        return iter(list(self._by_owner.get(uid, {}).values()))

    def changes(self, namespace: str) -> int:
        """A number that grows whenever something in the namespace that no resource of ours owns, and is none, comes, changes or goes."""
        return self._changes[namespace]

    def _note(self, entry: Entry) -> None:
        if not entry.owner and entry.kind not in _DECLARED:
            self._changes[entry.namespace] += 1

    def _disown(self, entry: Entry) -> None:
        rest = self._by_owner.get(entry.owner, {})
        rest.pop(entry.uid, None)
        if not rest:
            self._by_owner.pop(entry.owner, None)


def _entry(kind: str, body: Mapping[str, Any]) -> Entry:
    meta = body["metadata"]
    kept = {**body, "kind": kind, "metadata": {key: value for key, value in meta.items() if key != "managedFields"}}
    return Entry(
        kind,
        meta.get("namespace", ""),
        meta["name"],
        meta["uid"],
        int(meta["resourceVersion"]),
        int(meta.get("generation") or 0),
        next((owner["uid"] for owner in meta.get("ownerReferences") or () if owner.get("apiVersion") == API_VERSION), ""),
        _encode(kept),
    )
