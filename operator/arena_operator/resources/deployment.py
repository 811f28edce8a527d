"""The Deployment of a `live` that serves one battle, made after the one that serves all."""

from typing import Any

from arena_operator.resources.manifest import Manifest, fingerprinted, fresh, mapping_at, objects_at, text_at
from arena_operator.resources.naming import DEDICATED, Owner, dedicated_name, metadata

_OF_THE_PATTERN = ("nodeName", "topologySpreadConstraints", "affinity")
"""Parts of a pod that speak of the pattern's own pods and places."""


def deployment(owner: Owner, pattern: Manifest, replicas: int) -> dict[str, Any]:
    """As many pods like those of `pattern` (the shared Deployment): image, environment, probes, security as there; labels of their own.

    Nothing of the pattern's selector is kept, so neither it nor its Service nor its disruption budget takes these pods for its own.
    """
    return fingerprinted(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata(owner, dedicated_name(owner), DEDICATED),
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": owner.identity},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "progressDeadlineSeconds": 300,
                "template": _template(owner, pattern),
            },
        }
    )


def is_pattern(pattern: Manifest) -> bool:
    """Whether pods can be made like those of this Deployment: it has a container that names a port."""
    return port_of(pattern) is not None


def port_of(pattern: Manifest) -> int | str | None:
    """The port on which its first container serves: the one called `http`, else the first; by name where it has one."""
    containers = objects_at(pattern, "spec", "template", "spec", "containers")
    ports = list(objects_at(next(containers, {}), "ports"))
    chosen = next((port for port in ports if port.get("name") == "http"), ports[0] if ports else {})
    number = chosen.get("containerPort")
    return text_at(chosen, "name") or (number if isinstance(number, int) else None)


def _template(owner: Owner, pattern: Manifest) -> dict[str, Any]:
    template = mapping_at(pattern, "spec", "template")
    foreign = mapping_at(pattern, "spec", "selector", "matchLabels")
    labels = {name: value for name, value in mapping_at(template, "metadata", "labels").items() if name not in foreign}
    spec = {name: fresh(value) for name, value in mapping_at(template, "spec").items() if name not in _OF_THE_PATTERN}
    if nodes := mapping_at(template, "spec", "affinity", "nodeAffinity"):
        spec["affinity"] = {"nodeAffinity": fresh(nodes)}
    spec["topologySpreadConstraints"] = [_spread(owner, key) for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")]
    about = {"labels": labels | owner.labels | owner.identity}
    if notes := mapping_at(template, "metadata", "annotations"):
        about["annotations"] = fresh(dict(notes))
    return {"metadata": about, "spec": spec}


def _spread(owner: Owner, key: str) -> dict[str, Any]:
    return {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": owner.identity}}
