"""What the API server would say of a manifest, said without one: the same generated schema, the same rules.

The laptop's `arena apply` asks here; a test on a real API server compares the verdicts.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from arena_operator.crd.cel_rules import broken
from arena_operator.crd.definitions import RESOURCES, root_schema
from arena_operator.crd.manifest import API_VERSION, read_battle, read_series
from arena_operator.crd.meta import SpecProblem
from arena_operator.crd.schema import Schema
from arena_operator.crd.structure import faults, filled, unknown

MAX_BYTES: Final = 1_500_000
"""What the API server's store takes of one object, about."""

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)
_READERS: Final = {"Battle": read_battle, "BattleSeries": read_series}


def completed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest as the API server would store it: defaults put in, nulls and unknown fields gone. It must have been checked."""
    schema = _schema(str(manifest["kind"]))["properties"]
    plain: dict[str, Any] = _plain(manifest)
    return plain | {key: filled(plain[key], schema[key]) for key in ("spec", "status") if isinstance(plain.get(key), dict)}


def check(manifest: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> list[SpecProblem]:
    """Everything that speaks against storing this manifest in the place of `old` (or as a new resource); empty if nothing does.

    `old` is the stored resource with its status: what has begun cannot be changed any more.
    """
    if problems := _envelope(manifest):
        return problems
    schema = _schema(str(manifest["kind"]))
    new = completed(manifest)
    # The status is the operator's alone: a manifest's is not looked at, the stored one stays.
    new.pop("status", None)
    new |= {"status": old["status"]} if old and isinstance(old.get("status"), dict) else {}
    problems = [*unknown(_plain(manifest)["spec"], schema["properties"]["spec"], "spec")]
    problems += faults(new["spec"], schema["properties"]["spec"], "spec")
    problems = problems or list(broken(new, None if old is None else completed(old), schema, ""))
    return problems or _beyond(new)


def _beyond(manifest: Mapping[str, Any]) -> list[SpecProblem]:
    """What the schema has no words for: an operator would say it in a condition, here it is said at once."""
    read = _READERS[str(manifest["kind"])](manifest["spec"])
    return [read] if isinstance(read, SpecProblem) else []


def _envelope(manifest: Mapping[str, Any]) -> list[SpecProblem]:
    kind, meta = manifest.get("kind"), manifest.get("metadata")
    if manifest.get("apiVersion") != API_VERSION or kind not in RESOURCES:
        return [SpecProblem("kind", f"it must be one of {', '.join(RESOURCES)} of apiVersion {API_VERSION}")]
    if not isinstance(meta, Mapping) or not isinstance(meta.get("name"), str) or not _NAME.fullmatch(meta["name"]):
        return [SpecProblem("metadata.name", "it must be a name of small letters, digits and hyphens, such as office-week")]
    if not isinstance(manifest.get("spec"), Mapping):
        return [SpecProblem("spec", "it must be given")]
    if (extra := set(manifest) - {"apiVersion", "kind", "metadata", "spec", "status"}) != set():
        return [SpecProblem(str(key), "there is no such field") for key in sorted(extra, key=str)]
    size = len(json.dumps(_plain(manifest), ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
    return [SpecProblem("", f"a resource has at most {MAX_BYTES:,} bytes, this has {size:,}")] if size > MAX_BYTES else []


def _plain(value: Any) -> Any:
    """A copy of JSON's types alone: YAML readers make dates of what Kubernetes takes for texts."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


@cache
def _schema(kind: str) -> Schema:
    return root_schema(RESOURCES[kind])
