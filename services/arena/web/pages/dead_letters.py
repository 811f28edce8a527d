"""For administrators (the API refuses all others): what could not be applied, what to do with it, and what was done."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import Path, Response

from arena.client import ApiProblem, Unreachable
from arena.client.dead_letters import CONSUMING
from arena.client.models import DeadLetterAct, Replayed
from arena.web.forms import Form, Submitted, refused
from arena.web.routing import page_router
from arena.web.visitor import SignedIn, Visitor

router = page_router()
T = TypeVar("T")
ConsumerName = Annotated[str, Path(pattern=rf"^({'|'.join(CONSUMING)})\.[a-z_]+$")]
Key = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,200}$")]
_AWAY: Final = 500


@router.get("/admin/dead-letters")
async def dead_letters(visitor: SignedIn, applied: int | None = None) -> Response:
    """Across all services; one that does not answer is named."""
    await visitor.person()
    calls = visitor.client.dead_letters
    parked, acts = await asyncio.gather(_of_all(calls.parked), _of_all(calls.acts))
    recent = sorted((act for _, found in acts for act in found or ()), key=lambda act: act.at, reverse=True)[:100]
    return visitor.show(
        "dead_letters.html",
        parked=[letter for _, found in parked for letter in found or ()],
        away=[service for service, found in parked if found is None],
        acts=recent,
        names=await _names(visitor, recent),
        applied=applied,
    )


@router.get("/admin/dead-letters/{consumer}/{key}")
async def dead_letter(visitor: SignedIn, consumer: ConsumerName, key: Key) -> Response:
    """One parked key: the event that failed, and what waits behind it."""
    return await _show(visitor, consumer, key)


@router.post("/admin/dead-letters/{consumer}/{key}/replay")
async def replay(visitor: SignedIn, consumer: ConsumerName, key: Key, _: Submitted) -> Response:
    """Apply it again, after the cause is mended."""
    return await _after(visitor, consumer, key, await visitor.client.dead_letters.replay(consumer, key))


@router.post("/admin/dead-letters/{consumer}/{key}/discard")
async def discard(visitor: SignedIn, consumer: ConsumerName, key: Key, sent: Submitted) -> Response:
    """Give it up, with the reason."""
    try:
        position = sent.text("position")
        done = await visitor.client.dead_letters.discard(consumer, key, int(position) if position.isdecimal() else 0, sent.text("reason"))
    except ApiProblem as problem:
        if not problem.fields and problem.slug != "not-the-first":
            raise
        return await _show(visitor, consumer, key, problem.status, form=refused(sent, problem, {"reason": "reason"}))
    return await _after(visitor, consumer, key, done)


async def _after(visitor: Visitor, consumer: str, key: str, done: Replayed) -> Response:
    if done.failure:
        return await _show(visitor, consumer, key, failure=done)
    return visitor.go(f"/admin/dead-letters?applied={done.applied}")


async def _show(visitor: Visitor, consumer: str, key: str, status: int = 200, **told: Any) -> Response:
    await visitor.person()
    calls = visitor.client.dead_letters
    events, parked = await asyncio.gather(calls.events(consumer, key), calls.parked(consumer.partition(".")[0]))
    letter = next((one for one in parked if (one.consumer, one.key) == (consumer, key)), None)
    first, *behind = events
    context = {"form": Form(), "failure": None} | told
    payload = json.dumps(first.payload, indent=2, ensure_ascii=False)
    return visitor.show(
        "dead_letter.html", status, consumer=consumer, key=key, letter=letter, first=first, payload=payload, behind=behind, **context
    )


async def _of_all(ask: Callable[[str], Awaitable[T]]) -> Sequence[tuple[str, T | None]]:
    """The answer of each service, None of one that cannot answer."""

    async def of(service: str) -> tuple[str, T | None]:
        try:
            return service, await ask(service)
        except Unreachable:
            return service, None
        except ApiProblem as problem:
            if problem.status < _AWAY:
                raise
            return service, None

    return await asyncio.gather(*map(of, CONSUMING))


async def _names(visitor: Visitor, acts: Sequence[DeadLetterAct]) -> dict[str, str]:
    """Who did something: their name by what was kept, where that is an id."""
    people = {act.done_by: UUID(act.done_by) for act in acts if act.done_by and _is_id(act.done_by)}
    if not people:
        return {}
    known = {profile.id: profile.display_name for profile in await visitor.client.identity.profiles(set(people.values()))}
    return {kept: known.get(person, "Someone") for kept, person in people.items()}


def _is_id(kept: str) -> bool:
    try:
        UUID(kept)
    except ValueError:
        return False
    return True
