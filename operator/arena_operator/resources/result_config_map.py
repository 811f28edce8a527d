"""The ConfigMap that holds a battle's result document."""

from typing import Any

from arena_operator.resources.naming import Owner, metadata

KEY = "result.json"
LIMIT = 1_000_000
"""Bytes of a document that a ConfigMap takes: the API refuses more than 1 MiB with everything that belongs to it."""


def result_config_map(owner: Owner, name: str, document: str) -> dict[str, Any]:
    """Immutable: `result.json` is the document as `arena verify` takes it."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(owner, name),
        "immutable": True,
        "data": {KEY: document},
    }


def fits(document: str) -> bool:
    """Whether a ConfigMap can hold the document."""
    return len(document.encode("utf-8", "surrogatepass")) <= LIMIT
