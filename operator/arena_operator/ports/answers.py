"""What the platform's answers mean: shared by whoever speaks to it, over a socket or within one process.

Total: an answer that makes no sense is `Unavailable` with a sentence, never an exception.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from arena.contracts.battle_spec import CancelReason, Phase
from arena.contracts.events.battles import Timetable
from arena_operator.crd.status import StandingLine
from arena_operator.reconcile.observed import Held, HeldBattle, LiveView, NotDeclared, Refused, Unavailable

_OK: Final = range(200, 300)
_NOT_THERE: Final = "declaration-not-found"
_PASSING: Final = frozenset({408, 425, 429})
"""Refusals that time alone mends; every other 4xx stands until something changes."""
_AUTH: Final = frozenset({401, 403})


class _Window(msgspec.Struct):
    start: datetime
    end: datetime
    grace_ends: datetime
    audit_ends: datetime
    tzdata: str


class _Declaration(msgspec.Struct):
    battle_id: UUID
    phase: Phase
    window: _Window
    generation: int
    joined: int
    invited: int
    cancelled_for: CancelReason | None = None
    result_hash: str | None = None


class _Line(msgspec.Struct):
    user_id: UUID
    rank: int
    score: int
    display_name: str | None = None


class _Summary(msgspec.Struct):
    viewers: int
    top: list[_Line]
    as_of: datetime


class _Error(msgspec.Struct):
    field: str = ""
    message: str = ""


class _Problem(msgspec.Struct):
    type: str = ""
    detail: str = ""
    errors: list[_Error] = []


def held(status: int, body: bytes) -> Held | Refused:
    """The answer to a look, a declaration or a withdrawal (204: nothing is declared any more)."""
    if status == 204:  # noqa: PLR2004 - RFC 9110: no content
        return NotDeclared()
    if status in _OK:
        found = _decoded(body, _Declaration)
        return found if isinstance(found, Unavailable) else _battle(found)
    problem = refusal(status, body)
    return NotDeclared() if isinstance(problem, Refused) and problem.slug == _NOT_THERE else problem


def live(status: int, body: bytes) -> LiveView | Unavailable:
    """The answer to a watch."""
    if status not in _OK:
        problem = refusal(status, body)
        return Unavailable(problem.message)
    found = _decoded(body, _Summary)
    if isinstance(found, Unavailable):
        return found
    return LiveView(
        found.viewers, tuple(StandingLine(row.user_id, row.rank, row.score, row.display_name) for row in found.top), found.as_of
    )


def document(status: int, body: bytes) -> str | Unavailable:
    """The answer to the question for a result."""
    if status not in _OK:
        return Unavailable(refusal(status, body).message)
    found = _decoded(body, dict[str, Any])
    if isinstance(found, Unavailable):
        return found
    return body.decode() if {"result", "hash"} <= found.keys() else Unavailable("The platform answered something that is no result.")


def refusal(status: int, body: bytes) -> Refused | Unavailable:
    """A problem (RFC 9457) that stands, or trouble that may pass: also that of our own credentials, which somebody must mend."""
    found = _decoded(body, _Problem)
    problem = _Problem() if isinstance(found, Unavailable) else found
    slug = problem.type.rpartition("/")[2].rpartition(":")[2]
    message = problem.detail or f"The platform answered {status}."
    if status in _AUTH:
        return Unavailable(f"The platform does not take our credentials ({status}): {message}")
    if status not in range(400, 500) or status in _PASSING or not slug:
        return Unavailable(message if problem.detail else f"The platform answered {status} without a word that can be understood.")
    first = problem.errors[0] if problem.errors else None
    return Refused(slug, first.message if first and first.message else message, first.field if first and first.field else None)


def _battle(found: _Declaration) -> HeldBattle:
    window = found.window
    timetable = Timetable(window.start, window.end, window.grace_ends, window.audit_ends, window.tzdata)
    return HeldBattle(
        found.battle_id, found.phase, timetable, found.generation, found.joined, found.invited, found.cancelled_for, found.result_hash
    )


def _decoded(body: bytes, shape: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Unavailable("The platform answered something that cannot be understood; is it another version?")
