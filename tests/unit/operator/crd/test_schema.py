"""The schema made from the types: every field of the contract is in it and in the HTTP API, and means the same."""

from dataclasses import MISSING, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

import pytest
import yaml

from arena.battles.schemas.requests import BattleIn
from arena.contracts.battle_spec import BattleKind, BattleSpec, DayRule, ScoringSpec, WindowSpec
from arena_operator.crd.definitions import BATTLE, RESOURCES, SERIES, definition, root_schema
from arena_operator.crd.schema import Schema
from arena_operator.crd.shape import is_record, slots
from arena_operator.crd.words import camel, pascal
from tools.crds import battles, policy, series

WALL = datetime(2030, 3, 4, 7)  # noqa: DTZ001 - a civil time
CONTRACT = [(kind, one) for kind in (BattleSpec, WindowSpec, ScoringSpec) for one in fields(kind)]
PLACES = {BattleSpec: (), WindowSpec: ("window",), ScoringSpec: ("scoring",)}


def in_crd(kind: type, name: str) -> Schema:
    node = root_schema(BATTLE)["properties"]["spec"]
    for key in (*PLACES[kind], name):
        node = node["properties"][camel(key)]
    return dict(node)


def in_http(kind: type, name: str) -> dict[str, Any]:
    schema = BattleIn.model_json_schema()
    node = schema
    for key in (*PLACES[kind], name):
        node = resolved(node, schema)["properties"][key]
    return node


def resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The node with what it refers to; of something that may be null, the something."""
    found: dict[str, Any] = next(part for part in node.get("anyOf", [node]) if part.get("type") != "null")
    meant: dict[str, Any] = schema["$defs"][found["$ref"].rsplit("/", 1)[1]] if "$ref" in found else {}
    return node | found | meant


def words(value: Any, enum: Any) -> Any:
    """A default as both schemas can be compared by: enum values in the resource's words."""
    if isinstance(value, list | tuple):
        return [words(one, enum) for one in value]
    return enum(value) if isinstance(value, str) and enum and "@" not in value else value


@pytest.mark.parametrize(("kind", "one"), CONTRACT, ids=lambda part: getattr(part, "name", getattr(part, "__name__", "")))
def test_every_field_of_the_contract_is_in_both_schemas_and_means_the_same(kind: type, one: Any) -> None:
    crd, schema = in_crd(kind, one.name), BattleIn.model_json_schema()
    http = resolved(in_http(kind, one.name), schema)
    assert crd["type"] == http["type"]
    if crd["type"] != "object":
        assert crd.get("default") == words(http.get("default"), pascal)
    inner = resolved(http.get("items", http), schema)
    assert crd.get("items", crd).get("enum") == ([pascal(value) for value in inner["enum"]] if "enum" in inner else None)


@pytest.mark.parametrize(("kind", "one"), CONTRACT, ids=lambda part: getattr(part, "name", getattr(part, "__name__", "")))
def test_a_field_must_be_given_in_both_schemas_or_in_none(kind: type, one: Any) -> None:
    spec = root_schema(BATTLE)["properties"]["spec"]
    crd = spec["properties"].get(PLACES[kind][0] if PLACES[kind] else "", spec)
    http = BattleIn.model_json_schema()
    http = resolved(http["properties"][PLACES[kind][0]], http) if PLACES[kind] else http
    needed = one.default is MISSING and one.default_factory is MISSING
    assert (camel(one.name) in crd.get("required", [])) == needed
    assert (one.name in http.get("required", [])) == needed


def test_the_defaults_of_the_http_api_are_those_of_the_contract() -> None:
    given = {"name": "n", "kind": "free_for_all", "window": {"start": "2030-03-04T07:00", "end": "2030-03-04T07:00", "time_zone": "UTC"}}
    assert BattleIn.model_validate(given).to_domain() == BattleSpec(BattleKind.FREE_FOR_ALL, WindowSpec(WALL, WALL, "UTC"))
    assert WindowSpec(WALL, WALL, "UTC").days is DayRule.INSTANT


def every(node: Schema, path: str = "") -> Any:
    yield path, node
    for key, inner in node.get("properties", {}).items():
        yield from every(inner, f"{path}.{key}")
    for key in ("items", "additionalProperties"):
        if key in node:
            yield from every(node[key], f"{path}[]")


@pytest.mark.parametrize("resource", [BATTLE, SERIES], ids=lambda resource: resource.kind)
def test_every_text_list_and_number_of_a_spec_has_its_bounds_and_its_words(resource: Any) -> None:
    spec = root_schema(resource)["properties"]["spec"]
    for path, node in every(spec, "spec"):
        bounds = {"string": ("maxLength", "enum", "format"), "array": ("maxItems",), "integer": ("maximum",)}.get(node["type"])
        assert bounds is None or any(bound in node for bound in bounds), path
        if not path.endswith("[]") and node["type"] != "object":
            assert node.get("description") or node.get("items") or path.endswith(".email"), f"{path} says nothing"


@pytest.mark.parametrize("resource", [BATTLE, SERIES], ids=lambda resource: resource.kind)
def test_every_field_of_the_types_is_in_the_schema(resource: Any) -> None:
    def missing(kind: type, node: Schema) -> Any:
        for slot in slots(kind):
            inner = node
            for key in slot.place:
                inner = inner["properties"].get(key, {})
            if not inner:
                yield f"{kind.__name__}.{slot.name}"
            elif is_record(slot.type):
                yield from missing(slot.type, inner)

    schema = root_schema(resource)["properties"]
    assert [*missing(resource.spec, schema["spec"]), *missing(resource.status, schema["status"])] == []


def test_the_names_are_those_people_type() -> None:
    names = {kind: definition(resource)["spec"]["names"] for kind, resource in RESOURCES.items()}
    assert [(name["plural"], name["shortNames"]) for name in names.values()] == [("battles", ["bt"]), ("battleseries", ["bs"])]
    assert all(name["categories"] == ["habitarena", "all"] for name in names.values())


def test_generated_files_are_ascii_and_hold_what_was_meant() -> None:
    for made, resource in ((yaml.safe_load(battles()), BATTLE), (yaml.safe_load(series()), SERIES)):
        assert made["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
        assert made == definition(resource)
    assert [one["kind"] for one in yaml.safe_load_all(policy())] == ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    assert (battles() + series() + policy()).isascii()
    assert "&id" not in battles() + series()


def test_enum_values_stay_apart_in_the_resource_s_words() -> None:
    def enums(kind: type) -> Any:
        for slot in slots(kind):
            if is_record(slot.type):
                yield from enums(slot.type)
            elif isinstance(slot.type, type) and issubclass(slot.type, StrEnum):
                yield slot.type

    for kind in {*enums(BATTLE.spec), *enums(SERIES.spec), *enums(BATTLE.status)}:
        assert len({pascal(member.value) for member in kind}) == len(kind)
