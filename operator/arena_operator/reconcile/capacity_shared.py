"""Which of a namespace's objects serve its battles, and how a Deployment stands: from listings of the API, read without trust."""

from collections.abc import Iterable, Mapping, Sequence

from arena_operator.reconcile.observed import ServingState, SharedServing
from arena_operator.resources import http_route, ingress
from arena_operator.resources.manifest import Manifest, label, mapping_at, name_of, number_at, objects_at, text_at
from arena_operator.resources.naming import COMPONENT, MANAGED_BY, MANAGER

LIVE = "live"
API = "api"

STARTING = "Starting"
UNSCHEDULABLE = "Unschedulable"
STUCK = "RolloutStuck"


def shared_serving(
    deployments: Iterable[Manifest],
    *,
    http_routes: Iterable[Manifest] = (),
    ingresses: Iterable[Manifest] = (),
    autoscalers: Iterable[Manifest] = (),
    budgets: Iterable[Manifest] = (),
) -> SharedServing:
    """Pick from the objects of one namespace; of several the first by name, an HTTPRoute before an Ingress.

    Items of a listing carry no kind, so the route gets its own here.
    """
    serving = sorted(deployments, key=name_of)
    routes = [{**route, "kind": "HTTPRoute"} for route in http_routes if http_route.leads_to_live(route)]
    routes += [{**route, "kind": "Ingress"} for route in ingresses if ingress.leads_to_live(route)]
    return SharedServing(
        live=next((found for found in serving if label(found, COMPONENT) == LIVE), None),
        api=next((found for found in serving if label(found, COMPONENT) == API), None),
        route=min((route for route in routes if label(route, MANAGED_BY) != MANAGER), key=_preference, default=None),
        autoscalers=tuple(sorted(autoscalers, key=name_of)),
        budgets=tuple(sorted(budgets, key=name_of)),
    )


def serving_state(deployment: Manifest, pods: Iterable[Manifest] = ()) -> ServingState:
    """How a Deployment stands; with its pods (worth listing only while it is not ready) also why."""
    wanted, ready = number_at(deployment, "spec", "replicas", default=1), _ready(deployment)
    reason, message = ("", "") if ready >= wanted else _reason(deployment, list(pods))
    return ServingState("Deployment", name_of(deployment), wanted, ready, reason, message)


def state_in(serving: Sequence[ServingState], deployment: Manifest) -> ServingState:
    """How it stands by what was observed, else by its own status."""
    name = name_of(deployment)
    return next((state for state in serving if state.kind == "Deployment" and state.name == name), None) or serving_state(deployment)


def _ready(deployment: Manifest) -> int:
    """Ready replicas of the newest template; none while its controller has not yet seen the newest spec."""
    seen, newest = number_at(deployment, "status", "observedGeneration"), number_at(deployment, "metadata", "generation")
    counts = [number_at(deployment, "status", name) for name in ("readyReplicas", "updatedReplicas")]
    return min(counts) if seen >= newest else 0


def _reason(deployment: Manifest, pods: list[Manifest]) -> tuple[str, str]:
    for pod in pods:
        placed = _condition(pod, "PodScheduled")
        if text_at(placed, "status") == "False":
            return UNSCHEDULABLE, f"Pod {name_of(pod)} finds no node: {text_at(placed, 'message') or 'no reason given'}"
    for pod in pods:
        for container in objects_at(pod, "status", "containerStatuses"):
            waiting = mapping_at(container, "state", "waiting")
            if text_at(waiting, "reason") not in {"", "ContainerCreating", "PodInitializing"}:
                return STUCK, f"Pod {name_of(pod)}: {text_at(waiting, 'reason')} {text_at(waiting, 'message')}".rstrip()
    refused = _condition(deployment, "ReplicaFailure")
    if text_at(refused, "status") == "True":
        return STUCK, text_at(refused, "message") or "its pods are refused"
    progress = _condition(deployment, "Progressing")
    if text_at(progress, "status") == "False":
        return STUCK, text_at(progress, "message") or "it makes no progress"
    return STARTING, "its pods are starting"


def _condition(manifest: Manifest, kind: str) -> Mapping[str, object]:
    return next((found for found in objects_at(manifest, "status", "conditions") if found.get("type") == kind), {})


def _preference(route: Manifest) -> tuple[bool, bool, str]:
    return (route["kind"] != "HTTPRoute", label(route, COMPONENT) != LIVE, name_of(route))


def autoscaler_of(autoscalers: Iterable[Manifest], deployment: Manifest) -> Manifest | None:
    """The autoscaler that scales this Deployment."""
    name = name_of(deployment)
    targets = ((found, mapping_at(found, "spec", "scaleTargetRef")) for found in autoscalers)
    return next((found for found, target in targets if target.get("kind") == "Deployment" and target.get("name") == name), None)
