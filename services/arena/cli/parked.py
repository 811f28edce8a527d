"""`arena dlq`: what could not be applied, and what to do with it."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from arena.chassis.bus import dead_letters, parking
from arena.chassis.bus.catalogue import RawRecord
from arena.chassis.db.unit_of_work import Units
from arena.cli.console import AsJson, fail, out, say, show_json, table_of
from arena.cli.offline import offline, offline_units
from arena.cli.settings import current_settings
from arena.embedded.consumers import consumers_of

app = typer.Typer(help="Parked events: list, show, replay, discard.", no_args_is_help=True)
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
    rows = asyncio.run(_everything())
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
    done = _with_units(_service(consumer), lambda units: dead_letters.replay(units, consumers_of()[consumer], key))
    if as_json:
        show_json(done._asdict())
    else:
        say(f"applied {done.applied}, still parked {done.parked}")
    if done.failure:
        fail(done.failure)


@app.command()
def discard(
    consumer: ConsumerName,
    key: Key,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Give the failed event of a key up (this is recorded), then apply those that waited behind it."""
    behind = len(_waiting(consumer, key)) - 1
    by = getpass.getuser()
    _with_units(_service(consumer), lambda units: dead_letters.discard(units, consumers_of()[consumer], key, by=by))
    if behind:
        replay(consumer, key, as_json)
    elif as_json:
        show_json(dead_letters.Replayed(0, 0, None)._asdict())
    else:
        say("given up; nothing waited behind it")


def _waiting(consumer: str, key: str) -> list[RawRecord]:
    """The parked events of a key; ends the command when there are none."""
    records = _with_units(_service(consumer), lambda units: dead_letters.waiting(units, consumers_of()[consumer], key))
    if not records:
        fail(f"{consumer} has nothing parked for {key}. `arena dlq list` shows what is.")
    return records


async def _everything() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    async with offline(current_settings()) as installation:
        for service in sorted({name.partition(".")[0] for name in consumers_of()}):
            async with installation.units(service).begin(read_only=True) as uow:
                rows += await parking.listing(uow)
    return rows
