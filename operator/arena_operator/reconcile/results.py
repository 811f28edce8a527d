"""The result written down: a ConfigMap beside the resource, once the battle is final. `capacity` builds it; here is whether it stands."""

from collections.abc import Iterator

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.meta import SpecProblem
from arena_operator.reconcile.actions import Remove
from arena_operator.reconcile.observed import HeldBattle, NotDeclared, ObservedBattle, Unavailable
from arena_operator.resources.manifest import label, mapping_at, text_at
from arena_operator.resources.naming import BATTLE_UID, label_value
from arena_operator.resources.result_config_map import KEY, fits


def results_key(observed: ObservedBattle) -> str | None:
    """`ConfigMap/<name>` where the result is to be written; None while it is not final, or if nobody asked for it."""
    held, declared = observed.held, observed.declared
    if not isinstance(held, HeldBattle) or held.phase is not Phase.FINAL or not isinstance(declared, DeclaredBattle):
        return None
    return f"ConfigMap/{declared.terms.results.config_map}" if declared.terms.results else None


def lacks_result(observed: ObservedBattle) -> bool:
    """Whether the result is to be written down and does not stand there."""
    key = results_key(observed)
    return key is not None and (key not in observed.owned or _holds_another(observed, key))


def wrong_results(observed: ObservedBattle) -> tuple[Remove, ...]:
    """ConfigMaps of ours that do not hold the result that stands, or not where it is wanted; they are immutable, so they go."""
    if isinstance(observed.held, NotDeclared):
        return tuple(_wrong(observed))
    unknown = isinstance(observed.held, Unavailable) or isinstance(observed.declared, SpecProblem)
    return () if unknown else tuple(_wrong(observed))


def result_too_large(observed: ObservedBattle) -> str | None:
    """Why the result cannot be written down, in a sentence; None if it can."""
    if observed.result is None or fits(observed.result):
        return None
    size = len(observed.result.encode("utf-8", "surrogatepass"))
    return f"The result has {size} bytes, and a ConfigMap holds 1 MiB: fetch it from the platform, and leave out spec.results."


def _wrong(observed: ObservedBattle) -> Iterator[Remove]:
    wanted = results_key(observed)
    for key, found in sorted(observed.owned.items()):
        kind, _, name = key.partition("/")
        if kind != "ConfigMap" or label(found, BATTLE_UID) != label_value(observed.meta.uid):
            continue
        if key != wanted:
            yield Remove(kind, name, "spec.results does not name it")
        elif _holds_another(observed, key):
            yield Remove(kind, name, "it does not hold the result that stands")


def _holds_another(observed: ObservedBattle, key: str) -> bool:
    """Whether the document is not that of the platform's hash; where the store shows no data, it is taken on trust."""
    held, found = observed.held, observed.owned.get(key)
    expected = held.result_hash if isinstance(held, HeldBattle) else None
    return bool(expected and mapping_at(found, "data")) and str(expected) not in text_at(found, "data", KEY)
