"""Manifests as the API gives and takes them, read without trust: whatever JSON stands there, nothing is raised."""

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

Manifest = Mapping[str, Any]

FINGERPRINT = "habitarena.io/fingerprint"
"""Annotation: which manifest was asked for, so that a field that is no longer wanted is noticed as well."""


def mapping_at(manifest: object, *path: str) -> Mapping[str, Any]:
    """The object at this path; an empty one where there is none."""
    found = manifest
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def objects_at(manifest: object, *path: str) -> Iterator[Mapping[str, Any]]:
    """The objects of the list at this path; what is no object is left out."""
    found = mapping_at(manifest, *path[:-1]).get(path[-1])
    return (item for item in found if isinstance(item, Mapping)) if isinstance(found, list | tuple) else iter(())


def text_at(manifest: object, *path: str) -> str:
    """The text at this path; an empty one where there is none."""
    found = mapping_at(manifest, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else ""


def number_at(manifest: object, *path: str, default: int = 0) -> int:
    """The whole number at this path."""
    found = mapping_at(manifest, *path[:-1]).get(path[-1])
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def label(manifest: object, name: str) -> str:
    """The value of a label, "" where it is not there."""
    return text_at(manifest, "metadata", "labels", name)


def annotation(manifest: object, name: str) -> str:
    """The value of an annotation, "" where it is not there."""
    return text_at(manifest, "metadata", "annotations", name)


def name_of(manifest: object) -> str:
    """`metadata.name`."""
    return text_at(manifest, "metadata", "name")


def fresh(value: Any) -> Any:
    """A copy that shares nothing with the original."""
    return copy.deepcopy(value)


def fingerprinted(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with the SHA-256 of itself (16 digits) in an annotation."""
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True, default=str).encode()).hexdigest()[:16]
    metadata = {**manifest["metadata"], "annotations": {**mapping_at(manifest, "metadata", "annotations"), FINGERPRINT: digest}}
    return {**manifest, "metadata": metadata}


def difference(wanted: object, found: object, path: str = "") -> str | None:
    """The first path at which `found` does not have what is `wanted`; None if all is there.

    What the server adds (defaults, status, other people's labels) does not count; nothing (null, empty) is there where nothing is.
    """
    if not found and (wanted is None or wanted in ({}, [], ())):
        return None if found is None or found in ({}, [], ()) else path
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key, value in wanted.items():
            if (unlike := difference(value, found.get(key), f"{path}.{key}" if path else str(key))) is not None:
                return unlike
        return None
    if isinstance(wanted, list | tuple) and isinstance(found, list | tuple):
        if len(wanted) != len(found):
            return path
        pairs = enumerate(zip(wanted, found, strict=True))
        return next((unlike for at, (one, other) in pairs if (unlike := difference(one, other, f"{path}[{at}]")) is not None), None)
    return None if wanted == found else path
