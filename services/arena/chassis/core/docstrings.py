"""What the sources say about types and fields, for pages and schemas made of them: docstrings, and the text under a field."""

import ast
import inspect
from functools import cache
from itertools import pairwise
from textwrap import dedent


def of_class(kind: type) -> str:
    """The docstring of a class, on one line."""
    return " ".join((inspect.getdoc(kind) or "").split())


def of_field(owner: type, name: str) -> str:
    """The text under a field, also one that a base class declares, on one line; empty where there is none."""
    return next((texts[name] for kind in owner.__mro__[:-1] if name in (texts := _fields(kind))), "")


@cache
def _fields(owner: type) -> dict[str, str]:
    try:
        body = ast.parse(dedent(inspect.getsource(owner))).body[0]
    except OSError:  # a class that was made while running has no source
        return {}
    found: dict[str, str] = {}
    for node, after in pairwise(ast.iter_child_nodes(body)):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(after, ast.Expr):
            text = after.value
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                found[node.target.id] = " ".join(text.value.split())
    return found
