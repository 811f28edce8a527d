"""What the platform refuses, in words that say what to do, and when it is asked again."""

from datetime import datetime
from typing import Final

from arena_operator.crd.status import ConditionType, Truth
from arena_operator.reconcile.conditions import Verdict, find
from arena_operator.reconcile.observed import ObservedBattle, Refused
from arena_operator.reconcile.waiting import is_slot
from arena_operator.reconcile.words import camel

STALE: Final = "declaration-stale"
"""We are not the leader any more, or see an old resource: whoever is newer writes the status."""
BEGUN: Final = "already-running"

NO_REFUSALS: Final = frozenset({"SpecInvalid", "Overtaken"})
"""Reasons of `Accepted=False` that are our own."""

_REASONS: Final = {BEGUN: "FrozenWhileRunning"}
_ADVICE: Final = {
    "window-in-past": "Give spec.window a start in the future.",
    "window-invalid": "Mend spec.window and apply it again.",
    "battle-invalid": "Mend the field and apply it again.",
    "scoring-invalid": "Mend spec.scoring and apply it again.",
    "unknown-player": "Mend the address, or have them make an account: it is asked again by itself.",
    "declared-elsewhere": "Delete that resource (its deletionPolicy Retain keeps the battle), or leave out spec.battleId.",
    "battle-not-found": "Mend spec.battleId, or leave it out for a new battle.",
    "battle-closed": "Put the spec back, or make a battle under another name.",
    BEGUN: "Put the field back as it was: the battle goes on as it began.",
}


def reason_of(refused: Refused) -> str:
    """The refusal as a word for programs."""
    return _REASONS.get(refused.slug) or camel(refused.slug) or "Refused"


def verdict_of(refused: Refused) -> Verdict:
    """`Accepted=False` for what the platform refused."""
    where = f" ({spec_path(refused.field)})" if refused.field else ""
    advice = _ADVICE.get(refused.slug, "Mend the spec; it is asked again by itself, too.")
    return Verdict(Truth.FALSE, reason_of(refused), f"{refused.message.strip() or 'The platform refused.'}{where} {advice}")


def spec_path(field: str) -> str:
    """A field of the HTTP API (`window.start`) as it stands in a resource (`spec.window.start`)."""
    head, *rest = field.split("_")
    return "spec." + head + "".join(part[:1].upper() + part[1:] for part in rest)


def is_stale(observed: ObservedBattle) -> bool:
    """Whether the platform has heard of a newer leader or a newer spec than ours."""
    return observed.refused is not None and observed.refused.slug == STALE


def stands_refused(observed: ObservedBattle) -> bool:
    """Whether this generation was refused before, by what the status says."""
    found = find(observed.status.conditions, ConditionType.ACCEPTED)
    return (
        found is not None
        and found.status is Truth.FALSE
        and found.observed_generation == observed.meta.generation
        and found.reason not in NO_REFUSALS
    )


def may_ask(observed: ObservedBattle, now: datetime) -> bool:
    """Whether the spec may be sent: it was not refused, or so long ago that it is asked again."""
    found = find(observed.status.conditions, ConditionType.ACCEPTED)
    return found is None or not stands_refused(observed) or is_slot(found.since, now)
