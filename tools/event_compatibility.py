"""What may not change about an event within a version: today's JSON Schema compared with a released one, in both directions.

Backward: today's readers read what lies in logs and archives. Forward: yesterday's readers read what is written today, as both run
during an upgrade and after a roll-back. The rules are a table in docs/guides/events.md, each row a test.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
_WORDS = {"$schema", "$id", "$defs", "title", "description"}


def problems(released: Schema, today: Schema) -> list[str]:
    """What has changed that may not, a sentence each."""
    return list(_differences(_inlined(released, released), _inlined(today, today), str(released.get("title", ""))))


def _inlined(schema: Any, root: Schema) -> Any:
    """The schema without words, and with what it refers to in the place of the reference."""
    if isinstance(schema, list):
        return [_inlined(one, root) for one in schema]
    if not isinstance(schema, dict):
        return schema
    target = schema.get("$ref")
    if target is not None:
        schema = {**root["$defs"][target.rpartition("/")[2]], **{name: value for name, value in schema.items() if name != "$ref"}}
    plain = {name: value for name, value in schema.items() if name not in _WORDS}
    if "properties" in plain:  # here a name is a field's, not a word of the schema
        properties = {name: _inlined(value, root) for name, value in plain.pop("properties").items()}
        return {**_inlined(plain, root), "properties": properties}
    return {name: value if name == "default" else _inlined(value, root) for name, value in plain.items()}


def _differences(old: Schema, new: Schema, where: str) -> Iterator[str]:
    if "properties" in old and "properties" in new:
        yield from _fields(old, new, where)
    elif "enum" in old and "enum" in new:
        yield from _values(set(old["enum"]), set(new["enum"]), where)
    elif "items" in old and "items" in new:
        yield from _differences(old["items"], new["items"], where)
    elif "anyOf" in old and "anyOf" in new and len(old["anyOf"]) == len(new["anyOf"]):
        for before, after in zip(old["anyOf"], new["anyOf"], strict=True):
            yield from _differences(before, after, where)
    elif _type(old) != _type(new):
        yield f"{where}: its type is another"


def _type(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name != "default"}


def _fields(old: Schema, new: Schema, where: str) -> Iterator[str]:
    before, after = old["properties"], new["properties"]
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(set(before) - set(after)):
        if name in needed_before:
            yield f"{where}.{name}: the field is gone, and older readers need it"
    for name in sorted(set(after) - set(before)):
        if name in needed_after:
            yield f"{where}.{name}: the field is new and has no default, and older rows lack it"
    for name in sorted(set(before) & set(after)):
        field = f"{where}.{name}"
        if name in needed_before - needed_after:
            yield f"{field}: it has a default now, but older readers need the field"
        elif name in needed_after - needed_before:
            yield f"{field}: its default is gone, and older rows lack the field"
        elif before[name].get("default") != after[name].get("default"):
            yield f"{field}: its default is another, so older rows would say something else"
        yield from _differences(before[name], after[name], field)


def _values(old: set[str], new: set[str], where: str) -> Iterator[str]:
    if old - new:
        yield f"{where}: older rows hold values that are gone: {', '.join(sorted(old - new))}"
    if new - old:
        yield f"{where}: older readers do not know its new values: {', '.join(sorted(new - old))}"
