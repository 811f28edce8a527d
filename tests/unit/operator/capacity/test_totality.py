"""Whatever the API or a status says, planning capacity answers; and from any start it settles and writes nothing more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from arena.contracts.battle_spec import Phase
from arena_operator.crd.declared import Load
from arena_operator.reconcile.capacity import obsolete_objects, release, replicas_held, unmet_objects
from arena_operator.reconcile.capacity_condition import capacity_condition
from arena_operator.reconcile.capacity_shared import serving_state, shared_serving
from arena_operator.reconcile.capacity_time import capacity_due, term
from arena_operator.reconcile.floors import Demand, floors
from arena_operator.reconcile.observed import NotDeclared, ObservedBattle, Unavailable
from arena_operator.resources.manifest import difference
from tests.unit.operator.capacity.stage import AFTER, DRAINING, DURING, END, LEAD, NAME, START, battle, settled, shared
from tests.unit.operator.resources import samples

_PARTS = (
    *("metadata", "name", "labels", "annotations", "spec", "template", "selector", "matchLabels", "containers", "ports", "status", "kind"),
    *("replicas", "minReplicas", "maxReplicas", "maxUnavailable", "rules", "matches", "path", "value", "conditions", "scaleTargetRef"),
    *("habitarena.io/floor", "habitarena.io/base-min-replicas", "habitarena.io/wanted-floor", "habitarena.io/base-disruption"),
    *("app.kubernetes.io/component", "containerStatuses", "state", "waiting", "timeouts", "parentRefs", "hostnames", "http", "paths"),
)
_KEYS = st.sampled_from(_PARTS)
_TEXTS = st.sampled_from(["", "live", "api", "/", "/api/live", "9" * 30, "\ud800"])
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "live", "api", "/", "/api/live", "9" * 30, "\ud800"])
)
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=25)
_OBJECTS = st.lists(st.dictionaries(_KEYS, _JSON, max_size=5), max_size=2)
_TIMES = st.sampled_from([START - timedelta(days=1), START - LEAD, DURING, END, DRAINING, AFTER])


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """An object of the chart with one of its parts replaced by anything."""
    build = draw(st.sampled_from([samples.deployment, samples.http_route, samples.ingress, samples.autoscaler, samples.budget]))
    whole: dict[str, Any] = build()
    place: Any = whole
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        below = place[key]
        if not isinstance(below, dict | list) or not below or draw(st.booleans()):
            place[key] = draw(_JSON)
            return whole
        place = below


@given(odd=_OBJECTS, hurt=st.lists(damaged(), max_size=3), now=_TIMES, dedicated=st.booleans())
@settings(max_examples=200)
def test_any_listing_gives_an_answer(odd: list[dict[str, Any]], hurt: list[dict[str, Any]], now: datetime, *, dedicated: bool) -> None:
    every = [*odd, *hurt]
    seen = shared_serving(every, http_routes=every, ingresses=every, autoscalers=every, budgets=every)
    owned = {f"{kind}/{NAME}": found for kind, found in zip(("Deployment", "HTTPRoute"), every, strict=False)}
    observed = replace(battle(dedicated=dedicated, protect=True, load=Load(5, 5, LEAD)), shared=seen, owned=owned)
    unmet_objects(observed, now)
    obsolete_objects(observed, now)
    release(observed)
    capacity_condition(observed, now)
    capacity_due(observed, now)
    replicas_held(observed, now)
    floors([Demand(START, END, 10**6, 10**6, frozenset({"live", "api"}))], seen, now)
    for found in every:
        serving_state(found, every)


@given(
    st.lists(st.tuples(_TIMES, st.integers(0, 3), st.sampled_from(Phase), st.booleans()), max_size=4),
    _TIMES,
    st.sampled_from(["held", "silent", "unknown"]),
)
def test_from_any_history_it_settles_and_then_writes_nothing(
    history: list[tuple[datetime, int, Phase, bool]], now: datetime, platform: str
) -> None:
    observed: ObservedBattle = battle(dedicated=True, load=Load(2500, 0, LEAD))
    for at, ready, phase, gateway in history:
        observed = replace(observed, held=battle(phase=phase).held, shared=_namespace(gateway=gateway))
        observed = settled(observed, at, ready=ready)
    held = {"held": observed.held, "silent": Unavailable("down"), "unknown": NotDeclared()}[platform]
    observed = settled(replace(observed, held=held), now)
    assert unmet_objects(observed, now) == ()
    assert obsolete_objects(observed, now) == ()


def _namespace(*, gateway: bool) -> Any:
    return shared() if gateway else shared(http_routes=[], ingresses=[samples.ingress()])


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(),
)
def test_a_term_is_within_the_calendar(start: datetime, end: datetime, lead: timedelta) -> None:
    held = term(start, end, Load(1, 0, lead))
    assert held.begins <= max(start, datetime(1970, 1, 1, tzinfo=UTC))
    assert held.gone > min(end, datetime(9998, 12, 31, tzinfo=UTC))


@given(_JSON)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert difference(value, value) is None


@given(_JSON, _JSON)
def test_what_differs_is_named_or_is_there(wanted: Any, found: Any) -> None:
    path = difference({"a": wanted}, {"a": found, "added": 1})
    assert path is None or path.startswith("a")
