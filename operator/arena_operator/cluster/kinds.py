"""Where each kind lives in the API."""

from dataclasses import dataclass
from typing import Final

from arena_operator.resources.naming import MANAGED_BY, MANAGER


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object.

    Attributes:
        name: as in `kind`.
        group: "" for the core group.
        version: the one we read and write.
        plural: the resource in the path.
        selector: a label selector of those we care for; "" for all of a namespace.
    """

    name: str
    group: str
    version: str
    plural: str
    selector: str = ""

    @property
    def api_version(self) -> str:
        """As in `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The path of an object, of the objects of a namespace, or of all."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        where = f"/namespaces/{namespace}" if namespace else ""
        return "/".join(part for part in (root + where, self.plural, name, subresource) if part)


_OURS: Final = f"{MANAGED_BY}={MANAGER}"

BATTLE: Final = Kind("Battle", "habitarena.io", "v1alpha1", "battles")
SERIES: Final = Kind("BattleSeries", "habitarena.io", "v1alpha1", "battleseries")
POD: Final = Kind("Pod", "", "v1", "pods")
EVENT: Final = Kind("Event", "events.k8s.io", "v1", "events")
CONFIG_MAP: Final = Kind("ConfigMap", "", "v1", "configmaps", _OURS)
SERVICE: Final = Kind("Service", "", "v1", "services", _OURS)
DEPLOYMENT: Final = Kind("Deployment", "apps", "v1", "deployments")
AUTOSCALER: Final = Kind("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers")
BUDGET: Final = Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets")
INGRESS: Final = Kind("Ingress", "networking.k8s.io", "v1", "ingresses")
HTTP_ROUTE: Final = Kind("HTTPRoute", "gateway.networking.k8s.io", "v1", "httproutes")

DECLARED: Final = (BATTLE, SERIES)
BESIDE: Final = (CONFIG_MAP, SERVICE, DEPLOYMENT, AUTOSCALER, BUDGET, INGRESS, HTTP_ROUTE)
"""What is owned by battles or serves them."""
OPTIONAL: Final = frozenset({HTTP_ROUTE.name})
"""Kinds that a cluster may not have."""

KINDS: Final = {kind.name: kind for kind in (*DECLARED, *BESIDE, POD, EVENT)}
