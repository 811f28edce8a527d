"""Replicas follow from the measured table, and never fall as the load grows."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from arena_operator.crd.declared import Load
from arena_operator.reconcile.sizing import MEASURED, Table, dedicated_replicas, one_process_serves, replicas, replicas_for

TABLE = Table(viewers_per_live=100, logs_per_api=10, viewers_of_one_process=50, logs_of_one_process=5)
LEAD = timedelta(0)


def test_a_pod_is_added_when_the_ones_before_are_full() -> None:
    assert [replicas(viewers, 0, TABLE).live for viewers in (0, 1, 100, 101)] == [0, 1, 1, 2]
    assert [replicas(0, logs, TABLE).api for logs in (0, 1, 10, 11)] == [0, 1, 1, 2]


@given(st.integers(-5, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_load_never_needs_fewer_replicas(viewers: int, logs: int, more: int) -> None:
    assert replicas_for(Load(viewers, logs, LEAD)) <= replicas_for(Load(viewers + more, logs, LEAD))
    assert replicas_for(Load(viewers, logs, LEAD)) <= replicas_for(Load(viewers, logs + more, LEAD))
    assert replicas_for(Load(viewers, logs, LEAD)) >= 0


def test_a_dedicated_live_survives_the_drain_of_a_node() -> None:
    assert dedicated_replicas(Load(0, 0, LEAD)) == 2
    assert dedicated_replicas(Load(5 * MEASURED.viewers_per_live, 0, LEAD)) == 5


def test_one_process_is_enough_up_to_what_was_measured() -> None:
    assert one_process_serves(Load(50, 5, LEAD), TABLE)
    assert not one_process_serves(Load(51, 5, LEAD), TABLE)
    assert not one_process_serves(Load(50, 6, LEAD), TABLE)
