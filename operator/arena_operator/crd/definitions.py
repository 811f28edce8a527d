"""The two custom resource definitions, and the policy that goes with them."""

from dataclasses import dataclass
from typing import Any, Final

from arena_operator.crd.declared import DeclaredBattle, DeclaredSeries
from arena_operator.crd.manifest import ALLOW_DELETE, API_VERSION
from arena_operator.crd.rules import ROOT_RULES
from arena_operator.crd.schema import Schema, schema_of
from arena_operator.crd.status import BattleStatus, SeriesStatus

GROUP, _, VERSION = API_VERSION.partition("/")
CATEGORIES: Final = ("habitarena", "all")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; `wide` ones only with `-o wide`."""

    name: str
    path: str
    type: str = "string"
    wide: bool = False

    def manifest(self) -> dict[str, Any]:
        """As a CRD carries it."""
        return {"name": self.name, "type": self.type, "jsonPath": self.path, "priority": int(self.wide)}


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind: its names, the types of spec and status, what `kubectl get` shows."""

    kind: str
    plural: str
    singular: str
    short: str
    description: str
    spec: type
    status: type
    columns: tuple[Column, ...]


_READY = '.status.conditions[?(@.type=="Ready")].status'
_AGE = Column("Age", ".metadata.creationTimestamp", "date")

BATTLE: Final = Resource(
    "Battle",
    "battles",
    "battle",
    "bt",
    "A battle: what is contested, when, for how many, and what the platform must hold ready for it.",
    DeclaredBattle,
    BattleStatus,
    (
        Column("Phase", ".status.phase"),
        Column("Start", ".status.window.start"),
        Column("Leader", ".status.leader"),
        Column("Viewers", ".status.viewers", "integer"),
        Column("Ready", _READY),
        _AGE,
        Column("Participants", ".status.participants", "integer", wide=True),
        Column("Battle id", ".status.battleId", wide=True),
    ),
)
SERIES: Final = Resource(
    "BattleSeries",
    "battleseries",
    "battleseries",
    "bs",
    "Battles by the calendar: a schedule makes them, as a CronJob makes Jobs.",
    DeclaredSeries,
    SeriesStatus,
    (
        Column("Schedule", ".spec.schedule"),
        Column("Zone", ".spec.timeZone"),
        Column("Suspend", ".spec.suspend", "boolean"),
        Column("Active", ".status.active"),
        Column("Next", ".status.nextSchedule"),
        _AGE,
    ),
)
RESOURCES: Final = {resource.kind: resource for resource in (BATTLE, SERIES)}


def root_schema(resource: Resource) -> Schema:
    """The schema of the whole resource."""
    return {
        "type": "object",
        "description": resource.description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": schema_of(resource.spec, defaults=True),
            "status": schema_of(resource.status, defaults=False),
        },
        "x-kubernetes-validations": [rule.manifest() for rule in ROOT_RULES[resource.spec]],
    }


def definition(resource: Resource) -> dict[str, Any]:
    """The CustomResourceDefinition."""
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [column.manifest() for column in resource.columns],
        "schema": {"openAPIV3Schema": root_schema(resource)},
    }
    names = {
        "kind": resource.kind,
        "listKind": f"{resource.kind}List",
        "plural": resource.plural,
        "singular": resource.singular,
        "shortNames": [resource.short],
        "categories": list(CATEGORIES),
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }


UNDER_WAY: Final = ("Running", "Grace", "Audit")
"""The phases in which a battle's resource is not deleted by accident."""

CLEANERS: Final = (
    "system:serviceaccount:kube-system:generic-garbage-collector",
    "system:serviceaccount:kube-system:namespace-controller",
    "system:kube-controller-manager",
)
"""Who deletes in the name of somebody who has decided already; the last where controllers have no accounts of their own."""

POLICY: Final = f"battles-under-way.{GROUP}"


def deletion_policy() -> list[dict[str, Any]]:
    """Deleting a battle that is under way needs an annotation; what cleans up a namespace that is going may always do so.

    The namespace controller deletes what is left in a namespace that itself is being deleted: refusing that would hold the namespace for
    ever, so whether the namespace is going is asked for first. The garbage collector deletes what a vanished owner left: whoever deleted
    the owner (a series) has decided, and a refusal would be tried again without end; controllers of the cluster pass too.
    """
    return [_policy(), _binding()]


def _policy() -> dict[str, Any]:
    message = (
        f"'battle ' + oldObject.metadata.name + ' is ' + oldObject.status.phase + ': to delete its resource all the same, run: "
        f"kubectl annotate battle ' + oldObject.metadata.name + ' -n ' + oldObject.metadata.namespace + ' {ALLOW_DELETE}=true'"
    )
    allowed = f"has(oldObject.metadata.annotations) && oldObject.metadata.annotations[?'{ALLOW_DELETE}'].orValue('') == 'true'"
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": POLICY},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [{"apiGroups": [GROUP], "apiVersions": ["*"], "operations": ["DELETE"], "resources": [BATTLE.plural]}]
            },
            "matchConditions": [
                {
                    "name": "under-way",
                    "expression": f"has(oldObject.status) && has(oldObject.status.phase) && oldObject.status.phase in {list(UNDER_WAY)}",
                },
                {
                    "name": "not-cleaning-up",
                    "expression": f"!(request.userInfo.username in {list(CLEANERS)})",
                },
            ],
            "validations": [
                {
                    "expression": f"({allowed}) || has(namespaceObject.metadata.deletionTimestamp)",
                    "message": f"the battle is under way: annotate its resource with {ALLOW_DELETE}=true to delete it all the same",
                    "messageExpression": message,
                    "reason": "Forbidden",
                }
            ],
        },
    }


def _binding() -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": POLICY},
        "spec": {"policyName": POLICY, "validationActions": ["Deny"]},
    }
