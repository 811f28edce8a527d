"""Make a battle, and open it."""

from fastapi import Response

from arena.client import ApiProblem
from arena.contracts.civil import zones
from arena.web.forms import Form, Submitted, refused
from arena.web.routing import page_router
from arena.web.views import battle as view
from arena.web.views import battle_form
from arena.web.visitor import SignedIn, Visitor

router = page_router()


@router.get("/battles/new")
async def new_form(visitor: SignedIn) -> Response:
    """When, against whom, for what."""
    person = await visitor.person()
    return _show(visitor, battle_form.empty(visitor.site.now(), person.settings.time_zone))


@router.post("/battles/new")
async def create(visitor: SignedIn, sent: Submitted) -> Response:
    """Draft it; open it at once unless only the draft was asked for."""
    await visitor.person()
    try:
        battle = view.read(await visitor.client.battles.create(**battle_form.wanted(sent)))
        if sent.text("do") != "draft":
            await visitor.client.battles.open(battle.id)
    except ApiProblem as problem:
        return _show(visitor, refused(sent, problem, battle_form.INPUTS), problem.status)
    return visitor.go(f"/battles/{battle.id}")


def _show(visitor: Visitor, form: Form, status: int = 200) -> Response:
    return visitor.show("battle_form.html", status, battle=None, form=form, kinds=view.KINDS, zones=sorted(zones()))
