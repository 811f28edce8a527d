"""`arena verify`: whether a result document is whole and holds together, with nothing but the file."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from arena.chassis.core.canonical import NotCanonical, canonical_json, sha256_hex
from arena.cli.console import AsJson, fail, say, show_json
from arena.cli.settings import WRONG_USE
from arena.contracts.result import problems

STDIN = Path("-")


class Verdict(NamedTuple):
    """What was found: the hash the document states, the one computed, and every sentence against it."""

    battle_id: str
    stated: str
    computed: str
    wrong: list[str]


class NotAResult(Exception):
    """The text is no result document."""

    slug = "not-a-result"


def judge(text: str) -> Verdict:
    """Check a result document, exactly as `GET /api/battles/{id}/result` answers it.

    Raises:
        NotAResult: it is something else.
    """
    result, stated = _parts(_parsed(text))
    try:
        computed = sha256_hex(canonical_json(result))
    except NotCanonical as odd:
        raise NotAResult(f"This is no result document: it has no canonical form ({odd}).") from odd
    wrong = list(problems(result))
    if computed != stated:
        wrong.insert(0, f"its hash is {computed}, it states {stated}: something in it was changed")
    return Verdict(str(result.get("battle_id")), stated, computed, wrong)


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The result file; - reads stdin.", show_default=False)],
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Check a battle's result file offline.

    Computes the hash anew (SHA-256 over RFC 8785 JSON), and whether the ranks follow from scores and tie-breaks. Exit code 0: it holds.
    """
    try:
        verdict = judge(_read(file))
    except NotAResult as other:
        fail(str(other))
    if as_json:
        show_json({"ok": not verdict.wrong, **verdict._asdict()})
    elif not verdict.wrong:
        say(f"ok: battle {verdict.battle_id}, hash {verdict.computed}")
    if verdict.wrong and not as_json:
        fail("\n".join(f"wrong: {sentence}" for sentence in verdict.wrong))
    if verdict.wrong:
        raise typer.Exit(1)


def _read(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if file == STDIN else file.read_bytes()
    except OSError as unread:
        fail(f"{file} cannot be read ({unread.strerror}): name a file that GET /api/battles/ID/result gave.", WRONG_USE)
    try:
        return data.decode()
    except UnicodeDecodeError:
        fail(f"{file} is no result document: it is not text.")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as unread:
        raise NotAResult(f"This is no result document: {unread}.") from unread


def _parts(document: Any) -> tuple[dict[str, Any], str]:
    if not isinstance(document, dict) or set(document) != {"result", "hash"}:
        raise NotAResult('This is no result document: it holds "result" and "hash", nothing else.')
    if not isinstance(document["result"], dict) or not isinstance(document["hash"], str):
        raise NotAResult("This is no result document: `result` is an object and `hash` is text.")
    return document["result"], document["hash"]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A field that stands twice would mean one thing here and another elsewhere."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands in it twice")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")
