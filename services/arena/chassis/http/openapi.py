"""One OpenAPI document for all services, with the problem as the default answer of each operation."""

import copy
from collections.abc import Iterable
from typing import Any, Final

from fastapi import FastAPI

from arena.chassis.http.problems import MEDIA_TYPE

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457 problem details; `type` ends with a stable slug.",
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["https://habitarena.io/problems/validation-failed"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "rule", "message"],
                "properties": {"field": {"type": "string"}, "rule": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_REFUSAL: Final = {"description": "A problem", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_REFERENCE: Final = "#/components/schemas/"
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})


def merge_openapi(apps: Iterable[FastAPI], *, title: str, version: str) -> dict[str, Any]:
    """The document of all apps together.

    Schemas of one name that differ get the service's name in front.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    for app in apps:
        document = _without_clashes(app, schemas)
        schemas |= document.get("components", {}).get("schemas", {})
        paths |= document["paths"]
    for operation in _operations(paths):
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = _REFUSAL
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    security = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": security},
        "security": [{}, {"bearer": []}],
    }


def _operations(paths: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (operation for item in paths.values() for method, operation in item.items() if method in _METHODS)


def _without_clashes(app: FastAPI, taken: dict[str, Any]) -> dict[str, Any]:
    """A copy of the app's document, with those schemas renamed whose name others have taken for something else."""
    document: dict[str, Any] = copy.deepcopy(app.openapi())
    own = document.get("components", {}).get("schemas", {})
    first = app.title.title().replace(" ", "")
    renames = {name: first + name for name, schema in own.items() if name in taken and taken[name] != schema}
    if not renames:
        return document
    document["components"]["schemas"] = {renames.get(name, name): schema for name, schema in own.items()}
    references = {_REFERENCE + old: _REFERENCE + new for old, new in renames.items()}
    _redirect(document, references)
    return document


def _redirect(node: Any, references: dict[str, str]) -> None:
    """Change `$ref`s in place."""
    if isinstance(node, list):
        for item in node:
            _redirect(item, references)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                node[name] = references.get(value, value)
            else:
                _redirect(value, references)
