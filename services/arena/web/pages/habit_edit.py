"""Make a habit, change it, put it away, delete it."""

from typing import Any
from uuid import UUID

from fastapi import Response

from arena.client import ApiProblem
from arena.web.forms import Submitted, refused
from arena.web.routing import page_router
from arena.web.views import habit_form
from arena.web.views.habits import FULL_WEEKDAYS
from arena.web.visitor import SignedIn, Visitor

router = page_router()


@router.get("/habits/new")
async def new_form(visitor: SignedIn, then: str = "") -> Response:
    """A new habit."""
    await visitor.person()
    return _show(visitor, habit_form.empty(), then=visitor.next(then, "/today"))


@router.post("/habits/new")
async def create(visitor: SignedIn, sent: Submitted) -> Response:
    """Add it; due from today on."""
    await visitor.person()
    then = visitor.next(sent.text("next"), "/today")
    fields = {name: value for name, value in habit_form.wanted(sent).items() if value is not None}
    try:
        await visitor.client.habits.create(kind=sent.text("kind"), **fields)
    except ApiProblem as problem:
        return _show(visitor, refused(sent, problem, habit_form.INPUTS), problem.status, then=then)
    return visitor.go(then)


@router.get("/habits/{habit_id}/edit")
async def edit_form(habit_id: UUID, visitor: SignedIn) -> Response:
    """The habit as it is."""
    await visitor.person()
    habit = await visitor.client.habits.get(habit_id)
    return _show(visitor, habit_form.of(habit), habit=habit)


@router.post("/habits/{habit_id}/edit")
async def edit(habit_id: UUID, visitor: SignedIn, sent: Submitted) -> Response:
    """Another schedule or target counts from today on."""
    await visitor.person()
    try:
        await visitor.client.habits.change(habit_id, **habit_form.wanted(sent))
    except ApiProblem as problem:
        habit = await visitor.client.habits.get(habit_id)
        return _show(visitor, refused(sent, problem, habit_form.INPUTS), problem.status, habit=habit)
    return visitor.go(f"/habits/{habit_id}")


@router.post("/habits/{habit_id}/archive")
async def archive(habit_id: UUID, visitor: SignedIn, sent: Submitted) -> Response:
    """Put it away, or (`back`) fetch it again; its log stays either way."""
    await visitor.client.habits.change(habit_id, archived=not sent.ticked("back"))
    return visitor.go(f"/habits/{habit_id}")


@router.post("/habits/{habit_id}/delete")
async def delete(habit_id: UUID, visitor: SignedIn, sent: Submitted) -> Response:
    """Delete it with its log, if the box says that this is meant."""
    if not sent.ticked("sure"):
        return visitor.go(f"/habits/{habit_id}/edit")
    await visitor.client.habits.delete(habit_id)
    return visitor.go("/habits")


def _show(visitor: Visitor, form: Any, status: int = 200, **context: Any) -> Response:
    known = {"habit": None, "then": "", "weekdays": FULL_WEEKDAYS}
    return visitor.show("habit_form.html", status, form=form, **(known | context))
