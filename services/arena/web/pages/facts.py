"""Log, take back, correct: the forms of Today, of a habit and of a day. Scripts get the habit's row, others go back to their page."""

import asyncio
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import Response

from arena.client import ApiProblem
from arena.web.forms import Form, Submission, Submitted, refused
from arena.web.pages.day import show_day
from arena.web.pages.today import latest_logs
from arena.web.routing import page_router
from arena.web.views import today as view
from arena.web.visitor import SignedIn, Visitor

router = page_router()
_INPUTS = {"value": "value", "note": "note", "civil_day": "day", "logged_at": "at"}


@router.post("/habits/{habit_id}/logs")
async def log(habit_id: UUID, visitor: SignedIn, sent: Submitted) -> Response:
    """Log now, at the instant a script kept while it was offline, or on a past day."""
    person = await visitor.person()
    given: dict[str, Any] = {"client_id": sent.text("client_id") or None, "note": sent.text("note") or None}
    if value := sent.text("value"):
        given["value"] = _decimal(value)
    at = _day(sent.text("day")) or _instant(sent.text("at")) or visitor.site.now()
    if isinstance(at, datetime):
        given["time_zone"] = person.settings.time_zone
    try:
        await visitor.client.habits.log(habit_id, at, **{name: value for name, value in given.items() if value is not None})
    except ApiProblem as problem:
        return await _again(visitor, habit_id, sent, problem)
    return await _done(visitor, habit_id, sent)


@router.post("/habits/{habit_id}/logs/{log_id}/undo")
async def undo(habit_id: UUID, log_id: UUID, visitor: SignedIn, sent: Submitted) -> Response:
    """Take an entry back; one that is gone already is fine."""
    try:
        await visitor.client.habits.undo(habit_id, log_id)
    except ApiProblem as problem:
        if problem.status != HTTPStatus.NOT_FOUND:
            raise
    return await _done(visitor, habit_id, sent)


@router.post("/habits/{habit_id}/logs/{log_id}")
async def correct(habit_id: UUID, log_id: UUID, visitor: SignedIn, sent: Submitted) -> Response:
    """Another amount, note or day."""
    await visitor.person()
    changes: dict[str, Any] = {"note": sent.text("note") or None}
    if value := sent.text("value"):
        changes["value"] = _decimal(value)
    moved_to = sent.text("day")
    if moved_to and moved_to != sent.text("was"):
        changes["civil_day"] = moved_to
    try:
        await visitor.client.habits.correct(habit_id, log_id, **changes)
    except ApiProblem as problem:
        if problem.status != HTTPStatus.UNPROCESSABLE_ENTITY or (was := _day(sent.text("was"))) is None:
            raise
        return await show_day(visitor, habit_id, was, refused(sent, problem, _INPUTS), problem.status, wrong_log=log_id)
    return await _done(visitor, habit_id, sent)


async def _done(visitor: Visitor, habit_id: UUID, sent: Submission) -> Response:
    if visitor.wants_fragment:
        return await _row(visitor, habit_id, Form(), 200)
    return visitor.go(visitor.next(sent.text("next"), f"/habits/{habit_id}"))


async def _again(visitor: Visitor, habit_id: UUID, sent: Submission, problem: ApiProblem) -> Response:
    """The form with what was wrong: the row for a script, the day's page for others."""
    if problem.status not in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT}:
        raise problem
    form = refused(sent, problem, _INPUTS)
    if visitor.wants_fragment:
        return await _row(visitor, habit_id, form, problem.status)
    person_today = visitor.clock().today
    return await show_day(visitor, habit_id, _day(sent.text("day")) or person_today, form, problem.status)


async def _row(visitor: Visitor, habit_id: UUID, form: Form, status: int) -> Response:
    client = visitor.client
    _, habit, told = await asyncio.gather(visitor.person(), client.habits.get(habit_id), client.scoring.today())
    mine = next((item for item in told.items if item.habit_id == habit_id), None)
    latest = await latest_logs(client, {habit_id: mine.today.day if mine else visitor.clock().today})
    row = view.row(habit, mine, latest.get(habit_id), visitor.clock(), counted=told.up_to_date)
    return visitor.show("parts/habit_row_only.html", status, row=row, form=form)


def _decimal(text: str) -> str:
    """What was typed, with the comma of half the world read as a point; whether it is a number the API says."""
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    """An instant with its offset; anything else counts as not given."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
