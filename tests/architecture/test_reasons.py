"""An exception to a check carries its reason in words; tests patch nothing of ours."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tools.source import ROOT, Source, sources

EXCEPTION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no cover|pragma:\s*no mutate)\b(?P<rest>.*)")
CODES = re.compile(r"^\s*(?::\s*[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*|\[[a-z, -]+\])?")
WORDS = re.compile(r"[A-Za-z]{2,}")


def comments(source: Source) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def silent_exceptions(source: Source) -> Iterator[str]:
    for line, comment in comments(source):
        if match := EXCEPTION.search(comment):
            reason = CODES.sub("", match["rest"], count=1)
            if not WORDS.search(reason):
                yield f"{source.path}:{line} {comment}"


def patches(source: Source) -> Iterator[str]:
    """Where a test replaces our own code instead of giving it something else."""
    if source.imports_from("unittest.mock.patch") or source.imports_from("pytest_mock"):
        yield f"{source.path} imports patch"
    ours = {alias.asname or alias.name for node in ast.walk(source.tree) for alias in imported_from_arena(node)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr == "patch" and getattr(node.value, "id", "") == "mock":
            yield f"{source.path}:{node.lineno} mock.patch"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr" and is_ours(node, ours):
            yield f"{source.path}:{node.lineno} setattr"


def imported_from_arena(node: ast.AST) -> list[ast.alias]:
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "arena":
        return node.names
    return []


def is_ours(call: ast.Call, ours: set[str]) -> bool:
    target = call.args[0] if call.args else None
    if isinstance(target, ast.Constant):
        return str(target.value).startswith("arena.")
    return isinstance(target, ast.Name) and target.id in ours


def unexplained_rules(pyproject: str) -> list[str]:
    """Rules that ruff is told to ignore without a word why."""
    codes = [line.strip() for line in pyproject.splitlines() if re.match(r'\s*"[A-Z]+[0-9]*",', line)]
    return [line for line in codes if not re.search(r"#\s*\w+", line)]


def test_every_exception_in_the_code_says_why() -> None:
    assert [found for source in sources() for found in silent_exceptions(source)] == []


def test_an_exception_without_a_word_is_found() -> None:
    planted = "a = 1  # noqa: " + "S105\nb = 2  # type: " + "ignore[misc]  # the driver's stubs are wrong here\n"
    assert list(silent_exceptions(Source(Path("x.py"), "x", planted))) == ["x.py:1 # noqa: " + "S105"]


def test_every_rule_that_ruff_ignores_has_its_reason() -> None:
    assert unexplained_rules((ROOT / "pyproject.toml").read_text("utf-8")) == []
    assert unexplained_rules('ignore = [\n  "D203",\n]') == ['"D203",']


def test_no_test_patches_our_own_code() -> None:
    assert [found for source in sources("tests") for found in patches(source)] == []


def test_a_patch_is_found_in_each_of_its_shapes() -> None:
    planted = (
        "from unittest.mock import patch\n"
        "from unittest import mock\n"
        "from arena.battles import storage\n"
        "mock.patch('arena.x')\n"
        "monkeypatch.setattr('arena.battles.storage.lock', 1)\n"
        "monkeypatch.setattr(storage, 'lock', 1)\n"
    )
    assert len(list(patches(Source(Path("x.py"), "x", planted)))) == 4
