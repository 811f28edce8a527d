"""Every reason that a condition can have is in the guide, with what to do."""

import ast
import re
from pathlib import Path

from arena_operator.reconcile import battle, capacity_condition, capacity_shared, ending, judgement, series
from arena_operator.reconcile.observed import Refused
from arena_operator.reconcile.refusals import _ADVICE, reason_of
from tools.source import ROOT

GUIDE = (ROOT / "docs" / "guides" / "battles-as-resources.md").read_text("utf-8")
JUDGES = {"Verdict", "Overall", "Hindrance", "Finding", "_stalled"}


def reasons(module: Path) -> set[str]:
    """The CamelCase words that are given to a judgement, or are named in capitals at the top of the module."""
    tree, found = ast.parse(module.read_text("utf-8")), set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in JUDGES:
                found |= {argument.value for argument in arguments if isinstance(argument, ast.Constant)}  # type: ignore[misc] # texts
            case ast.Return(value=ast.Tuple(elts=[ast.Constant(value=str() as word), *_])):
                found.add(word)
    return {word for word in found if re.fullmatch(r"([A-Z][a-z]+)+", str(word))}


def test_every_reason_is_in_the_guide() -> None:
    modules = [Path(str(module.__file__)) for module in (judgement, ending, series, capacity_condition, capacity_shared, battle)]
    said = {reason for module in modules for reason in reasons(module)} | {reason_of(Refused(slug, "")) for slug in _ADVICE}
    assert len(said) > 30
    assert sorted(reason for reason in said if f"`{reason}`" not in GUIDE) == []
