"""The Ingress that leads a battle's watchers to the `live` of its own, where there is no Gateway API."""

from typing import Any
from uuid import UUID

from arena_operator.resources.http_route import covers_live, watched_path
from arena_operator.resources.manifest import Manifest, fingerprinted, fresh, mapping_at, objects_at, text_at
from arena_operator.resources.naming import DEDICATED, Owner, dedicated_name, metadata
from arena_operator.resources.service import PORT


def ingress(owner: Owner, pattern: Manifest, battle_id: UUID) -> dict[str, Any]:
    """Of the class, hosts, certificates and controller settings (annotations) of `pattern`, the shared Ingress."""
    backend = {"service": {"name": dedicated_name(owner), "port": {"number": PORT}}}
    paths = [{"path": watched_path(battle_id), "pathType": "Prefix", "backend": backend}]
    spec = {name: fresh(pattern["spec"][name]) for name in ("ingressClassName", "tls") if name in mapping_at(pattern, "spec")}
    hosts = [text_at(rule, "host") for rule in objects_at(pattern, "spec", "rules") if _serves_live(rule)] or [""]
    spec["rules"] = [({"host": host} if host else {}) | {"http": {"paths": fresh(paths)}} for host in hosts]
    about = metadata(owner, dedicated_name(owner), DEDICATED)
    about["annotations"] = {
        name: value
        for name, value in mapping_at(pattern, "metadata", "annotations").items()
        if "ingress" in name.partition("/")[0] or "ingress" in name.partition("/")[2]
    }
    return fingerprinted({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": about, "spec": spec})


def leads_to_live(pattern: Manifest) -> bool:
    """Whether a rule of this Ingress is for live."""
    return any(_serves_live(rule) for rule in objects_at(pattern, "spec", "rules"))


def _serves_live(rule: Manifest) -> bool:
    return any(covers_live(text_at(path, "path") or "/") for path in objects_at(rule, "http", "paths"))
