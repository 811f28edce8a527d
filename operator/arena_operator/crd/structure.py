"""A structural schema at work: what is wrong with a value, and the value with what was left out filled in."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from arena_operator.crd.meta import SpecProblem
from arena_operator.crd.schema import Schema

_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    "object": (dict, "an object"),
    "array": (list, "a list"),
    "string": (str, "a text"),
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
}


def filled(value: Any, schema: Schema) -> Any:
    """A copy as the API server stores it: nulls and unknown keys gone, defaults put in."""
    if isinstance(value, list) and "items" in schema:
        return [filled(one, schema["items"]) for one in value]
    if not isinstance(value, dict):
        return value
    if "properties" not in schema:
        return {key: one for key, one in value.items() if one is not None} if "additionalProperties" in schema else dict(value)
    known = {key: one for key, one in value.items() if one is not None and key in schema["properties"]}
    defaults = {key: node["default"] for key, node in schema["properties"].items() if "default" in node and key not in known}
    return {key: filled(one, schema["properties"][key]) for key, one in (known | defaults).items()}


def unknown(value: Any, schema: Schema, at: str) -> Iterator[SpecProblem]:
    """Keys that mean nothing; `kubectl apply` refuses them."""
    if isinstance(value, list) and "items" in schema:
        for index, one in enumerate(value):
            yield from unknown(one, schema["items"], f"{at}[{index}]")
    if not isinstance(value, dict) or "properties" not in schema:
        return
    for key, one in value.items():
        path = f"{at}.{key}" if at else str(key)
        if key in schema["properties"]:
            yield from unknown(one, schema["properties"][key], path)
        else:
            yield SpecProblem(path, f"there is no such field{_near(str(key), schema['properties'])}")


def faults(value: Any, schema: Schema, at: str) -> Iterator[SpecProblem]:
    """What the types and bounds say against a value that was filled in."""
    expected, called = _TYPES[schema["type"]]
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        yield SpecProblem(at, f"it must be {called}")
        return
    yield from (SpecProblem(at, said) for judge in _JUDGES.get(schema["type"], ()) if (said := judge(value, schema)))
    if isinstance(value, list):
        yield from _twice(value, schema, at)
        for index, one in enumerate(value):
            yield from faults(one, schema["items"], f"{at}[{index}]")
    elif isinstance(value, dict):
        yield from _faults_inside(value, schema, at)


def _faults_inside(value: dict[str, Any], schema: Schema, at: str) -> Iterator[SpecProblem]:
    prefix = f"{at}." if at else ""
    yield from (SpecProblem(f"{prefix}{key}", "it must be given") for key in schema.get("required", ()) if key not in value)
    for key, one in value.items():
        node = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
        if node:
            yield from faults(one, node, f"{prefix}{key}")


def _near(key: str, known: Mapping[str, Any]) -> str:
    same = [name for name in known if name.lower() == key.replace("_", "").lower()]
    return f", did you mean {same[0]}?" if same else ""


def _text(value: str, schema: Schema) -> str | None:
    if "enum" in schema and value not in schema["enum"]:
        return f"it must be one of {', '.join(schema['enum'])}"
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    if not shortest <= len(value) or (longest is not None and len(value) > longest):
        return f"it must have {shortest} to {longest} characters"
    return _instant(value) if schema.get("format") == "date-time" else None


def _instant(value: str) -> str | None:
    try:
        named = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        named = False
    return None if named else "it must be an instant such as 2026-11-21T18:00:00Z"


def _number(value: int, schema: Schema) -> str | None:
    low, high = schema.get("minimum"), schema.get("maximum")
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    return f"it must be {low:,} to {high:,}" if high is not None else f"it must be {low:,} or more"


def _size(value: list[Any] | dict[str, Any], schema: Schema) -> str | None:
    most = schema.get("maxItems") or schema.get("maxProperties")
    return f"it must have at most {most} entries" if most is not None and len(value) > most else None


_JUDGES: Final[Mapping[str, tuple[Callable[[Any, Schema], str | None], ...]]] = {
    "string": (_text,),
    "integer": (_number,),
    "array": (_size,),
    "object": (_size,),
}


def _twice(value: list[Any], schema: Schema, at: str) -> Iterator[SpecProblem]:
    keys = schema.get("x-kubernetes-list-map-keys")
    if not keys:
        return
    seen: set[tuple[str, ...]] = set()
    for index, one in enumerate(value):
        key = tuple(str(one.get(name)) for name in keys) if isinstance(one, dict) else ()
        if key in seen:
            yield SpecProblem(f"{at}[{index}]", f"{', '.join(key)} is there twice")
        seen.add(key)
