"""A kept resource as the manifest that `kubectl get -o yaml` would show, and what an applied manifest changes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from arena.embedded.resources.storage import Resource
from arena_operator.crd.manifest import API_VERSION

DEFAULT_NAMESPACE: Final = "default"


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody applies: a manifest that was checked, its defaults filled in."""

    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    owner: UUID | None = None

    @classmethod
    def of(cls, manifest: Mapping[str, Any], namespace: str = DEFAULT_NAMESPACE, owner: UUID | None = None) -> "Given":
        """The parts of a manifest that whoever writes it decides."""
        meta = manifest.get("metadata") or {}
        return cls(
            str(manifest["kind"]),
            str(meta.get("namespace") or namespace),
            str(meta["name"]),
            dict(meta.get("labels") or {}),
            dict(meta.get("annotations") or {}),
            manifest.get("spec") or {},
            owner,
        )


def made(given: Given, uid: UUID, now: datetime) -> Resource:
    """The resource that nobody knew before."""
    return Resource(
        uid, given.kind, given.namespace, given.name, 1, 1, given.labels, given.annotations, (), given.owner, given.spec, {}, now
    )


def changed(resource: Resource, given: Given) -> Resource:
    """The resource as applied; itself when nothing is different. The generation counts changes of the spec only."""
    after = replace(
        resource,
        labels=given.labels,
        annotations=given.annotations,
        spec=given.spec,
        generation=resource.generation + (given.spec != resource.spec),
    )
    return moved(resource, after)


def moved(before: Resource, after: Resource) -> Resource:
    """`after` with the next version, or `before` when they are the same."""
    return before if after == before else replace(after, resource_version=before.resource_version + 1)


def manifest(resource: Resource) -> dict[str, Any]:
    """As the API server would answer it."""
    meta: dict[str, Any] = {
        "name": resource.name,
        "namespace": resource.namespace,
        "uid": str(resource.uid),
        "generation": resource.generation,
        "resourceVersion": str(resource.resource_version),
        "creationTimestamp": instant(resource.created_at),
    }
    optional: dict[str, Any] = {
        "deletionTimestamp": resource.deleting_since and instant(resource.deleting_since),
        "labels": dict(resource.labels),
        "annotations": dict(resource.annotations),
        "finalizers": list(resource.finalizers),
    }
    meta |= {name: value for name, value in optional.items() if value}
    found: dict[str, Any] = {"apiVersion": API_VERSION, "kind": resource.kind, "metadata": meta, "spec": dict(resource.spec)}
    return found | ({"status": dict(resource.status)} if resource.status else {})


def instant(at: datetime) -> str:
    """RFC 3339, as Kubernetes writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
