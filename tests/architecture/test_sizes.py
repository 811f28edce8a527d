"""A file is at most 400 lines, a function at most 50: no file is the one nobody opens."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.source import Source, sources

FILE_LINES = 400
FUNCTION_LINES = 50
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "stuff"}


def long_functions(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{source.path}:{node.lineno} {node.name} has {lines} lines"


def test_no_file_is_longer_than_400_lines() -> None:
    assert [f"{source.path}: {lines}" for source in sources() if (lines := source.text.count("\n")) > FILE_LINES] == []


def test_no_function_is_longer_than_50_lines() -> None:
    assert [found for source in sources() for found in long_functions(source)] == []


def test_a_function_of_51_lines_is_found() -> None:
    body = "def long() -> None:\n" + "    pass\n" * FUNCTION_LINES
    assert list(long_functions(Source(Path("x.py"), "x", body))) == ["x.py:1 long has 51 lines"]


def test_every_file_says_by_its_name_what_is_in_it() -> None:
    assert [str(source.path) for source in sources() if VAGUE & set(source.parts)] == []
