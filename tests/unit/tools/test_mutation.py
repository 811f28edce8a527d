"""The mutation score counts as noticed only what a test noticed."""

from tools.mutation import KILLED, SURVIVED, UNTESTED, report


def test_a_mutant_without_a_test_counts_as_one_that_survived() -> None:
    found = [("a.py", "m1", KILLED), ("a.py", "m2", KILLED), ("a.py", "m3", SURVIVED), ("b.py", "m4", UNTESTED)]
    text, score = report(found)
    assert score == 0.5
    assert [line.split()[:4] for line in text.splitlines()] == [
        ["a.py", "2", "of", "3"],
        ["b.py", "0", "of", "1"],
        ["all", "2", "of", "4"],
    ]


def test_nothing_judged_is_no_score() -> None:
    assert report([])[1] == 0
