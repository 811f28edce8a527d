from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.contracts.battle_spec import TieBreak
from arena.contracts.events.scoring import StandingRow
from arena.contracts.ids import UserId
from arena.scoring.domain.rules_contest import Score
from arena.scoring.domain.standings import public_rows, standings

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALL = (TieBreak.MET_DAYS, TieBreak.STREAK, TieBreak.EARLIEST)


def score(user: int, points: int, met: int = 0, streak: int = 0, minute: int | None = None) -> Score:
    return Score(UserId(UUID(int=user)), points, met, streak, 1, None if minute is None else NOON + timedelta(minutes=minute))


def ranks(scores: list[Score], tie_breaks: tuple[TieBreak, ...] = ALL) -> list[tuple[int, int]]:
    return [(row.score.user_id.int, row.rank) for row in standings(scores, tie_breaks)]


def test_nobody_gives_no_rows() -> None:
    assert standings([], ALL) == ()


def test_more_points_rank_higher() -> None:
    assert ranks([score(1, 5), score(2, 20), score(3, 10)]) == [(2, 1), (3, 2), (1, 3)]


def test_equals_share_a_rank_and_the_next_one_counts_those_before_it() -> None:
    assert ranks([score(4, 1), score(3, 7), score(2, 7), score(1, 9)]) == [(1, 1), (2, 2), (3, 2), (4, 4)]
    assert ranks([score(3, 7), score(2, 7), score(1, 7), score(4, 6)]) == [(1, 1), (2, 1), (3, 1), (4, 4)]
    assert ranks([score(1, 9), score(2, 7), score(3, 7), score(4, 5), score(5, 5), score(6, 1)])[-3:] == [(4, 4), (5, 4), (6, 6)]


@pytest.mark.parametrize(
    ("tie_breaks", "first"),
    [
        ((TieBreak.MET_DAYS,), 1),
        ((TieBreak.STREAK,), 2),
        ((TieBreak.EARLIEST,), 3),
        ((TieBreak.MET_DAYS, TieBreak.STREAK), 1),
        ((TieBreak.STREAK, TieBreak.MET_DAYS), 2),
        ((TieBreak.EARLIEST, TieBreak.MET_DAYS), 3),
    ],
)
def test_tie_breaks_decide_in_the_order_declared(tie_breaks: tuple[TieBreak, ...], first: int) -> None:
    scores = [score(1, 10, met=3, streak=1, minute=9), score(2, 10, met=2, streak=2, minute=8), score(3, 10, met=1, streak=1, minute=1)]
    assert ranks(scores, tie_breaks)[0] == (first, 1)


def test_a_later_tie_break_speaks_only_where_the_earlier_ones_are_silent() -> None:
    scores = [score(1, 10, met=3, streak=1, minute=1), score(2, 10, met=3, streak=2, minute=9), score(3, 10, met=4, minute=9)]
    assert ranks(scores) == [(3, 1), (2, 2), (1, 3)]


def test_who_reached_nothing_yet_comes_after_whoever_did() -> None:
    assert ranks([score(1, 0), score(2, 0, minute=10**6)], (TieBreak.EARLIEST,)) == [(2, 1), (1, 2)]
    assert ranks([score(1, 0), score(2, 0)], (TieBreak.EARLIEST,)) == [(1, 1), (2, 1)]


def test_without_tie_breaks_equal_points_are_equal() -> None:
    assert ranks([score(2, 10, met=3, minute=1), score(1, 10)], ()) == [(1, 1), (2, 1)]


def test_opponents_see_the_rank_and_the_points_and_nothing_else() -> None:
    rows = standings([score(1, 10, met=3, streak=2, minute=1)], ALL)
    assert public_rows(rows) == (StandingRow(UserId(UUID(int=1)), 1, 10),)


scores = st.builds(score, st.integers(1, 10**9), *[st.integers(0, 2)] * 3, st.sampled_from([None, 1, 2]))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(scores, max_size=12, unique_by=lambda entry: entry.user_id),
    st.permutations(ALL).flatmap(lambda order: st.sampled_from([tuple(order), tuple(order[:2]), tuple(order[:1]), ()])),
)
def test_a_rank_is_one_more_than_the_number_of_those_who_did_better(found: list[Score], tie_breaks: tuple[TieBreak, ...]) -> None:
    def better(one: Score, other: Score) -> bool:
        if one.score != other.score:
            return one.score > other.score
        for tie_break in tie_breaks:
            if tie_break is TieBreak.EARLIEST:
                mine, theirs = (at or datetime.max.replace(tzinfo=UTC) for at in (one.last_counted_at, other.last_counted_at))
                if mine != theirs:
                    return mine < theirs
            else:
                merits = [(entry.met_days, entry.longest_streak)[tie_break is TieBreak.STREAK] for entry in (one, other)]
                if merits[0] != merits[1]:
                    return merits[0] > merits[1]
        return False

    rows = standings(found, tie_breaks)
    assert [row.rank for row in rows] == [1 + sum(better(other, row.score) for other in found) for row in rows]
    assert {row.score for row in rows} == set(found)
    assert len(rows) == len(found)
    assert [row.rank for row in rows] == sorted(row.rank for row in rows)
