"""One pass over a `Battle`: look, plan, act on the first step, look again with what was answered; at last the status, then the events.

The same in the operator and on the laptop. It awaits its ports only; nothing is kept between passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from arena_operator.crd.manifest import FINALIZER, read_battle, read_status
from arena_operator.crd.meta import ResourceMeta
from arena_operator.ports.namespace import NamespacePort
from arena_operator.ports.platform import PlatformPort
from arena_operator.ports.store import Moved, StorePort, Unmade
from arena_operator.reconcile.actions import Action, CallOff, Declare, Ensure, Hold, LetGo, Plan, Release, Remove, key_of, name_of
from arena_operator.reconcile.battle import plan
from arena_operator.reconcile.needs import needs
from arena_operator.reconcile.observed import Held, HeldBattle, ObservedBattle, Refused, SharedServing, Unavailable
from arena_operator.reconcile.results import lacks_result

ROUNDS: Final = 12
"""Plans in one pass; each acts on something new, so this is never reached unless something is wrong."""
SOON: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Ports:
    """The world of a pass; without `shared` (what serves a namespace) the store runs no pods (the laptop)."""

    platform: PlatformPort
    store: StorePort
    shared: NamespacePort | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass came to: when to look again (None: when something wakes us), the last plan, why it broke off if it did."""

    look_again_at: datetime | None
    plan: Plan
    observed: ObservedBattle
    error: str | None = None


async def reconcile_battle(ports: Ports, meta: ResourceMeta, manifest: Mapping[str, Any], now: datetime, fence: int) -> Pass:
    """Bring the battle and its status a step nearer to what `manifest` says, as far as it goes now.

    What the store raises beside Moved and Unmade (it cannot be reached) goes on to the caller, who tries again later.
    """
    observed = await observe(ports, meta, manifest, now)
    decided = plan(observed, now)
    try:
        for _ in range(ROUNDS):
            if not decided.actions:
                break
            for action in decided.actions:
                observed = await apply(ports, observed, action, fence)
            decided = plan(observed, now)
        if decided.actions:
            return Pass(now + SOON, decided, observed, f"not settled after {ROUNDS} rounds")
        await _tell(ports, observed, decided)
    except Moved:
        return Pass(now + SOON, decided, observed, "the resource moved on while it was worked on")
    return Pass(decided.look_again_at, decided, observed)


async def observe(ports: Ports, meta: ResourceMeta, manifest: Mapping[str, Any], now: datetime) -> ObservedBattle:
    """Ask for as much as the plan needs."""
    declared, status = read_battle(manifest.get("spec")), read_status(manifest.get("status"))
    if meta.deleting_since is not None and FINALIZER not in meta.finalizers:
        return ObservedBattle(meta, declared, status, Unavailable("not asked: the resource is gone"))
    held = await ports.platform.look(meta)
    asked = needs(meta, declared, status, held, now)
    observed = ObservedBattle(meta, declared, status, held, serves_pods=ports.shared is not None)
    if asked.owned:
        owned, serving = await ports.store.owned(meta)
        shared = await ports.shared.serving(meta.namespace) if ports.shared else SharedServing()
        observed = replace(observed, owned=owned, serving=tuple(serving), shared=shared)
    if asked.live and isinstance(held, HeldBattle):
        seen = await ports.platform.watch(held.battle_id)
        observed = replace(observed, live=None if isinstance(seen, Unavailable) else seen)
    if asked.result and isinstance(held, HeldBattle) and lacks_result(observed):
        document = await ports.platform.result(held.battle_id)
        observed = replace(observed, result=None if isinstance(document, Unavailable) else document)
    return observed


async def apply(ports: Ports, observed: ObservedBattle, action: Action, fence: int) -> ObservedBattle:
    """Do it, and see the answer as part of the world."""
    seen = replace(observed, tried=observed.tried | {name_of(action)})
    meta = seen.meta
    match action:
        case Hold():
            return replace(seen, meta=await ports.store.write(meta, finalizers=(*meta.finalizers, FINALIZER)))
        case LetGo():
            return await _let_go(ports, seen)
        case Declare(declared=declared):
            return _answered(seen, await ports.platform.declare(meta, declared, fence))
        case CallOff() | Release():
            return _answered(seen, await ports.platform.withdraw(meta, fence, cancel=isinstance(action, CallOff)))
        case Ensure(manifest=manifest):
            return await _ensured(ports, seen, manifest)
        case Remove(kind=kind, name=name):
            await ports.store.remove(meta, kind, name)
            return replace(seen, owned={key: found for key, found in seen.owned.items() if key != f"{kind}/{name}"})


async def _let_go(ports: Ports, seen: ObservedBattle) -> ObservedBattle:
    kept = tuple(name for name in seen.meta.finalizers if name != FINALIZER)
    await ports.store.write(seen.meta, finalizers=kept)
    return replace(seen, meta=replace(seen.meta, finalizers=kept))


def _answered(seen: ObservedBattle, answer: Held | Refused) -> ObservedBattle:
    return replace(seen, refused=answer) if isinstance(answer, Refused) else replace(seen, held=answer)


async def _ensured(ports: Ports, seen: ObservedBattle, manifest: Mapping[str, object]) -> ObservedBattle:
    key = key_of(manifest)
    try:
        await ports.store.ensure(seen.meta, manifest)
    except Unmade as refusal:
        return replace(seen, unmade={**seen.unmade, key: str(refusal)})
    return replace(seen, owned={**seen.owned, key: manifest})


async def _tell(ports: Ports, observed: ObservedBattle, decided: Plan) -> None:
    """Status first: whoever hears an event finds it there."""
    if decided.status == observed.status:
        return
    meta = await ports.store.write(observed.meta, status=decided.status)
    if decided.notices:
        await ports.store.tell(meta, decided.notices)
