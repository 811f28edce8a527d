"""What an event of a watch means: the cache is told, and whoever may be concerned is woken. Nothing is decided here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from arena_operator.cluster.cache import Cache, Entry
from arena_operator.cluster.kinds import BATTLE, DECLARED
from arena_operator.handlers.queue import Queue, Urgency

_DECLARED: Final = frozenset(kind.name for kind in DECLARED)


class Namespace(NamedTuple):
    """The key of what all battles of a namespace share."""

    name: str


class Waking:
    """From events to keys: the uid of a resource, or a namespace.

    Args:
        cache: what is told first.
        queue: where keys go.
        leading: whether we act at all; while not, only the cache is told.
        gone: told the uid of a resource that is no more.
        concerned: the uids of the battles that depend just now on what all of a namespace share.
    """

    def __init__(
        self,
        cache: Cache,
        queue: Queue,
        leading: Callable[[], bool],
        gone: Callable[[str], None],
        concerned: Callable[[str], Iterable[str]],
    ) -> None:
        self._cache = cache
        self._queue = queue
        self._leading = leading
        self._gone = gone
        self._concerned = concerned

    def changed(self, kind: str, body: Mapping[str, Any]) -> None:
        """An object is there, or another version of it; what we know already (our own writes) wakes nobody."""
        entry = self._cache.hold(kind, body)
        if entry is not None and self._leading():
            if kind in _DECLARED:
                self._queue.wake(entry.uid, entry.version)
            self._beside(entry)

    def deleted(self, kind: str, uid: str) -> None:
        """An object is gone."""
        entry = self._cache.drop(uid)
        if kind in _DECLARED:
            self._queue.forget(uid)
            self._gone(uid)
        if entry is not None and self._leading():
            self._beside(entry)

    def everything(self) -> None:
        """We begin to lead, or the time is another: look at all there is, also at what is being looked at just now."""
        for kind in DECLARED:
            for entry in self._cache.all(kind.name):
                self._queue.wake(entry.uid, urgency=Urgency.RESYNC)
                if kind is BATTLE:
                    self._queue.wake(Namespace(entry.namespace), urgency=Urgency.RESYNC)

    def _beside(self, entry: Entry) -> None:
        """Whoever owns it, what all battles of its namespace share, and those that depend on that; several changes in a second are one."""
        if entry.owner:
            self._queue.wake(entry.owner)
        if not entry.owner or entry.kind == BATTLE.name:
            self._queue.later(Namespace(entry.namespace), 1.0, Urgency.CHANGED)
        if not entry.owner and entry.kind not in _DECLARED:
            for uid in self._concerned(entry.namespace):
                self._queue.later(uid, 1.0, Urgency.CHANGED)
