"""Specs and statuses as hypothesis makes them: whatever the platform could hold, built field by field from the types."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, get_origin
from uuid import UUID

from hypothesis import strategies as st

from arena.contracts.battle_spec import BattleKind
from arena_operator.crd.declared import DeclaredBattle
from arena_operator.crd.limits import LIMITS, NAME, Limit
from arena_operator.crd.shape import Slot, element, is_record, slots

NO_LIMIT = Limit()
NAMES = st.text("Aa0 é中😀-'\"\\:#\u00a0", min_size=1, max_size=40).filter(lambda text: text == text.strip(" ") and bool(text.strip()))
TEXTS = {
    NAME.pattern: NAMES,
    LIMITS[next(key for key in LIMITS if key[1] == "time_zone")].pattern: st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
}
WALLS = st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31)).map(lambda wall: wall.replace(microsecond=0))  # noqa: DTZ001 - civil times
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def records(kind: type) -> st.SearchStrategy[Any]:
    """Any value of a dataclass within its limits."""
    return st.builds(kind, **{slot.name: values(slot) for slot in slots(kind)})


def plausible(declared: DeclaredBattle) -> DeclaredBattle:
    """The same with what rules want of several fields at once: a window of a week, a cap above the bonus, places that suit the kind."""
    midnight = declared.window.start.replace(hour=0, minute=0, second=0, year=min(declared.window.start.year, 2998))
    window = replace(declared.window, start=midnight, end=midnight + timedelta(days=7))
    bonus = declared.terms.scoring
    ties = tuple(dict.fromkeys(bonus.tie_breaks))
    scoring = replace(bonus, streak_bonus_cap=max(bonus.streak_bonus, bonus.streak_bonus_cap), tie_breaks=ties)
    players = tuple({player.email: player for player in declared.terms.players}.values())
    places = None if declared.terms.kind is BattleKind.HEAD_TO_HEAD else declared.terms.max_participants
    return replace(declared, window=window, terms=replace(declared.terms, scoring=scoring, players=players, max_participants=places))


def values(slot: Slot) -> st.SearchStrategy[Any]:
    """Any value of a field."""
    limit = LIMITS.get((slot.owner, slot.name), NO_LIMIT)
    one = element(slot.type)
    if one is not None:
        made = st.lists(single(one, slot, limit), max_size=min(limit.count or 5, 5)).map(tuple)
    else:
        made = single(slot.type, slot, limit)
    return st.none() | made if slot.optional else made


def single(kind: Any, slot: Slot, limit: Limit) -> st.SearchStrategy[Any]:
    if is_record(kind):
        return records(kind)
    if get_origin(kind) is not None:
        return st.dictionaries(st.text("abc", min_size=1, max_size=5), st.text(max_size=10), max_size=3)
    if issubclass(kind, StrEnum):
        return st.sampled_from(kind)
    if kind is datetime:
        return WALLS if slot.civil else INSTANTS
    return plain(kind, limit)


def plain(kind: type, limit: Limit) -> st.SearchStrategy[Any]:
    low, high = limit.low, limit.high
    if kind is timedelta:
        assert isinstance(low, timedelta)
        assert isinstance(high, timedelta)
        return st.integers(int(low.total_seconds()), int(high.total_seconds())).map(lambda seconds: timedelta(seconds=seconds))
    if kind is int:
        return st.integers(low if isinstance(low, int) else 0, high if isinstance(high, int) else 10**9)
    if kind is str:
        return texts(limit)
    makers: Mapping[type, st.SearchStrategy[Any]] = {bool: st.booleans(), UUID: st.uuids()}
    return makers[kind]


def texts(limit: Limit) -> st.SearchStrategy[str]:
    if limit.pattern is None or limit.pattern in TEXTS:
        return TEXTS.get(limit.pattern, NAMES)
    return st.from_regex(limit.pattern, fullmatch=True).filter(fits(limit))


def fits(limit: Limit) -> Any:
    return lambda text: limit.broken_by(text) is None and "\n" not in text
