"""`arena explain`: why a battle's resource is as it is, and what comes next."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from arena.cli.console import AsJson, fail, say, show_json
from arena.cli.manifests import Files, KindWord, MaybeNamespace, NameWord, reference, referred
from arena.cli.resource_sources import OnCluster, source_of
from arena.cli.settings import WRONG_USE
from arena.contracts.battle_spec import Phase
from arena.contracts.civil import use_tzdata_wheel
from arena.contracts.events.battles import Timetable
from arena.embedded.resources.objects import DEFAULT_NAMESPACE
from arena_operator.crd.manifest import read_battle, read_meta, read_status
from arena_operator.crd.status import BattleStatus
from arena_operator.reconcile.battle import plan
from arena_operator.reconcile.explain import Explanation
from arena_operator.reconcile.explain import explain as words_for
from arena_operator.reconcile.observed import Held, HeldBattle, NotDeclared, ObservedBattle


def explain(
    kind: KindWord = None,
    name: NameWord = None,
    files: Files = None,
    namespace: MaybeNamespace = None,
    kube: OnCluster = False,  # noqa: FBT002 - typer makes it the option --kube
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Tell why a battle's resource is as it is, and what comes next.

    Nothing is done by asking. Takes the resource of this machine, or of a cluster with --kube, as its status tells it.
    """
    use_tzdata_wheel()
    here = "" if kube else DEFAULT_NAMESPACE
    for wanted in referred(kind, name, files, namespace or here):
        if wanted.kind != "Battle":
            fail("Only battles are explained; `arena describe` shows everything else.", WRONG_USE)
        found = source_of(kube=kube).find(wanted)
        explained, about = explained_at(found, datetime.now(UTC), serves_pods=kube), str(reference(found))
        if as_json:
            show_json({"resource": about, "why": explained.why, "next": explained.next})
            continue
        say(about)
        for heading, sentences in (("why", explained.why), ("next", explained.next)):
            say(f"  {heading}")
            for sentence in sentences:
                say(f"    {sentence}")


def explained_at(manifest: Mapping[str, Any], now: datetime, *, serves_pods: bool) -> Explanation:
    """The words for a resource as it is stored: its status is what was seen last."""
    meta, status = read_meta(manifest), read_status(manifest.get("status"))
    declared = read_battle(manifest.get("spec"))
    observed = ObservedBattle(meta, declared, status, _held(status, meta.generation), serves_pods=serves_pods)
    return words_for(observed, plan(observed, now), now)


def _held(status: BattleStatus, generation: int) -> Held:
    """The platform's battle as the status tells it."""
    window = status.window
    phase = next((phase for phase in Phase if phase.value == status.phase.lower()), None)
    if window is None or phase is None or not isinstance(status.battle_id, UUID):
        return NotDeclared()
    times = Timetable(window.start, window.end, window.grace_ends, window.audit_ends, window.tzdata)
    seen = min(status.observed_generation, generation)
    return HeldBattle(status.battle_id, phase, times, seen, status.participants, 0, None, status.result_hash)
