"""The shape of the types as manifests lay them out: one walk over the dataclasses, from which codec and schema are made."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from arena.contracts.battle_spec import WindowSpec
from arena_operator.crd.declared import DeclaredBattle, DeclaredSeries
from arena_operator.crd.status import Condition
from arena_operator.crd.words import camel

PLACES: Final[Mapping[tuple[type, str], tuple[str, ...]]] = {
    (DeclaredBattle, "terms"): (),
    (DeclaredSeries, "terms"): ("template", "spec"),
    (DeclaredSeries, "window"): ("template", "spec", "window"),
    (DeclaredSeries, "metadata"): ("template", "metadata"),
    (Condition, "since"): ("lastTransitionTime",),
}
"""Where a field lies, if not under its own name in camelCase; a dataclass at `()` shares its parent's object."""

CIVIL_TIMES: Final = {(WindowSpec, "start"), (WindowSpec, "end")}
"""The datetimes that are civil (no offset); all others are instants."""

DATACLASS_MARK = "__dataclass_fields__"


@dataclass(frozen=True, slots=True)
class Slot:
    """One field: its place below the owner's object, its type without None, and its default (MISSING if it must be given)."""

    owner: type
    name: str
    place: tuple[str, ...]
    type: Any
    optional: bool
    default: Any

    @property
    def required(self) -> bool:
        """Whether there is nothing to take in its stead."""
        return self.default is MISSING

    @property
    def civil(self) -> bool:
        """Whether it is a civil time."""
        return self.type is datetime and (self.owner, self.name) in CIVIL_TIMES


def slots(owner: type) -> tuple[Slot, ...]:
    """The fields of a dataclass, in order."""
    return _CACHED(owner)


@cache
def is_record(kind: Any) -> bool:
    """Tell whether a type is a dataclass."""
    return isinstance(kind, type) and hasattr(kind, DATACLASS_MARK)


@cache
def element(kind: Any) -> Any:
    """The type of a tuple's elements, or None when it is no tuple."""
    return get_args(kind)[0] if get_origin(kind) is tuple else None


def _slots(owner: type) -> tuple[Slot, ...]:
    hints = get_type_hints(owner)
    return tuple(_slot(owner, one.name, hints[one.name], _default(one)) for one in fields(owner))


_CACHED: Callable[[type], tuple[Slot, ...]] = cache(_slots)


def _slot(owner: type, name: str, hint: Any, default: Any) -> Slot:
    kinds = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    (kind,) = (one for one in kinds if one is not NoneType)
    return Slot(owner, name, PLACES.get((owner, name), (camel(name),)), kind, NoneType in kinds, default)


def _default(one: Any) -> Any:
    return one.default_factory() if one.default_factory is not MISSING else one.default
