"""Telemetry names: one list, and nothing outside it."""

from pathlib import Path

import pytest

from arena.chassis.core import telemetry, telemetry_names
from arena.chassis.core.telemetry_names import METRICS, SPANS
from tools.telemetry_names import render


def test_the_generated_names_agree_with_the_list() -> None:
    assert Path(telemetry_names.__file__).read_text("utf-8") == render()


def test_every_listed_metric_can_be_had_by_its_kind() -> None:
    for name, metric in METRICS.items():
        assert getattr(telemetry, metric.kind)(name) is getattr(telemetry, metric.kind)(name)


@pytest.mark.parametrize("kind", ["counter", "up_down_counter", "histogram", "gauge"])
def test_a_metric_that_is_not_listed_or_of_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(LookupError, match=r"telemetry\.yaml lists no"):
        getattr(telemetry, kind)("arena.made.up")
    other = next(name for name, metric in METRICS.items() if metric.kind != kind)
    with pytest.raises(LookupError):
        getattr(telemetry, kind)(other)


def test_a_span_that_is_not_listed_is_refused_and_a_listed_one_opens() -> None:
    with pytest.raises(LookupError):
        telemetry.span("arena.made.up")
    for name in SPANS:
        with telemetry.span(name):
            pass


def test_outside_a_trace_there_are_no_ids_and_inside_they_stay_the_same() -> None:
    assert telemetry.trace_ids() is None
    token = telemetry.enter_trace(None)
    inside = telemetry.trace_ids()
    assert inside is not None
    assert telemetry.enter_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") is None
    assert telemetry.trace_ids() == inside
    telemetry.leave_trace(token)
    assert telemetry.trace_ids() is None
