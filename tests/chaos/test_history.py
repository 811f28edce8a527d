"""The checker can fail: each way to break a promise, forged into a history that keeps them all, is found, and nothing else is."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.history import History, Spot, Verdict, judge

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
HERE = (2, 7)


def spot(position: int, second: int) -> Spot:
    return Spot(position, BEGAN + timedelta(seconds=second))


def kept() -> History:
    """Ann logged three facts, the second one twice because the first answer was lost."""
    return History(
        asked={"ann": ["a-1", "a-2", "a-3"]},
        promised={"ann": {"a-1", "a-2", "a-3"}},
        ledger={"ann": [("a-3", "f3"), ("a-2", "f2"), ("a-1", "f1")]},
        facts={"ann": ["f1", "f2", "f3"]},
        places={HERE: [spot(1, 0), spot(2, 1), spot(3, 1)]},
        heads=[{HERE: spot(1, 0)}, {HERE: spot(3, 1)}, {HERE: spot(3, 1)}],
        watched=[[1, 1, 2, 3], [2, 3]],
        carried={HERE: [1, 2, 1, 2, 3]},
        confirmed={HERE: 2},
        counted={"ann": 30},
        standings=[{"ann": 30}, {"ann": 30}],
    )


def swap(history: History, **fields: object) -> None:
    for name, value in fields.items():
        setattr(history, name, value)


FORGERIES: dict[str, tuple[str, Callable[[History], None]]] = {
    "a promised fact is not in the ledger": (
        "lost",
        lambda h: swap(h, ledger={"ann": [("a-1", "f1"), ("a-2", "f2")]}, facts={"ann": ["f1", "f2"]}),
    ),
    "a fact of the ledger has no event": ("lost", lambda h: swap(h, facts={"ann": ["f1", "f3"]})),
    "a position is missing": ("lost", lambda h: swap(h, places={HERE: [spot(1, 0), spot(3, 1)]}, carried={HERE: [1]}, confirmed={})),
    "Kafka has not got what is recorded as confirmed": ("lost", lambda h: swap(h, carried={HERE: [1]})),
    "Kafka has nothing of a partition": ("lost", lambda h: swap(h, carried={})),
    "a fact is in the ledger twice": (
        "doubled",
        lambda h: swap(
            h, ledger={"ann": [("a-1", "f1"), ("a-2", "f2"), ("a-2", "f9"), ("a-3", "f3")]}, facts={"ann": ["f1", "f2", "f9", "f3"]}
        ),
    ),
    "a fact has two events": ("doubled", lambda h: swap(h, facts={"ann": ["f1", "f2", "f2", "f3"]})),
    "a position was given twice": ("doubled", lambda h: swap(h, places={HERE: [spot(1, 0), spot(2, 1), spot(2, 1), spot(3, 1)]})),
    "the log has a later fact of somebody before an earlier one": ("reordered", lambda h: swap(h, facts={"ann": ["f1", "f3", "f2"]})),
    "a stamp goes back": ("reordered", lambda h: swap(h, places={HERE: [spot(1, 1), spot(2, 0), spot(3, 1)]})),
    "a head's position goes back": ("reordered", lambda h: swap(h, heads=[{HERE: spot(3, 1)}, {HERE: spot(2, 1)}])),
    "a head's time goes back": ("reordered", lambda h: swap(h, heads=[{HERE: spot(3, 1)}, {HERE: spot(3, 0)}])),
    "a watcher sees an older revision": ("reordered", lambda h: swap(h, watched=[[1, 3, 2]])),
    "Kafka has a hole that is filled too late": ("reordered", lambda h: swap(h, carried={HERE: [1, 3, 2]})),
    "the ledger has what nobody asked for": (
        "phantom",
        lambda h: swap(h, asked={"ann": ["a-1", "a-2"]}, promised={"ann": {"a-1", "a-2"}}),
    ),
    "the log has a fact that the ledger has not": ("phantom", lambda h: swap(h, facts={"ann": ["f1", "f2", "f3", "f4"]})),
    "Kafka has what the log has not": ("phantom", lambda h: swap(h, carried={HERE: [1, 2, 3, 4]})),
    "somebody's standing lacks a fact": ("differing", lambda h: swap(h, standings=[{"ann": 30}, {"ann": 20}])),
    "somebody's standing counts a fact twice": ("differing", lambda h: swap(h, standings=[{"ann": 40}])),
    "somebody has no standing": ("differing", lambda h: swap(h, standings=[{}])),
    "somebody who did not take part has a standing": ("differing", lambda h: swap(h, standings=[{"ann": 30, "bob": 0}])),
}


def test_a_history_that_keeps_every_promise_is_found_innocent() -> None:
    assert judge(kept()) == Verdict()


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_history_is_found_guilty_of_what_was_forged_and_of_nothing_else(forgery: str) -> None:
    guilt, forge = FORGERIES[forgery]
    history = deepcopy(kept())
    forge(history)
    assert {name for name, count in judge(history).counts.items() if count} == {guilt}


def test_every_kind_of_guilt_can_be_found() -> None:
    assert {guilt for guilt, _ in FORGERIES.values()} == set(Verdict().counts)
