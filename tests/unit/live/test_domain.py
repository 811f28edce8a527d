from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.contracts.battle_spec import Phase
from arena.contracts.events.scoring import StandingRow
from arena.contracts.ids import BattleId, UserId
from arena.live.domain import Board
from tests.unit.live.stage import NOW

BOARD = Board(BattleId(UUID(int=1)), Phase.OPEN)
ROWS = (StandingRow(UserId(UUID(int=2)), 1, 10),)


def test_a_later_revision_replaces_the_rows() -> None:
    later = BOARD.standings(3, NOW, ROWS)
    assert (later.revision, later.as_of, later.rows, later.phase) == (3, NOW, ROWS, Phase.OPEN)


@pytest.mark.parametrize("revision", [0, 2, 3])
def test_a_revision_that_is_known_or_older_changes_nothing(revision: int) -> None:
    board = BOARD.standings(3, NOW, ROWS)
    assert board.standings(revision, NOW, ()) is board


@given(st.lists(st.sampled_from(Phase)))
def test_phases_only_move_forward(phases: list[Phase]) -> None:
    order = list(Phase)
    board = BOARD
    for phase in phases:
        before, board = board, board.moved(phase)
        assert order.index(board.phase) == max(order.index(before.phase), order.index(phase))


@given(st.permutations(range(1, 7)))
def test_the_board_is_the_newest_revision_in_whatever_order_they_come(revisions: list[int]) -> None:
    board = BOARD
    for revision in revisions:
        board = board.standings(revision, NOW, (StandingRow(UserId(UUID(int=2)), 1, revision),))
    assert board.rows[0].score == board.revision == 6
