"""What may import what, where import-linter has no words for it (its own contracts are in pyproject.toml)."""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.source import Source, sources

SQL = ("sqlalchemy", "psycopg", "alembic")
HTTP = ("fastapi", "starlette", "uvicorn")
SQL_ROOMS = ("arena.chassis", "arena.embedded", "arena.split", "arena.cli")
SQL_FILES = {"storage", "tables", "migrations"}
HTTP_ROOMS = ("arena.chassis", "arena.embedded", "arena.split", "arena.web", "arena.cli")
HTTP_FILES = {"app", "api", "schemas", "stream"}
COMMIT_ROOMS = ("arena.chassis.db", "arena.chassis.bus", "arena.chassis.testing", "arena.embedded")
CLIENT_ROOMS = ("arena.client", "arena.web", "arena.cli", "arena.simulate")
WEB_MAY_USE = ("arena.chassis", "arena.contracts", "arena.client", "arena.web")
IMPURE = ("asyncio", "io", "logging", "os", "pathlib", "random", "secrets", "socket", "subprocess", "tempfile", "threading", "time")
TAKEN_INSIDE = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid7", "urandom"}


def room(source: Source) -> str:
    """The name inside its service: `domain` of arena.battles.domain.phases."""
    return source.parts[2] if len(source.parts) > 2 else ""


def lives_in(source: Source, *packages: str) -> bool:
    return any(source.name == package or source.name.startswith(f"{package}.") for package in packages)


def foreign(source: Source, *allowed: str) -> list[str]:
    """What it imports that is neither of the standard library nor in one of the allowed packages."""
    return sorted(
        name
        for name in source.imports()
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not any(name == package or name.startswith(f"{package}.") for package in allowed)
        and name != "arena"
    )


def is_pure(source: Source) -> bool:
    return lives_in(source, "arena.contracts") or room(source) == "domain"


def impure_domain(source: Source) -> Iterator[str]:
    if not is_pure(source):
        return
    own = ".".join(source.parts[:3])
    yield from foreign(source, "arena.contracts", *([own] if room(source) == "domain" else []))
    yield from (name for name in IMPURE if source.imports_from(name))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and called(node) in TAKEN_INSIDE:
            yield f"line {node.lineno} takes {called(node)}() itself"
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield f"line {node.lineno} waits"


def called(node: ast.Call) -> str:
    """The last word of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def sql_elsewhere(source: Source) -> Iterator[str]:
    if lives_in(source, *SQL_ROOMS) or set(source.parts) & SQL_FILES:
        return
    yield from (name for name in SQL if source.imports_from(name))


def http_elsewhere(source: Source) -> Iterator[str]:
    if lives_in(source, *HTTP_ROOMS) or room(source) in HTTP_FILES:
        return
    yield from (name for name in HTTP if source.imports_from(name))


def commits_elsewhere(source: Source) -> Iterator[str]:
    if lives_in(source, *COMMIT_ROOMS) or "migrations" in source.parts:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and called(node) in {"commit", "rollback"}:
            yield f"line {node.lineno} calls {called(node)}()"


def client_in_a_service(source: Source) -> Iterator[str]:
    if not lives_in(source, *CLIENT_ROOMS) and source.imports_from("arena.client"):
        yield "arena.client"


def web_beyond_the_client(source: Source) -> Iterator[str]:
    if lives_in(source, "arena.web"):
        yield from (name for name in foreign(source, *WEB_MAY_USE) if name.startswith("arena."))


def product_words_in_chassis(source: Source) -> Iterator[str]:
    if lives_in(source, "arena.chassis"):
        yield from (name for name in foreign(source, "arena.chassis") if name.startswith("arena."))


RULES: dict[str, tuple[Callable[[Source], Iterator[str]], str, str]] = {
    "contracts and domains are pure": (impure_domain, "arena.battles.domain", "from datetime import datetime\nat = datetime.now()"),
    "SQL is in storage": (sql_elsewhere, "arena.battles.use_cases", "from sqlalchemy import select"),
    "HTTP is in the doors": (http_elsewhere, "arena.battles.use_cases", "from fastapi import HTTPException"),
    "only the unit of work commits": (commits_elsewhere, "arena.battles.storage", "uow.connection.commit()"),
    "services do not call their own API": (client_in_a_service, "arena.battles.api", "from arena.client import Client"),
    "the web uses the public API": (web_beyond_the_client, "arena.web.pages", "from arena.battles import use_cases"),
    "the chassis knows no product": (product_words_in_chassis, "arena.chassis.db.log", "from arena.contracts import registry"),
}
"""The rule's name → what finds a breach, and a file that breaks it."""


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_the_rule(rule: str) -> None:
    judge, _, _ = RULES[rule]
    assert {str(source.path): found for source in sources("services") if (found := list(judge(source)))} == {}


@pytest.mark.parametrize("rule", RULES)
def test_a_file_that_breaks_the_rule_is_found(rule: str) -> None:
    judge, name, text = RULES[rule]
    assert list(judge(Source(Path("planted.py"), name, text)))
