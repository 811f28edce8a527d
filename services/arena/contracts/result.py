"""The result document of a battle, as `GET …/result` answers it and `arena verify` reads it, and what must hold within it.

The document is `{"result": {...}, "hash": "<64 hex digits>"}`: the hash is the SHA-256 of `result` in RFC 8785 form. `result` holds the
battle's definition, its timetable in UTC, the tzdata version, the rule, the vector of log positions that were counted, and the standings,
each line with a digest (SHA-256 over RFC 8785 JSON) of that contestant's frozen terms and counted facts.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

FORMAT = "habitarena-result@1"
FIELDS = frozenset({"format", "battle_id", "spec", "timetable", "tzdata", "rule", "vector", "standings"})
LINE = frozenset({"user_id", "rank", "score", "met_days", "longest_streak", "facts", "last_counted_at", "digest"})
LOGS = frozenset({"habits.ledger", "battles.battle"})
PARTITIONS = 16
_DIGEST = re.compile("[0-9a-f]{64}")
_DEADLINES = ("start", "end", "grace_ends", "audit_ends")
_NEVER = "9999"


def problems(result: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong within a result, in words: unknown form, missing fields, doubled contestants, scores and ranks that do not follow.

    Whatever JSON is handed in, the answer is words: nothing is raised. That the hash is right is for the caller to check.
    """
    try:
        yield from _problems(result)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as odd:
        yield f"a part of it has another form ({type(odd).__name__}: {odd})"


def _problems(result: Mapping[str, Any]) -> Iterator[str]:
    if result.get("format") != FORMAT:
        yield f"the format is {result.get('format')!r}, this program knows {FORMAT}"
        return
    if set(result) != FIELDS:
        yield f"its fields are not those of {FORMAT}: {', '.join(sorted(FIELDS ^ set(result)))}"
        return
    yield from _header_problems(result)
    lines = result["standings"]
    if any(set(line) != LINE for line in lines):
        yield "a line of the standings has other fields"
        return
    yield from _line_problems(lines, result["spec"])


def _header_problems(result: Mapping[str, Any]) -> Iterator[str]:
    vector, deadlines = result["vector"], [result["timetable"][name] for name in _DEADLINES]
    for log in sorted(LOGS ^ set(vector)):
        yield f"the vector {'names another log:' if log in vector else 'lacks the log'} {log}"
    for log in sorted(LOGS & set(vector)):
        if len(vector[log]) != PARTITIONS or not all(type(position) is int and position >= 0 for position in vector[log]):
            yield f"the vector does not hold {PARTITIONS} positions of {log}"
    if any(sooner > later for sooner, later in pairwise(deadlines)) or deadlines[0] == deadlines[1]:
        yield "the times of its timetable are out of order"
    if result["rule"] != result["spec"]["scoring"]["rule"]:
        yield f"its rule is {result['rule']}, but the battle was declared with {result['spec']['scoring']['rule']}"


def _line_problems(lines: list[Mapping[str, Any]], spec: Mapping[str, Any]) -> Iterator[str]:
    if len({line["user_id"] for line in lines}) != len(lines):
        yield "a contestant stands in it twice"
    for line in lines:
        if not _DIGEST.fullmatch(line["digest"]):
            yield f"the digest of {line['user_id']} is not a SHA-256"
        if spec["scoring"]["rule"] == "points@1" and not _adds_up(line, spec):
            yield f"the score {line['score']} of {line['user_id']} does not follow from the facts, met days and streak beside it"
    for line, (rank, expected) in zip(lines, _ranked(lines, spec["scoring"]["tie_breaks"]), strict=True):
        if line["user_id"] != expected["user_id"] or line["rank"] != rank:
            found = f"rank {line['rank']} of {line['user_id']}"
            yield f"{found} does not follow from the scores and tie-breaks: {expected['user_id']} has rank {rank}"
            return


def _adds_up(line: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
    """Whether a line can be a score by `points@1`: exact without a streak bonus, else between what one and all runs can have earned."""
    scoring = spec["scoring"]
    per = scoring["per"] or ("met_day" if spec["window"]["days"] == "own" else "fact")
    earned = line["facts"] if per == "fact" else line["met_days"]
    points = earned * scoring["points"]
    return bool(
        0 <= line["longest_streak"] <= line["met_days"] <= line["facts"]
        and points + _bonus(line["longest_streak"], scoring) <= line["score"] <= points + _bonus(line["met_days"], scoring)
        and (line["last_counted_at"] is None) == (earned == 0)
    )


def _bonus(length: int, scoring: Mapping[str, Any]) -> int:
    """The bonus of one run, by formula, as a forged length may be any number; several runs earn no more than one as long as all of them."""
    step, cap, further = scoring["streak_bonus"], scoring["streak_bonus_cap"], max(length - 1, 0)
    if step == 0:
        return 0
    growing = min(further, cap // step)
    return int(step * growing * (growing + 1) // 2 + (further - growing) * cap)


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
