"""Battles as scoring keeps them: the definition, how far it is, the last word on it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import text

from arena.chassis.db.unit_of_work import Question, UnitOfWork
from arena.contracts.battle_spec import BattleSpec, Phase
from arena.contracts.events.battles import BattleOpened, Timetable
from arena.contracts.ids import BattleId, UserId
from arena.scoring.domain.rules_contest import Contest

_MARGIN = timedelta(days=2)
"""The civil day of an instant differs from its UTC date by less than this, whatever the zone and the day start."""

Pair = tuple[BattleId, UserId]


class StoredBattle(NamedTuple):
    """A battle's row; `version` counts the changes of its definition and phase, `revision` the changes of its standings."""

    battle_id: BattleId
    owner_id: UserId
    phase: Phase
    spec: BattleSpec
    timetable: Timetable
    contest: Contest
    """What of both decides about points."""
    version: int
    revision: int
    as_of: datetime
    vector: dict[str, list[int]] | None
    result_hash: str | None
    lines: int
    """How many lines its standings have."""


_COLUMNS = (
    "battle_id, owner_id, phase, spec, timetable, version, revision, as_of, vector, result_hash, "
    "(select count(*) from standing s where s.battle_id = battle.battle_id)"
)


async def add_battle(uow: UnitOfWork, opened: BattleOpened, at: datetime) -> None:
    """Keep a battle that opened."""
    await uow.connection.execute(
        text(
            "insert into battle (battle_id, owner_id, phase, spec, timetable, closes_at, as_of) values (:battle, :owner, 'open', :spec, "
            ":timetable, :closes, :at)"
        ),
        {
            "battle": opened.battle_id,
            "owner": opened.owner_id,
            "spec": _json(opened.spec),
            "timetable": _json(opened.timetable),
            "closes": opened.timetable.audit_ends,
            "at": at,
        },
    )


async def change_battle(
    uow: UnitOfWork, battle_id: BattleId, timetable: Timetable, *, spec: BattleSpec | None = None, phase: Phase | None = None
) -> None:
    """Keep another definition or phase."""
    await uow.connection.execute(
        text(
            "update battle set timetable = :timetable, closes_at = :closes, spec = coalesce(:spec, spec), phase = "
            "coalesce(:phase, phase), version = "
            "version + 1 "
            "where battle_id = :battle"
        ),
        {
            "battle": battle_id,
            "timetable": _json(timetable),
            "closes": timetable.audit_ends,
            "spec": None if spec is None else _json(spec),
            "phase": None if phase is None else phase.value,
        },
    )


async def lock_battles(uow: UnitOfWork, battles: Iterable[BattleId], *, wait: bool = True) -> dict[BattleId, StoredBattle]:
    """These battles, held until the transaction ends; locked in the order of their ids. Without `wait`, those that are free."""
    driver = await uow.driver()
    cursor = await driver.execute(
        f"select {_COLUMNS} from battle where battle_id = any(%b) order by battle_id for no key update" + ("" if wait else " skip locked"),
        (sorted(battles),),
        binary=True,
    )
    return {row[0]: _battle(row) for row in await cursor.fetchall()}


async def find_battle(uow: UnitOfWork, battle_id: BattleId) -> StoredBattle | None:
    """One battle, not held."""
    driver = await uow.driver()
    cursor = await driver.execute(f"select {_COLUMNS} from battle where battle_id = %s", (battle_id,), binary=True)
    row = await cursor.fetchone()
    return None if row is None else _battle(row)


_STARTS = "hashtext(current_schema() || '.starts')"


HOLD_STARTS: Question = (f"select pg_advisory_xact_lock_shared({_STARTS})", ())
"""No battle starts until this transaction ends; many may hold starts at once.

Whoever keeps a fact asks which battles are running, and a start asks which facts there are. Side by side neither would see the other.
"""


async def start_alone(uow: UnitOfWork) -> None:
    """Wait for all who hold starts, and let the next ones see what starts now. Asked for before any battle is locked."""
    await (await uow.driver()).execute(f"select pg_advisory_xact_lock({_STARTS})")


async def save_vector(uow: UnitOfWork, battle_id: BattleId, vector: Mapping[str, Sequence[int]]) -> None:
    """Keep the barrier's answer."""
    await uow.connection.execute(
        text("update battle set vector = cast(:vector as jsonb) where battle_id = :battle"), {"battle": battle_id, "vector": _json(vector)}
    )


async def save_result(uow: UnitOfWork, battle_id: BattleId, document: Mapping[str, Any], result_hash: str) -> None:
    """Keep the last word on a battle."""
    await uow.connection.execute(
        text("update battle set result = cast(:document as jsonb), result_hash = :hash where battle_id = :battle"),
        {"battle": battle_id, "document": _json(document), "hash": result_hash},
    )


async def result_hashes(uow: UnitOfWork) -> dict[BattleId, str]:
    """The hash of every last word."""
    [rows] = await uow.ask(("select battle_id, result_hash from battle where result_hash is not null", ()))
    return dict(rows)


def _battle(row: Sequence[Any]) -> StoredBattle:
    battle_id, owner, phase, spec, timetable, *rest = row
    return StoredBattle(battle_id, owner, Phase(phase), *_definition(spec, timetable), *rest)


@lru_cache(maxsize=20_000)
def _definition(spec: str, timetable: str) -> tuple[BattleSpec, Timetable, Contest]:
    """Read both columns; a battle is met again with nearly every fact of its contestants."""
    what, when = msgspec.json.decode(spec, type=BattleSpec), msgspec.json.decode(timetable, type=Timetable)
    return what, when, Contest.of(what, when)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
