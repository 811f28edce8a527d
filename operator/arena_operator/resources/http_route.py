"""The HTTPRoute (Gateway API) that leads a battle's watchers to the `live` of its own."""

from typing import Any
from uuid import UUID

from arena_operator.resources.manifest import Manifest, fingerprinted, fresh, mapping_at, objects_at, text_at
from arena_operator.resources.naming import DEDICATED, Owner, dedicated_name, metadata
from arena_operator.resources.service import PORT

LIVE = "/api/live"


def watched_path(battle_id: UUID) -> str:
    """The paths of one battle's standings, stream and history begin with this; it is longer than the shared one's, so it wins."""
    return f"{LIVE}/battles/{battle_id}/"


def http_route(owner: Owner, pattern: Manifest, battle_id: UUID) -> dict[str, Any]:
    """On the gateways and host names of `pattern` (the shared route), with the time limits of its rule for live."""
    spec = {name: fresh(pattern["spec"][name]) for name in ("parentRefs", "hostnames") if name in mapping_at(pattern, "spec")}
    rule: dict[str, Any] = {
        "matches": [{"path": {"type": "PathPrefix", "value": watched_path(battle_id)}}],
        "backendRefs": [{"group": "", "kind": "Service", "name": dedicated_name(owner), "port": PORT, "weight": 1}],
    }
    if limits := mapping_at(_rule_for_live(pattern), "timeouts"):
        rule["timeouts"] = fresh(limits)
    return fingerprinted(
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": metadata(owner, dedicated_name(owner), DEDICATED),
            "spec": spec | {"rules": [rule]},
        }
    )


def leads_to_live(route: Manifest) -> bool:
    """Whether a rule of this route is for live."""
    return bool(_rule_for_live(route))


def _rule_for_live(route: Manifest) -> Manifest:
    """The rule with the longest prefix that covers live's paths."""
    rules: list[tuple[int, Manifest]] = []
    for rule in objects_at(route, "spec", "rules"):
        prefixes = [text_at(match, "path", "value") or "/" for match in objects_at(rule, "matches")] or ["/"]
        rules += [(len(prefix), rule) for prefix in prefixes if covers_live(prefix)]
    return max(rules, key=lambda found: found[0], default=(0, {}))[1]


def covers_live(prefix: str) -> bool:
    """Whether a path prefix covers live's paths."""
    return f"{LIVE}/".startswith(prefix.rstrip("/") + "/")
