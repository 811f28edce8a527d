"""The rules of a schema, evaluated here as the API server evaluates them there."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from arena_operator.crd.meta import SpecProblem
from arena_operator.crd.schema import Schema

_GONE: Final = object()


def broken(value: Any, old: Any, schema: Schema, at: str) -> Iterator[SpecProblem]:
    """The rules that a value breaks, at every depth; `old` is what it was before (or None: then rules about changes say nothing)."""
    for rule in schema.get("x-kubernetes-validations", ()):
        if old is None and "oldSelf" in rule["rule"]:
            continue
        if (said := _said(rule, value, old)) is not None:
            yield SpecProblem(f"{at}{rule.get('fieldPath', '')}".removeprefix("."), said)
    if isinstance(value, dict):
        for key, node in schema.get("properties", {}).items():
            if key in value:
                before = old.get(key) if isinstance(old, Mapping) else None
                yield from broken(value[key], before, node, f"{at}.{key}".removeprefix("."))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from broken(one, None, schema["items"], f"{at}[{index}]")


def _said(rule: Mapping[str, str], value: Any, old: Any) -> str | None:
    """What a rule says against a value; None when it holds."""
    context = {"self": value} if old is None else {"self": value, "oldSelf": old}
    try:
        if _compiled(rule["rule"]).execute(context) is True:
            return None
        return str(_compiled(rule["messageExpression"]).execute(context)) if "messageExpression" in rule else rule["message"]
    except (RuntimeError, TypeError, ValueError) as failed:
        return f"{rule['message']} ({failed})"


@cache
def _compiled(expression: str) -> Any:
    # The package loads a command line of its own: a third of a second that only those pay who judge a manifest.
    import cel  # noqa: PLC0415 - see above

    return cel.compile(expression)
