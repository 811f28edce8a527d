"""The structural schema of a type, as a CRD carries it: types, bounds, defaults, descriptions and rules, each said once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, get_origin
from uuid import UUID

from arena_operator.crd.codec import encode
from arena_operator.crd.declared import PlayerRef
from arena_operator.crd.descriptions import of_class, of_field
from arena_operator.crd.limits import LIMITS, Limit
from arena_operator.crd.rules import RULES, Rule, matches
from arena_operator.crd.shape import Slot, element, is_record, slots
from arena_operator.crd.status import Condition
from arena_operator.crd.words import CIVIL, CIVIL_SAYS, DURATION, DURATION_SAYS, UUID_SAYS, UUID_TEXT, duration_text, pascal

Schema = dict[str, Any]
LIST_KEYS: Final = {PlayerRef: ["email"], Condition: ["type"]}
"""Lists whose elements are told apart by a field: none twice, and appliers may own single elements."""

_NO_LIMIT: Final = Limit()
_MAX_DURATION: Final = 32


def schema_of(kind: type, *, defaults: bool) -> Schema:
    """The schema of a dataclass; `defaults` for a spec, where what is left out is filled in (a status says what it says)."""
    root = _object(of_class(kind))
    for slot in slots(kind):
        _place(root, slot, _slot_schema(slot, defaults=defaults))
    _add_rules(root, [rule.manifest() for rule in RULES.get(kind, ())])
    return root


def _object(description: str = "") -> Schema:
    described = {"description": description} if description else {}
    return {"type": "object", **described, "properties": {}}


def _place(root: Schema, slot: Slot, node: Schema) -> None:
    """Put a field's schema where the field lies, making the objects on the way; a record without a place of its own melts in."""
    container = root
    for key in slot.place[:-1]:
        _require(container, key, needed=slot.required)
        container = container["properties"].setdefault(key, _object())
    if not slot.place:
        _melt(container, node)
        return
    _require(container, slot.place[-1], needed=slot.required)
    container["properties"][slot.place[-1]] = node


def _require(container: Schema, key: str, *, needed: bool) -> None:
    if needed and key not in container.get("required", []):
        container.setdefault("required", []).append(key)


def _melt(container: Schema, node: Schema) -> None:
    container["properties"].update(node["properties"])
    for key in node.get("required", []):
        _require(container, key, needed=True)
    _add_rules(container, node.get("x-kubernetes-validations", []))


def _add_rules(node: Schema, rules: list[dict[str, str]]) -> None:
    if rules:
        node.setdefault("x-kubernetes-validations", []).extend(rules)


def _slot_schema(slot: Slot, *, defaults: bool) -> Schema:
    limit = LIMITS.get((slot.owner, slot.name), _NO_LIMIT)
    node = _typed(slot, slot.type, limit, defaults=defaults)
    if said := of_field(slot.owner, slot.name):
        node = {"type": node.pop("type"), "description": said} | {key: value for key, value in node.items() if key != "description"}
    if defaults and not slot.required and slot.default is not None:
        node["default"] = _default(slot)
    return node


def _default(slot: Slot) -> Any:
    """The default in the resource's words; an object's is whole, for rules judge it as it stands."""
    return encode(slot.default) if is_record(slot.type) else _said(slot.default)


def _said(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_said(one) for one in value]
    if isinstance(value, StrEnum):
        return pascal(value.value)
    if isinstance(value, Mapping):
        return dict(value)
    return duration_text(value) if isinstance(value, timedelta) else value


def _typed(slot: Slot, kind: Any, limit: Limit, *, defaults: bool) -> Schema:
    if is_record(kind):
        return schema_of(kind, defaults=defaults)
    if (one := element(kind)) is not None:
        return _list(slot, one, limit, defaults=defaults)
    if get_origin(kind) is not None:
        values = {"type": "string", "maxLength": limit.length}
        return {"type": "object", "maxProperties": limit.count, "additionalProperties": values}
    return _scalar(slot, kind, limit)


def _list(slot: Slot, one: Any, limit: Limit, *, defaults: bool) -> Schema:
    keys = LIST_KEYS.get(one)
    kept = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys} if keys else {"x-kubernetes-list-type": "atomic"}
    return {"type": "array", "maxItems": limit.count, **kept, "items": _typed(slot, one, limit, defaults=defaults)}


def _scalar(slot: Slot, kind: Any, limit: Limit) -> Schema:
    if kind is bool:
        return {"type": "boolean"}
    if kind is int:
        bounds = {"minimum": limit.low, "maximum": limit.high}
        return {"type": "integer", "format": "int64"} | {key: value for key, value in bounds.items() if value is not None}
    if issubclass(kind, StrEnum):
        return {"type": "string", "description": of_class(kind), "enum": [pascal(member.value) for member in kind]}
    if kind is datetime and not slot.civil:
        return {"type": "string", "format": "date-time"}
    return {"type": "string"} | _text(kind, limit)


def _text(kind: type, limit: Limit) -> Schema:
    """Bounds of a text; what its pattern wants is a rule, for a rule can say it in a sentence."""
    if kind is datetime:
        return {"maxLength": len("2026-11-21T18:00:00")} | _worded(CIVIL, CIVIL_SAYS)
    if kind is timedelta:
        return {"minLength": 2, "maxLength": _MAX_DURATION} | _worded(DURATION, DURATION_SAYS)
    if kind is UUID:
        return {"maxLength": 36} | _worded(UUID_TEXT, UUID_SAYS)
    bounds = {"minLength": limit.shortest or None, "maxLength": limit.length}
    worded = _worded(limit.pattern, limit.says) if limit.pattern else {}
    return {key: value for key, value in bounds.items() if value is not None} | worded


def _worded(pattern: str, says: str) -> Schema:
    return {"x-kubernetes-validations": [Rule(matches(pattern), says).manifest()]}
