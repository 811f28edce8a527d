"""The result document of a battle, as `GET …/result` answers it and `arena verify` reads it, and what must hold within it.

The document is `{"result": {...}, "hash": "<64 hex digits>"}`: the hash is the SHA-256 of `result` in RFC 8785 form. `result` holds the
battle's definition, its timetable in UTC, the tzdata version, the rule, the vector of log positions that were counted, and the standings,
each line with a digest (SHA-256 over RFC 8785 JSON) of that contestant's frozen terms and counted facts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

FORMAT = "habitarena-result@1"
FIELDS = frozenset({"format", "battle_id", "spec", "timetable", "tzdata", "rule", "vector", "standings"})
LINE = frozenset({"user_id", "rank", "score", "met_days", "longest_streak", "facts", "last_counted_at", "digest"})
PARTITIONS = 16
HEX_DIGITS = 64
_NEVER = "9999"


def problems(result: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong within a result, in words: unknown form, missing fields, doubled contestants, ranks that do not follow from the scores."""
    if result.get("format") != FORMAT:
        yield f"the format is {result.get('format')!r}, this program knows {FORMAT}"
        return
    if set(result) != FIELDS:
        yield f"its fields are not those of {FORMAT}: {', '.join(sorted(FIELDS ^ set(result)))}"
        return
    yield from _vector_problems(result["vector"])
    lines = result["standings"]
    if any(set(line) != LINE for line in lines):
        yield "a line of the standings has other fields"
        return
    yield from _line_problems(lines, result["spec"]["scoring"]["tie_breaks"])


def _vector_problems(vector: Mapping[str, Any]) -> Iterator[str]:
    for log in ("habits.ledger", "battles.battle"):
        if len(vector.get(log, ())) != PARTITIONS:
            yield f"the vector does not hold {PARTITIONS} positions of {log}"


def _line_problems(lines: list[Mapping[str, Any]], tie_breaks: list[str]) -> Iterator[str]:
    if len({line["user_id"] for line in lines}) != len(lines):
        yield "a contestant stands in it twice"
    for line in lines:
        if len(str(line["digest"])) != HEX_DIGITS:
            yield f"the digest of {line['user_id']} is not a SHA-256"
    for line, (rank, expected) in zip(lines, _ranked(lines, tie_breaks), strict=True):
        if line["user_id"] != expected["user_id"] or line["rank"] != rank:
            yield f"rank {line['rank']} of {line['user_id']} does not follow from the scores and tie-breaks: {expected['user_id']} has rank {rank}"
            return


def _ranked(lines: list[Mapping[str, Any]], tie_breaks: list[str]) -> list[tuple[int, Mapping[str, Any]]]:
    """Standard competition ranking (1, 2, 2, 4) by score and tie-breaks, equals by user id."""
    ordered = sorted(lines, key=lambda line: (_merit(line, tie_breaks), line["user_id"]))
    ranked: list[tuple[int, Mapping[str, Any]]] = []
    for place, line in enumerate(ordered, start=1):
        shared = place > 1 and _merit(ordered[place - 2], tie_breaks) == _merit(line, tie_breaks)
        ranked.append((ranked[-1][0] if shared else place, line))
    return ranked


def _merit(line: Mapping[str, Any], tie_breaks: list[str]) -> tuple[Any, ...]:
    keys = {"met_days": -line["met_days"], "streak": -line["longest_streak"], "earliest": line["last_counted_at"] or _NEVER}
    return (-line["score"], *(keys[tie_break] for tie_break in tie_breaks))
