"""`arena dlq`: what could not be applied, and what to do with it."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from arena.chassis.bus import dead_letters, parking
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.db.unit_of_work import UnitOfWork, Units
from arena.cli.console import AsJson, fail, out, say, show_json, table_of
from arena.cli.offline import offline, offline_units
from arena.cli.settings import current_settings
from arena.embedded.consumers import consumers_of

app = typer.Typer(help="Parked events: list, show, replay, discard, acts.", no_args_is_help=True)
T = TypeVar("T")
ConsumerName = Annotated[str, typer.Argument(metavar="CONSUMER", help="Such as scoring.ledger.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The parked key: a user's or battle's id.")]


def _with_units(service: str, act: Callable[[Units], Awaitable[T]]) -> T:
    async def run() -> T:
        async with offline_units(current_settings(), service) as units:
            return await act(units)

    return asyncio.run(run())


def _service(consumer: str) -> str:
    if consumer not in consumers_of():
        fail(f"There is no consumer {consumer}; there are {', '.join(sorted(consumers_of()))}.", 2)
    return consumer.partition(".")[0]


@app.command("list")
def list_(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Every parked key: what failed, why, and how many events wait behind it."""
    rows = asyncio.run(_gathered(parking.listing))
    if as_json:
        show_json(rows)
        return
    if not rows:
        say("nothing is parked")
        return
    table = table_of("consumer", "key", "event", "place", "reason", "waiting", "since")
    for row in rows:
        place = f"{row['partition']}/{row['position']}"
        table.add_row(row["consumer"], row["key"], row["type"], place, row["reason"], str(row["waiting"]), f"{row['parked_at']:%F %T}")
    out.print(table)


@app.command()
def show(
    consumer: ConsumerName,
    key: Key,
    as_json: AsJson = True,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """The events of a parked key, in order, as they lie in the log: always as JSON."""
    del as_json
    show_json([record._asdict() for record in _waiting(consumer, key)])


@app.command()
def replay(
    consumer: ConsumerName,
    key: Key,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Apply the events of a parked key again, in order; the first that fails again stays, with those behind it."""
    _waiting(consumer, key)
    by = getpass.getuser()
    _tell(_with_units(_service(consumer), lambda units: dead_letters.replay(units, consumers_of()[consumer], key, by=by)), as_json=as_json)


@app.command()
def discard(
    consumer: ConsumerName,
    key: Key,
    reason: Annotated[str, typer.Option(help="Why; it is kept with your name.", show_default=False)],
    position: Annotated[int | None, typer.Option(help="The event that is meant, by its position; without it, the first.")] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Give the failed event of a key up (this is recorded), then apply those that waited behind it."""
    [first, *_] = _waiting(consumer, key)
    place = first.position if position is None else position
    by, parked = getpass.getuser(), consumers_of()[consumer]
    try:
        done = _with_units(_service(consumer), lambda units: dead_letters.discard(units, parked, key, place, by=by, why=reason))
    except dead_letters.NotTheFirst as other:
        fail(other.detail)
    _tell(done or dead_letters.Replayed(0, 0, None), as_json=as_json)


@app.command()
def acts(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """What became of dead letters: when, what, by whom, why; the newest first."""
    rows = sorted(asyncio.run(_gathered(parking.acts)), key=lambda row: row["at"], reverse=True)
    if as_json:
        show_json(rows)
        return
    table = table_of("when", "what", "consumer", "key", "event", "by", "why")
    for row in rows:
        who = row["done_by"] or "the platform"
        table.add_row(f"{row['at']:%F %T}", row["act"], row["consumer"], row["key"], row["type"], who, row["why"] or "")
    out.print(table)


def _tell(done: dead_letters.Replayed, *, as_json: bool) -> None:
    if as_json:
        show_json(done._asdict())
    else:
        say(f"applied {done.applied}, still parked {done.parked}")
    if done.failure:
        fail(done.failure)


def _waiting(consumer: str, key: str) -> list[RawRecord]:
    """The parked events of a key; ends the command when there are none."""
    records = _with_units(_service(consumer), lambda units: dead_letters.waiting(units, consumers_of()[consumer], key))
    if not records:
        fail(f"{consumer} has nothing parked for {key}. `arena dlq list` shows what is.")
    return records


async def _gathered(ask: Callable[[UnitOfWork], Awaitable[list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    """The answers of all services that consume."""
    rows: list[dict[str, Any]] = []
    async with offline(current_settings()) as installation:
        for service in sorted({name.partition(".")[0] for name in consumers_of()}):
            async with installation.units(service).begin(read_only=True) as uow:
                rows += await ask(uow)
    return rows
