"""What the charts render to is kept, so that a change of a template shows what it changes on a cluster."""

import pytest

from tests.charts.rendering import CASES, GOLDEN, golden_of


@pytest.mark.parametrize("case", CASES)
def test_a_chart_renders_to_what_is_kept(case: str) -> None:
    path, text = golden_of(case)
    kept = path.read_text("utf-8") if path.is_file() else ""
    assert text == kept, f"{case} renders to something else: see whether it is meant, run `python -m tests.charts.rendering`, commit"


def test_nothing_is_kept_that_no_case_renders() -> None:
    assert set(GOLDEN.rglob("*.*")) == {golden_of(case)[0] for case in CASES}
