"""HTTP of the ledger: parse, one call, shape the answer."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response, UploadFile

from arena.chassis.bus.coalesce import CommandQueue
from arena.chassis.http.auth import CurrentUser
from arena.chassis.http.door import ReadUnitOfWork, WriteUnitOfWork
from arena.chassis.http.fields import CivilDate
from arena.chassis.http.idempotency import key_of
from arena.chassis.http.pagination import Page, PageRequest
from arena.chassis.http.route import Router
from arena.contracts.ids import FactId, HabitId, UserId
from arena.habits import storage
from arena.habits.importing import ParsedExport, read_export
from arena.habits.schemas import HabitIn, HabitOut, HabitPatch, ImportReport, LogIn, LogOut, LogPatch, SettingsIn, SettingsOut
from arena.habits.use_cases.importing import Importing
from arena.habits.use_cases.ledger import HabitEdit, Ledger, LogCommand, Logged

router = Router("/api/habits", tags=["habits"])


async def _ledger(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


async def _importing(request: Request) -> Importing:
    importing: Importing = request.app.state.importing
    return importing


async def _log_queue(request: Request) -> CommandQueue[LogCommand, Logged]:
    queue: CommandQueue[LogCommand, Logged] = request.app.state.log_queue
    return queue


LedgerDep = Annotated[Ledger, Depends(_ledger)]
ImportingDep = Annotated[Importing, Depends(_importing)]
LogQueue = Annotated[CommandQueue[LogCommand, Logged], Depends(_log_queue)]


@router.get("/settings", summary="The ledger's settings")
async def get_settings(user: CurrentUser, uow: ReadUnitOfWork) -> SettingsOut:
    """Zone, day start and week start in force."""
    return SettingsOut.from_domain(await storage.settings(uow, UserId(user.user_id)))


@router.put("/settings", summary="Change the ledger's settings")
async def put_settings(body: SettingsIn, user: CurrentUser, uow: WriteUnitOfWork, ledger: LedgerDep) -> SettingsOut:
    """In force at once for what is accepted from now on; days decided before stay as they are."""
    return SettingsOut.from_domain(await ledger.change_settings(uow, UserId(user.user_id), body.to_domain()))


@router.post("", status_code=201, summary="Add a habit")
async def create_habit(body: HabitIn, user: CurrentUser, uow: WriteUnitOfWork, ledger: LedgerDep) -> HabitOut:
    """Due from today on."""
    return HabitOut.from_domain(await ledger.create(uow, UserId(user.user_id), body.to_domain()))


@router.get("", summary="My habits")
async def list_habits(
    user: CurrentUser,
    uow: ReadUnitOfWork,
    page: PageRequest,
    ids: Annotated[str | None, Query(max_length=8000, description="Only these ids, separated by commas.")] = None,
) -> Page[HabitOut]:
    """By age."""
    after = page.after(tuple[UUID])
    wanted = None if ids is None else [HabitId(found) for found in map(_uuid, ids.split(",")) if found]
    rows = await storage.habits_of(uow, UserId(user.user_id), after=HabitId(after[0]) if after else None, limit=page.fetch, ids=wanted)
    return page.page(rows, key=lambda habit: (habit.id,), shape=HabitOut.from_domain)


def _uuid(given: str) -> UUID | None:
    """An id, or None: what is no id is nobody's habit."""
    try:
        return UUID(given.strip())
    except ValueError:
        return None


async def _parsed_export(user: CurrentUser, file: UploadFile) -> ParsedExport:
    """Read before the unit of work opens, in a thread: no transaction waits for a parser."""
    del user
    data = await file.read()
    return await asyncio.to_thread(read_export, data, filename=file.filename or "", today=_utc_today())


def _utc_today() -> date:
    return datetime.now(UTC).date()


@router.post("/imports", status_code=201, summary="Import another app's export")
async def import_export(
    export: Annotated[ParsedExport, Depends(_parsed_export)], user: CurrentUser, uow: WriteUnitOfWork, importing: ImportingDep
) -> ImportReport:
    """As a whole or not at all; the same file twice is the same as once. The report accounts for every row."""
    imported = await importing.take(uow, UserId(user.user_id), export)
    return ImportReport.model_validate(imported.report())


@router.get("/{habit_id}", summary="One habit")
async def get_habit(habit_id: UUID, user: CurrentUser, uow: ReadUnitOfWork, ledger: LedgerDep) -> HabitOut:
    """Mine; somebody else's is not found."""
    return HabitOut.from_domain(await ledger.habit(uow, UserId(user.user_id), HabitId(habit_id)))


@router.patch("/{habit_id}", summary="Change a habit")
async def change_habit(habit_id: UUID, body: HabitPatch, user: CurrentUser, uow: WriteUnitOfWork, ledger: LedgerDep) -> HabitOut:
    """Another schedule or target counts from today on."""
    edit = HabitEdit(body.to_fields())
    return HabitOut.from_domain(await ledger.change(uow, UserId(user.user_id), HabitId(habit_id), edit))


@router.delete("/{habit_id}", status_code=204, summary="Delete a habit and its log")
async def delete_habit(habit_id: UUID, user: CurrentUser, uow: WriteUnitOfWork, ledger: LedgerDep) -> None:
    """Results of battles that ended stay as they are."""
    await ledger.delete(uow, UserId(user.user_id), HabitId(habit_id))


@router.post(
    "/{habit_id}/logs", status_code=201, summary="Log", responses={200: {"model": LogOut, "description": "This client id is known."}}
)
async def log(habit_id: UUID, body: LogIn, user: CurrentUser, queue: LogQueue, request: Request, response: Response) -> LogOut:
    """Answered once durable; concurrent requests share a transaction. Use `client_id` to send it again safely."""
    command = body.to_command(UserId(user.user_id), HabitId(habit_id))
    logged = await queue.submit(command if command.client_id else replace(command, client_id=_stand_in(request)))
    if logged.known:
        response.status_code = 200
    return LogOut.from_domain(logged.fact)


def _stand_in(request: Request) -> str | None:
    """An Idempotency-Key does a client id's work where none is given: the fact itself remembers it, so batches need no second table."""
    key = key_of(request)
    return None if key is None else f"key:{blake2b(key.encode(), digest_size=16).hexdigest()}"


@router.get("/{habit_id}/logs", summary="The log of a habit")
async def list_logs(
    habit_id: UUID,
    user: CurrentUser,
    uow: ReadUnitOfWork,
    ledger: LedgerDep,
    page: PageRequest,
    first: Annotated[CivilDate | None, Query(description="From this civil day on.")] = None,
    last: Annotated[CivilDate | None, Query(description="Up to this civil day.")] = None,
) -> Page[LogOut]:
    """Latest day first."""
    await ledger.habit(uow, UserId(user.user_id), HabitId(habit_id))
    before = page.after(tuple[date, UUID])
    rows = await storage.facts_of(
        uow, HabitId(habit_id), first=first, last=last, before=(before[0], FactId(before[1])) if before else None, limit=page.fetch
    )
    return page.page(rows, key=lambda fact: (fact.civil_day, fact.id), shape=LogOut.from_domain)


@router.patch("/{habit_id}/logs/{log_id}", summary="Correct a log entry")
async def correct_log(habit_id: UUID, log_id: UUID, body: LogPatch, user: CurrentUser, uow: WriteUnitOfWork, ledger: LedgerDep) -> LogOut:
    """The entry keeps its id and gets another revision."""
    changes: dict[str, Any] = {
        "moment": body.new_moment,
        "value": None if body.value is None else int(body.value * 1000),
        "note": body.new_note,
    }
    return LogOut.from_domain(await ledger.correct(uow, UserId(user.user_id), HabitId(habit_id), FactId(log_id), **changes))


@router.delete("/{habit_id}/logs/{log_id}", status_code=204, summary="Take a log entry back")
async def undo_log(habit_id: UUID, log_id: UUID, user: CurrentUser, uow: WriteUnitOfWork, ledger: LedgerDep) -> None:
    """Undo."""
    await ledger.undo(uow, UserId(user.user_id), HabitId(habit_id), FactId(log_id))
