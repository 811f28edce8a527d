"""A namespace as a chart leaves it, to build from."""

from typing import Any
from uuid import UUID

from arena_operator.resources.naming import Owner

OWNER = Owner("Battle", "arena", "spring-cup", "0f7a6f0e-5a86-4d7e-9d7c-4a1f3f6f2b11")
BATTLE_ID = UUID("01935c1f-7b7e-7cc3-9a3e-6f4d5b2a1c00")

_SELECTOR = {"app.kubernetes.io/name": "arena", "app.kubernetes.io/instance": "demo", "app.kubernetes.io/component": "live"}


def deployment(component: str = "live", **spec: Any) -> dict[str, Any]:
    """The shared Deployment of a component, as the API gives it: with defaults and status."""
    selector = _SELECTOR | {"app.kubernetes.io/component": component}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": f"arena-{component}",
            "namespace": "arena",
            "uid": f"uid-of-{component}",
            "generation": 3,
            "labels": selector | {"helm.sh/chart": "arena-0.1.0"},
        },
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {
                    "creationTimestamp": None,
                    "labels": selector | {"helm.sh/chart": "arena-0.1.0"},
                    "annotations": {"checksum/config": "abc123"},
                },
                "spec": _pod(selector),
            },
        }
        | spec,
        "status": {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2},
    }


def _pod(selector: dict[str, str]) -> dict[str, Any]:
    return {
        "serviceAccountName": "arena-live",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": selector},
            }
        ],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}]}]
                }
            },
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": selector}}
                ]
            },
        },
        "containers": [
            {
                "name": "live",
                "image": "arena:0.1.0",
                "args": ["serve", "live"],
                "env": [
                    {"name": "ARENA_LOG_LEVEL", "value": "info"},
                    {"name": "ARENA_DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "arena-live-db", "key": "url"}}},
                ],
                "ports": [
                    {"name": "metrics", "containerPort": 9464, "protocol": "TCP"},
                    {"name": "http", "containerPort": 8000, "protocol": "TCP"},
                ],
                "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 5},
                "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }


def http_route() -> dict[str, Any]:
    """The shared HTTPRoute: everything to the front, live without a time limit."""
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "arena", "namespace": "arena"},
        "spec": {
            "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public", "namespace": "gateways"}],
            "hostnames": ["arena.example.org"],
            "rules": [
                {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": [{"name": "arena-web", "port": 80}]},
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/api/live"}}],
                    "timeouts": {"request": "0s"},
                    "backendRefs": [{"name": "arena-live", "port": 80}],
                },
            ],
        },
    }


def ingress() -> dict[str, Any]:
    """The shared Ingress of an installation without the Gateway API."""
    backend = {"service": {"name": "arena-live", "port": {"number": 80}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "arena",
            "namespace": "arena",
            "annotations": {
                "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
            },
        },
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{"hosts": ["arena.example.org"], "secretName": "arena-tls"}],
            "rules": [
                {
                    "host": "arena.example.org",
                    "http": {"paths": [{"path": "/api/live", "pathType": "Prefix", "backend": backend}]},
                },
                {"host": "docs.example.org", "http": {"paths": [{"path": "/docs", "pathType": "Prefix", "backend": backend}]}},
            ],
        },
    }


def autoscaler(component: str = "live", **spec: Any) -> dict[str, Any]:
    """The autoscaler of a shared Deployment: from 2 to 10."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": f"arena-{component}", "namespace": "arena", "uid": f"uid-of-hpa-{component}", "resourceVersion": "41"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"arena-{component}"},
            "minReplicas": 2,
            "maxReplicas": 10,
        }
        | spec,
    }


def budget(component: str = "live", **limit: Any) -> dict[str, Any]:
    """The chart's disruption budget for a component."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": f"arena-{component}", "namespace": "arena", "uid": f"uid-of-pdb-{component}", "resourceVersion": "17"},
        "spec": {"selector": {"matchLabels": _SELECTOR | {"app.kubernetes.io/component": component}}} | (limit or {"maxUnavailable": 1}),
    }
