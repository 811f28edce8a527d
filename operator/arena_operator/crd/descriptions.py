"""What the sources say about types and fields: the class's docstring, and the text under a field."""

import ast
import inspect
import re
from functools import cache
from itertools import pairwise
from textwrap import dedent

from arena_operator.crd.words import camel, pascal


def of_class(kind: type) -> str:
    """The docstring of a class, on one line."""
    return _line(inspect.getdoc(kind) or "")


def of_field(owner: type, name: str) -> str:
    """The text under a field; empty where there is none."""
    return _fields(owner).get(name, "")


@cache
def _fields(owner: type) -> dict[str, str]:
    body = ast.parse(dedent(inspect.getsource(owner))).body[0]
    found: dict[str, str] = {}
    for node, after in pairwise(ast.iter_child_nodes(body)):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(after, ast.Expr):
            text = after.value
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                found[node.target.id] = _line(text.value)
    return found


def _line(text: str) -> str:
    """On one line, in the resource's words: `days: own` is `days: Own` there, `lead_time` is `leadTime`."""
    joined = re.sub(r"`(days): (\w+)`", lambda said: f"`{said[1]}: {pascal(said[2])}`", " ".join(text.split()))
    return re.sub(r"`([a-z]+(?:_[a-z]+)+)`", lambda said: f"`{camel(said[1])}`", joined)
