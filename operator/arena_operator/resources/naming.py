"""Names, labels and owner of what is made for a battle: the same for the same battle, whatever it is called."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

API_VERSION = "habitarena.io/v1alpha1"
MANAGER = "arena-operator"
"""Field manager of server-side apply, and the value of the managed-by label."""

MANAGED_BY = "app.kubernetes.io/managed-by"
COMPONENT = "app.kubernetes.io/component"
PART_OF = "app.kubernetes.io/part-of"
BATTLE = "habitarena.io/battle"
BATTLE_UID = "habitarena.io/battle-uid"
DEDICATED = "live-dedicated"
"""Component of what serves one battle; the shared ones are `live` and `api`."""

_LABEL_LENGTH = 63
_NAME_LENGTH = 45
"""Of a Deployment: its pods' names add up to 17 more characters."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The resource that owns the object; with it, it is deleted."""

    kind: str
    namespace: str
    name: str
    uid: str

    @property
    def reference(self) -> dict[str, Any]:
        """The owner reference of a controller."""
        return {"apiVersion": API_VERSION, "kind": self.kind, "name": self.name, "uid": self.uid, "controller": True}

    @property
    def identity(self) -> dict[str, str]:
        """The labels by which its pods are selected."""
        return {COMPONENT: DEDICATED, BATTLE_UID: label_value(self.uid)}

    @property
    def labels(self) -> dict[str, str]:
        """The labels of everything it owns."""
        return {MANAGED_BY: MANAGER, BATTLE: label_value(self.name), BATTLE_UID: label_value(self.uid)}


def metadata(owner: Owner, name: str, component: str | None = None) -> dict[str, Any]:
    """Metadata of an owned object."""
    labels = owner.labels | ({COMPONENT: component, PART_OF: "habitarena"} if component else {})
    return {"name": name, "namespace": owner.namespace, "labels": labels, "ownerReferences": [owner.reference]}


def dedicated_name(owner: Owner) -> str:
    """The name of what serves one battle: a DNS label of at most 45 characters, unique by the owner's uid."""
    digest = _digest(owner.uid)
    words = re.sub(r"[^a-z0-9]+", "-", owner.name.lower()).strip("-")
    room = _NAME_LENGTH - len("live--") - len(digest)
    return "-".join(part for part in ("live", words[:room].strip("-"), digest) if part)


def label_value(text: str) -> str:
    """The text as a label's value: itself where it can be one, else shortened and told apart by a digest."""
    if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", text):
        return text
    digest = _digest(text)
    words = re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[: _LABEL_LENGTH - 1 - len(digest)].strip("-_.")
    return f"{words}-{digest}" if words else digest


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
