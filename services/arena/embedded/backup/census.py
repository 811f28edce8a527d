"""The census: where every log stands and what every final result's hash is. Taken in the snapshot, and again of what was restored.

What of a log is archived counts as the database has it recorded; `arena archive verify` proves that the archive holds it.
"""

import json
from collections import defaultdict

from arena.chassis.bus.versions import decoders
from arena.chassis.core.canonical import NotCanonical, canonical_json, sha256_hex
from arena.contracts.events.battles import BattleFinalised
from arena.contracts.registry import BATTLES
from arena.embedded.backup.manifest import ARCHIVED, Census, Final, Place
from arena.embedded.backup.tables import Session, ask

_LOGS = """
with archived as ({archived})
select t.name, h.partition, h.position, coalesce(e.events, 0) + coalesce(a.events, 0), coalesce(e.last, a.last, 0)
from log.head h join log.topic t on t.number = h.topic
left join (select topic, partition, sum(last - first + 1)::bigint events, max(last) last
           from archived group by topic, partition) a using (topic, partition)
left join (select topic, partition, count(distinct position) events, max(position) last
           from log.event group by topic, partition) e using (topic, partition)
order by t.name, h.partition
"""
_IN_THE_ARCHIVE = "select topic, partition, first, last from log.archived"
_NOTHING = "select 0::smallint topic, 0::smallint partition, 0::bigint first, 0::bigint last where false"
_RESULTS = "select battle_id::text, document, hash from battles.result order by battle_id"
_ANNOUNCED = "select type, payload from log.event where topic = %s and type = any(%s)"


def census(session: Session) -> Census:
    """Count, and compute every result's hash anew."""
    return Census(_logs(session), _results(session))


def _logs(session: Session) -> dict[str, dict[int, Place]]:
    found: dict[str, dict[int, Place]] = defaultdict(dict)
    for log, partition, *place in session.execute(_LOGS.format(archived=_archived(session)).encode()):
        found[log][partition] = Place(*place)
    return dict(found)


def _results(session: Session) -> dict[str, Final]:
    announced = _announced(session)
    unheard = ARCHIVED if _has_archived(session, BATTLES.number) else None
    kept = {battle: (stored, _computed(document)) for battle, document, stored in session.execute(_RESULTS)}
    battles = sorted(kept.keys() | announced.keys())
    return {battle: Final(*kept.get(battle, (None, None)), announced.get(battle, unheard)) for battle in battles}


def _has_archived(session: Session, topic: int) -> bool:
    return session.execute(f"select from ({_archived(session)}) a where topic = %s limit 1".encode(), (topic,)).rowcount > 0


def _archived(session: Session) -> str:
    """Asks what is in the archive; a database of before it has no table of it."""
    return _IN_THE_ARCHIVE if ask(session, "select to_regclass('log.archived') is not null") else _NOTHING


def _announced(session: Session) -> dict[str, str]:
    """The hashes in the battles' own log."""
    read = decoders(BattleFinalised)
    events = (read[name](payload) for name, payload in session.execute(_ANNOUNCED, (BATTLES.number, list(read))))
    return {str(event.battle_id): event.result_hash for event in events}


def _computed(document: str) -> str | None:
    try:
        return sha256_hex(canonical_json(json.loads(document)))
    except (ValueError, NotCanonical):
        return None
