"""A battle is declared, followed through its phases, and written down; then nothing more is written."""

import pytest

from arena_operator.crd.status import ConditionType
from tests.unit.operator.reconcile.stage import AUDIT, END, GRACE, MAY, MINUTE, START, Stage

READY, RECONCILING, STALLED = ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED
ACCEPTED, FINALISED = ConditionType.ACCEPTED, ConditionType.FINALISED


async def test_what_is_applied_is_held_declared_and_ready_after_one_pass() -> None:
    stage = Stage()
    done = await stage.reconcile()
    assert stage.held
    assert stage.platform.calls == ["look", "declare"]
    status = stage.status
    assert (status.phase, status.observed_generation, status.participants) == ("Open", 1, 2)
    assert status.window is not None
    assert (status.window.start, status.window.audit_ends) == (START, AUDIT)
    assert [(found.type, str(found.status), found.reason) for found in status.conditions] == [
        (READY, "True", "Open"),
        (ACCEPTED, "True", "Declared"),
        (ConditionType.CAPACITY_READY, "True", "SingleProcess"),
        (FINALISED, "False", "NotOver"),
    ]
    assert done.look_again_at == stage.now + 5 * MINUTE
    assert [notice.reason for notice in stage.store.told] == ["Opened"]


async def test_a_second_pass_asks_once_and_writes_nothing() -> None:
    stage = Stage()
    await stage.reconcile()
    writes = stage.store.writes
    stage.platform.calls.clear()
    for _ in range(3):
        await stage.reconcile()
    assert stage.store.writes == writes
    assert stage.platform.calls == ["look"] * 3


@pytest.mark.parametrize(
    ("at", "phase", "ready", "finalised"),
    [
        (START, "Running", ("True", "Running"), ("False", "NotOver")),
        (END, "Grace", ("True", "Grace"), ("False", "NotOver")),
        (GRACE, "Audit", ("True", "Audit"), ("False", "NotOver")),
        (AUDIT, "Final", ("True", "Final"), ("True", "ResultStands")),
    ],
)
async def test_each_phase_is_told(at: object, phase: str, ready: object, finalised: object) -> None:
    stage = Stage()
    await stage.settle()
    await stage.settle(at)  # type: ignore[arg-type] # parametrized instants
    assert stage.status.phase == phase
    assert (stage.says(READY), stage.says(FINALISED)) == (ready, finalised)
    assert stage.says(STALLED) is stage.says(RECONCILING) is None


async def test_a_condition_s_time_moves_with_its_status_only() -> None:
    stage = Stage()
    await stage.settle()
    for at in (START, END, GRACE, AUDIT):
        await stage.settle(at)
    ready, finalised = stage.condition(READY), stage.condition(FINALISED)
    assert ready is not None
    assert finalised is not None
    assert (ready.reason, ready.since, finalised.since) == ("Final", MAY, AUDIT)
    stage.platform.down = "Away."
    await stage.settle(AUDIT + MINUTE)
    unknown = stage.condition(READY)
    assert unknown is not None
    assert unknown.since == AUDIT + MINUTE


async def test_a_time_that_no_clock_can_have_stamped_counts_as_none() -> None:
    stage = Stage()
    assert stage.store.manifest is not None
    refusal = {"type": "Accepted", "status": "False", "reason": "WindowInPast", "message": "", "observedGeneration": 1}
    stage.store.manifest["status"] = {"conditions": [{**refusal, "lastTransitionTime": "2099-01-01T00:00:00Z"}]}
    await stage.settle()
    accepted = stage.condition(ACCEPTED)
    assert accepted is not None
    assert (accepted.reason, accepted.since) == ("Declared", MAY)
