"""Score over time as steps."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from arena.client.models import Curve, Curves, LeaderboardRow, Point, Standings
from arena.web.views.chart import MOST, PLOT, TOP, _apart, chart
from arena.web.views.chart import drawn as drawn_users

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
END = START + timedelta(minutes=100)
ANN, BEN = UUID(int=1), UUID(int=2)
NAMES = {ANN: "Ann", BEN: "Bartholomew the Second"}


def curve(user: UUID, *points: tuple[int, int]) -> Curve:
    return Curve(user, [Point(START + timedelta(minutes=minute), score) for minute, score in points])


def drawn(*curves: Curve) -> list[str]:
    shown = chart(Curves(START, END, list(curves)), NAMES, ANN, "running")
    return [path.points for path in shown.paths] if shown else []


def test_a_score_holds_until_it_changes_and_the_line_goes_to_the_right_end() -> None:
    assert drawn(curve(ANN, (10, 10), (20, 20))) == ["0,1000 100,1000 100,500 200,500 200,0 1000,0"]


def test_the_right_end_is_now_while_it_runs_and_the_end_afterwards() -> None:
    curves = Curves(START, END, [curve(ANN, (10, 10))])
    told = [chart(curves, NAMES, ANN, phase) for phase in ("running", "grace", "final")]
    assert [shown.until for shown in told if shown] == ["now", "end", "end"]


def test_nothing_is_drawn_before_the_first_point() -> None:
    assert chart(Curves(START, END, [curve(ANN)]), NAMES, ANN, "running") is None


def test_mine_is_marked_the_leader_is_dark_the_rest_grey_and_names_stand_at_the_ends() -> None:
    shown = chart(Curves(START, END, [curve(ANN, (1, 10)), curve(BEN, (1, 30)), curve(UUID(int=3), (1, 20))]), NAMES, ANN, "final")
    assert shown is not None
    assert [(path.name, path.score, path.style) for path in shown.paths] == [
        ("Bartholom…", "30", "leader"),
        ("Someone", "20", "other"),
        ("You", "10", "me"),
    ]
    assert shown.words == "Score over time. Bartholom… 30, Someone 20, You 10."


def test_my_line_is_drawn_however_far_behind_i_am() -> None:
    rows = [LeaderboardRow(UUID(int=n), "x", n, 100 - n) for n in range(1, 11)]
    standings = Standings(rows, 1, START, "running")
    assert [user.int for user in drawn_users(standings, UUID(int=9))] == [1, 2, 3, 4, 5, 9]
    assert [user.int for user in drawn_users(standings, UUID(int=2))] == [1, 2, 3, 4, 5, 6]
    assert [user.int for user in drawn_users(standings, UUID(int=99))] == [1, 2, 3, 4, 5, 6]


def test_at_most_six_lines_are_drawn() -> None:
    shown = chart(Curves(START, END, [curve(UUID(int=n), (1, n)) for n in range(1, 12)]), {}, ANN, "final")
    assert shown is not None
    assert len(shown.paths) == MOST


@given(st.lists(st.integers(TOP, TOP + PLOT), min_size=1, max_size=MOST))
def test_names_never_overlap_nor_leave_the_drawing(heights: list[int]) -> None:
    placed = _apart(sorted(heights))
    assert all(later - earlier >= 17 for earlier, later in pairwise(placed))
    assert placed[-1] <= TOP + PLOT
    assert placed[0] >= 0
