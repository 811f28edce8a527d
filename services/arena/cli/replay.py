"""`arena replay`: results recomputed from the log, and compared with what was said."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer

from arena.battles.storage import results
from arena.chassis.bus.bell import Bell
from arena.chassis.bus.source import PostgresSource
from arena.chassis.core.settings import Settings
from arena.cli.console import AsJson, fail, out, progress, say, show_json, table_of
from arena.cli.offline import Offline, offline
from arena.cli.settings import current_settings
from arena.contracts.civil import tzdata_version
from arena.contracts.ids import BattleId
from arena.contracts.registry import PARTITIONS, Log
from arena.embedded import rebuilding
from arena.embedded.backup.where import administrator
from arena.embedded.rebuilding import Rebuilt, backlog
from arena.scoring.domain.differences import differences
from arena.scoring.storage.battles import find_battle
from arena.scoring.storage.comparing import LEFT_OUT
from arena.scoring.use_cases.replaying import Replay, Replayed

_SHOWN = 100
app = typer.Typer(help="Recompute a battle, or all of scoring, from the log.", no_args_is_help=True)


@app.command()
def battle(
    battle_id: Annotated[UUID, typer.Argument(metavar="ID", help="The battle's id.", show_default=False)],
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Recompute a battle's result from the log alone, and name every row that differs from what was announced.

    Works beside a running platform. Exit code 0: the result in the log, the one that players are shown and the recomputed one are equal.
    """
    told = asyncio.run(_replay(BattleId(battle_id)))
    if as_json:
        show_json(told)
    else:
        _tell_battle(told)
    if not told["ok"]:
        raise typer.Exit(1)


async def _replay(battle_id: BattleId) -> dict[str, Any]:
    async with offline(current_settings()) as installation:
        units = installation.units("scoring")
        bell = Bell("")

        def source_of(log: Log) -> PostgresSource:
            return PostgresSource(units.engine, log.number, range(PARTITIONS), bell)

        with progress("events", None) as advance:
            replayed = await Replay(source_of, units.catalogue, advance).battle(battle_id)
        hashes: dict[str, str | None] = {"announced": replayed.announced.result_hash, "recomputed": replayed.result_hash}
        hashes |= await _stored_hashes(installation, battle_id)
    return _compared(battle_id, replayed, hashes)


async def _stored_hashes(installation: Offline, battle_id: BattleId) -> dict[str, str | None]:
    """The hashes of what players are shown and of what scoring keeps."""
    async with installation.units("battles").begin(read_only=True) as uow:
        shown = await results.find(uow, battle_id)
    async with installation.units("scoring").begin(read_only=True) as uow:
        kept = await find_battle(uow, battle_id)
    return {"shown": shown[1] if shown else None, "kept_by_scoring": kept.result_hash if kept else None}


def _compared(battle_id: BattleId, replayed: Replayed, hashes: dict[str, str | None]) -> dict[str, Any]:
    found = differences(replayed.announced.result, replayed.document)
    return {
        "ok": not found and set(hashes.values()) <= {replayed.result_hash, None},
        "battle_id": str(battle_id),
        "hashes": hashes,
        "differences": [one._asdict() for one in found],
        "tzdata": {"then": replayed.announced.result["tzdata"], "now": tzdata_version()},
    }


def _tell_battle(told: dict[str, Any]) -> None:
    if told["ok"]:
        say(f"ok: battle {told['battle_id']} comes out the same, hash {told['hashes']['recomputed']}")
        return
    say(f"battle {told['battle_id']} does not come out the same")
    table = table_of("contestant", "field", "then", "now")
    for one in told["differences"]:
        table.add_row(one["contestant"] or "(the battle)", one["field"], str(one["then"]), str(one["now"]))
    if told["differences"]:
        out.print(table)
    for name, value in told["hashes"].items():
        say(f"hash {name.replace('_', ' ')}: {value or 'none'}")
    if told["tzdata"]["then"] != told["tzdata"]["now"]:
        say(f"The battle was decided with tzdata {told['tzdata']['then']}, this is {told['tzdata']['now']}: that may be why.")


@app.command()
def scoring(
    verify: Annotated[bool, typer.Option("--verify", help="Compare only: name every row that differs, and change nothing.")] = False,  # noqa: FBT002 - an option
    accept: Annotated[bool, typer.Option("--accept", help="Let the rebuilt one take the place although results differ.")] = False,  # noqa: FBT002 - an option
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Build scores, standings and streaks anew from the log, beside the live ones, and compare both row by row.

    Works while the platform runs. The new ones take the place of the live ones if every final hash comes out the same; until that moment
    nothing is changed.
    """
    if verify and accept:
        fail("--verify changes nothing, so there is nothing to --accept.", 2)
    rebuilt = asyncio.run(_rebuild(current_settings(), verify=verify, accept=accept))
    if as_json:
        show_json(_as_json(rebuilt))
    else:
        _tell_rebuilt(rebuilt)
        _tell_verified(rebuilt) if verify else _tell_replaced(rebuilt)
    if rebuilt.wrong or (verify and rebuilt.differences.total):
        raise typer.Exit(1)


async def _rebuild(settings: Settings, *, verify: bool, accept: bool) -> Rebuilt:
    async with offline(settings) as installation:
        units, service = installation.units("scoring"), installation.url("scoring")
        with progress("events", await backlog(units)) as advance, administrator(settings, existing=True) as admin:
            if verify:
                return await rebuilding.verify(admin, service, units, advance)
            return await rebuilding.rebuild(admin, service, units, advance, accept=accept)


def _tell_rebuilt(rebuilt: Rebuilt) -> None:
    for wrong in rebuilt.wrong:
        told = ", ".join(f"{name} {value}" for name, value in wrong._asdict().items() if name != "battle_id")
        say(f"differs: battle {wrong.battle_id}: {told}")
    for row in rebuilt.parked:
        say(f"parked: {row['consumer']} {row['key']}: {row['reason']}")
    found = rebuilt.differences
    if found.total:
        table = table_of("table", "key", "live", "rebuilt", title=f"{found.total} rows differ")
        for one in found.first[:_SHOWN]:
            table.add_row(one.table, _words(one.key), _words(one.live), _words(one.rebuilt))
        out.print(table)
    if found.total > _SHOWN:
        say(f"… and {found.total - _SHOWN} more; --json has the first {len(found.first)}")
    for name, count in rebuilt.unsettled.items():
        say(f"{name}: {count} not compared, or without ranks, as the live scoring had still to say something about them")
    say(f"{rebuilt.events} events read, {len(rebuilt.hashes)} final results, {len(rebuilt.wrong)} differ")


def _words(row: dict[str, Any] | None) -> str:
    return "no such row" if row is None else ", ".join(f"{name} {value}" for name, value in row.items())


def _tell_verified(rebuilt: Rebuilt) -> None:
    if rebuilt.differences.total or rebuilt.wrong:
        fail("Nothing was changed. `arena replay scoring` lets the rebuilt one take the place of the live one.")
    for what, why in LEFT_OUT.items():
        say(f"never compared: {what} ({why})")
    say("ok: the live scoring is what the log says, row by row; nothing was changed")


def _tell_replaced(rebuilt: Rebuilt) -> None:
    if not rebuilt.replaced:
        fail("Nothing was changed. `arena replay battle ID` names the rows; --accept takes the rebuilt ones all the same.")
    say(f"scoring is rebuilt; it waited for {rebuilt.held:.1f} s; {rebuilt.announced} battles have standings that had not been announced")


def _as_json(rebuilt: Rebuilt) -> dict[str, Any]:
    return {
        "ok": not rebuilt.wrong and (rebuilt.replaced or not rebuilt.differences.total),
        "events": rebuilt.events,
        "replaced": rebuilt.replaced,
        "results": [{**one._asdict(), "equal": one.equal} for one in rebuilt.hashes],
        "parked": list(rebuilt.parked),
        "differences": {"total": rebuilt.differences.total, "rows": [row._asdict() for row in rebuilt.differences.first]},
        "unsettled": dict(rebuilt.unsettled),
        "left_out": dict(LEFT_OUT),
        "newly_announced": rebuilt.announced,
        "held_seconds": round(rebuilt.held, 3),
    }
