"""Bars, ratios and second tries: what decides whether a measurement is good enough."""

import pytest

from bench.figures import Figure, at_least, at_most, deserves_another_try, paired_ratio, percentile, settled, shown, times_the_bound


def start(value: float, *, timing: bool = True) -> Figure:
    return Figure("start", value, "s", at_most(10), timing=timing)


def test_a_bar_is_met_on_its_good_side_and_by_itself() -> None:
    assert [start(value).met for value in (9, 10, 10.1)] == [True, True, False]
    assert [Figure("rate", value, "/s", at_least(15)).met for value in (14.9, 15, 16)] == [False, True, True]


def test_a_bar_for_the_ratio_judges_the_ratio_and_not_the_value() -> None:
    assert Figure("posts", 1000, "/s", times_the_bound(1.5), bound=600).met
    assert not Figure("posts", 1000, "/s", times_the_bound(1.5), bound=700).met


def test_paired_runs_count_for_more_than_their_medians() -> None:
    figure = Figure("posts", 1000, "/s", times_the_bound(0.5), bound=1500, paired=0.4)
    assert (figure.ratio, figure.met) == (0.4, False)


def test_without_a_bound_the_ratio_is_to_the_bar() -> None:
    assert start(2.5).ratio == 0.25
    assert Figure("wrong", 0, "lines", at_most(0)).ratio is None


def test_a_bar_for_a_ratio_that_cannot_be_had_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        _ = Figure("posts", 1, "/s", times_the_bound(1.5), bound=0).met


def test_programs_get_everything_that_was_promised_and_no_more_digits_than_were_measured() -> None:
    plain = Figure("posts", 1234.5678, "/s", times_the_bound(1.5), bound=411.52, paired=3.00004).plain()
    promised = {"value": 1235, "unit": "/s", "bound": 411.5, "ratio": 3.0, "bar": 1.5, "met": True}
    assert promised.items() <= plain.items()
    assert plain["rule"] == "ratio ≥ bar"
    assert "first_try" not in plain


def test_people_see_the_unit_of_the_bar_and_the_miss() -> None:
    assert start(12.34).cells() == ("start", "12.3 s", "", "1.23", "≤ 10 s", "MISSED", "")
    assert Figure("posts", 30, "/s", times_the_bound(1.5), bound=10).cells()[1:6] == ("30 /s", "10 /s", "3.00", "≥ 1.5 x bound", "met")


def test_only_a_missed_timing_deserves_another_try() -> None:
    assert deserves_another_try([start(9), start(11)])
    assert not deserves_another_try([start(9), start(11, timing=False)])


def test_a_second_try_decides_and_the_first_is_told() -> None:
    [better] = settled([start(11)], [start(9)])
    assert (better.met, better.value, better.first_try) == (True, 9, 11)
    assert better.cells()[-1] == "second try, the first was 11"
    assert better.plain()["first_try"] == 11
    [worse] = settled([start(11)], [start(12)])
    assert (worse.met, worse.value, worse.first_try) == (False, 12, 11)


def test_what_was_met_at_first_stays_met_beside_a_neighbour_s_second_try() -> None:
    assert settled([start(9)], [start(12)]) == [start(9)]


def test_a_miss_that_no_busy_machine_explains_stays_one_whichever_try_it_was() -> None:
    good, bad = start(0, timing=False), start(11, timing=False)
    assert [settled([bad], [good])[0].met, settled([good], [bad])[0].met] == [False, False]


def test_percentiles_are_interpolated() -> None:
    assert percentile([*range(101)], 99) == 99
    assert percentile([0, 1], 50) == 0.5


def test_the_ratio_of_pairs_is_not_moved_by_a_slow_moment_of_the_machine() -> None:
    assert paired_ratio([100, 10, 100], [50, 5, 50]) == 2


def test_numbers_are_shown_with_three_digits() -> None:
    assert [shown(value) for value in (0, 0.5123, 9.876, 99.94, 1234.5, 15000)] == ["0", "0.512", "9.88", "99.9", "1,234", "15,000"]
