"""What every resource carries, and what is said of one that cannot be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ResourceMeta:
    """What any resource carries; `deleting_since` is set once somebody asked for its deletion."""

    kind: str
    namespace: str
    name: str
    uid: str
    generation: int
    resource_version: str
    created: datetime
    deleting_since: datetime | None = None
    finalizers: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """A spec that cannot be read (an older schema, a store without validation): the field's path and what is wrong with it."""

    field: str
    message: str
