"""The result of a battle: the document that its hash is taken of, computed from stored facts and a vector."""

from typing import Any

from arena.chassis.core.canonical import canonical_json, sha256_hex
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.scoring.domain.result import Contribution, contribution, result_document
from arena.scoring.domain.standings import standings
from arena.scoring.storage import contestants
from arena.scoring.storage.battles import StoredBattle


async def final_result(uow: UnitOfWork, battle: StoredBattle, vector: dict[str, list[int]]) -> dict[str, Any]:
    """The result document of a battle whose barriers are reached."""
    held = {battle.battle_id: battle}
    entries = await contestants.entries(uow, await contestants.pairs_of(uow, battle.battle_id), held)
    parts: list[Contribution] = [contribution(battle.contest, entry.contestant, entry.facts) for entry in entries.values()]
    rows = standings([part.score for part in parts], battle.spec.scoring.tie_breaks)
    digests = {part.score.user_id: sha256_hex(canonical_json(part.digested)) for part in parts}
    return result_document(battle.battle_id, battle.spec, battle.timetable, vector, rows, digests)
