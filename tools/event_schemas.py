"""Generates services/arena/contracts/schemas: of each event its JSON Schema (as it lies in the log) and its Avro schema."""

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, get_args, get_type_hints

import msgspec

from arena.chassis.bus.kafka.avro_schemas import derive, record_name
from arena.chassis.bus.versions import type_name
from arena.chassis.core import docstrings
from arena.contracts.registry import LOGS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def render() -> dict[str, str]:
    """The text of every file, by its place in the folder."""
    found = {}
    for log in LOGS:
        for event in log.events:
            found[f"{log.name}/{type_name(event)}.json"] = _text(schema(event, log.name))
            found[f"{log.name}/{record_name(event)}.avsc"] = _text(derive(event, log.name).schema)
    return found


def schema(event: type, log: str) -> dict[str, Any]:
    """The JSON Schema of an event's payload, with what the sources say about its fields."""
    plain = msgspec.json.schema(event)
    definitions = plain["$defs"]
    for kind in types_in(event):
        definitions[kind.__name__]["description"] = docstrings.of_class(kind)
        if is_dataclass(kind):
            _describe(kind, definitions[kind.__name__]["properties"])
    own = definitions.pop(event.__name__)
    identity = {"$schema": DIALECT, "$id": f"urn:habitarena:{log}:{type_name(event)}"}
    return {**identity, **own, **({"$defs": definitions} if definitions else {})}


def types_in(hint: Any) -> list[type]:
    """The dataclasses and enums in a type, itself among them."""
    if is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint)
        return [hint, *(kind for slot in fields(hint) for kind in types_in(hints[slot.name]))]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return [hint]
    return [kind for argument in get_args(hint) for kind in types_in(argument)]


def _describe(owner: type, properties: dict[str, Any]) -> None:
    """Add the text under each field, and say which texts are instants: a local time has no format in JSON Schema."""
    hints = get_type_hints(owner)
    for slot in fields(owner):
        if datetime in {hints[slot.name], *get_args(hints[slot.name])} and not slot.metadata.get("local"):
            one = properties[slot.name]
            one.get("anyOf", [one])[0]["format"] = "date-time"
        if said := docstrings.of_field(owner, slot.name):
            properties[slot.name]["description"] = said


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
