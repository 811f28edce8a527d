"""A platform that does not answer, clocks apart, versions that moved: nothing is lost, nothing flaps."""

from datetime import timedelta

from arena_operator.crd.status import ConditionType
from arena_operator.ports.testing import FakeStore
from arena_operator.reconcile.waiting import growing, poll
from tests.unit.operator.reconcile.stage import END, HOUR, MAY, MINUTE, SECOND, START, Stage, terms

READY, STALLED, RECONCILING, ACCEPTED = (
    ConditionType.READY,
    ConditionType.STALLED,
    ConditionType.RECONCILING,
    ConditionType.ACCEPTED,
)


async def test_while_the_platform_is_away_the_last_word_stands() -> None:
    stage = Stage()
    await stage.settle()
    before = stage.status
    stage.platform.down = "Connection refused."
    done = await stage.reconcile(MAY + MINUTE)
    after = stage.status
    assert (after.phase, after.window, after.participants) == (before.phase, before.window, before.participants)
    assert (stage.says(READY), stage.says(RECONCILING)) == (("Unknown", "PlatformUnavailable"), ("True", "PlatformUnavailable"))
    assert stage.says(ACCEPTED) == ("True", "Declared")
    assert done.look_again_at == stage.now + SECOND
    assert [notice.reason for notice in stage.store.told] == ["Opened", "PlatformUnavailable"]


async def test_an_outage_is_written_down_once_and_asked_about_less_and_less() -> None:
    stage = Stage()
    await stage.settle()
    stage.platform.down = "Timed out after 3.1 s."
    await stage.reconcile()
    writes, waits = stage.store.writes, []
    for number in range(12):
        stage.platform.down = f"Timed out after 3.{number} s."
        done = await stage.reconcile()
        assert done.look_again_at is not None
        waits.append((done.look_again_at - stage.now) / SECOND)
        stage.now = done.look_again_at
    assert stage.store.writes == writes
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (1, 38.44336)


async def test_what_comes_back_recovers_with_the_phase_it_has_reached() -> None:
    stage = Stage()
    await stage.settle()
    stage.platform.down = "Connection refused."
    await stage.settle(START)
    stage.platform.down = None
    await stage.settle(START + HOUR)
    assert (stage.status.phase, stage.says(READY), stage.says(RECONCILING)) == ("Running", ("True", "Running"), None)
    assert [notice.reason for notice in stage.store.told][-2:] == ["Started", "PlatformAnswers"]


async def test_nothing_is_held_for_a_platform_that_was_never_reached() -> None:
    stage = Stage()
    stage.platform.down = "Connection refused."
    await stage.settle()
    assert not stage.held
    assert (stage.says(ACCEPTED), stage.status.observed_generation) == (("Unknown", "PlatformUnavailable"), 0)
    stage.delete()
    assert stage.gone


async def test_a_new_spec_is_sent_when_the_platform_is_back() -> None:
    stage = Stage()
    await stage.settle()
    stage.platform.down = "Connection refused."
    stage.apply(terms(name="Another"))
    await stage.settle()
    assert (stage.status.observed_generation, stage.says(ACCEPTED)) == (1, ("Unknown", "PlatformUnavailable"))
    stage.platform.down = None
    await stage.settle()
    assert (stage.status.observed_generation, stage.says(READY)) == (2, ("True", "Open"))


async def test_an_hour_is_the_same_whether_our_clock_is_ahead_or_behind() -> None:
    for skew in (-10 * MINUTE, 10 * MINUTE):
        stage = Stage()
        phases = []
        for minute in range(-30, 30, 2):
            stage.platform.now = START + minute * MINUTE
            await stage.reconcile_apart(skew)
            phases.append(stage.status.phase)
        assert phases == ["Open"] * 15 + ["Running"] * 15
        reasons = [notice.reason for notice in stage.store.told]
        assert reasons.count("Started") == reasons.count("Opened") == 1


async def test_a_step_that_is_due_is_looked_for_within_half_a_second() -> None:
    stage = Stage()
    await stage.settle()
    stage.platform.now = START - SECOND
    done = await stage.reconcile_apart(2 * SECOND)
    assert done.look_again_at == stage.now + SECOND / 2


async def test_a_step_that_does_not_come_is_told_after_a_minute() -> None:
    stage = Stage()
    await stage.settle()
    stage.platform.now = START - SECOND
    await stage.reconcile_apart(MINUTE)
    assert stage.says(RECONCILING) is None
    await stage.reconcile_apart(2 * MINUTE)
    assert stage.says(RECONCILING) == ("True", "PlatformLate")


class MovesOn(FakeStore):
    """Somebody else writes just before us."""

    async def write(self, *given: object, **named: object) -> object:  # type: ignore[override] # only passes on
        if self.writes == 0:
            self.touch()
        return await super().write(*given, **named)  # type: ignore[arg-type] # as it came


async def test_a_resource_that_moved_on_is_looked_at_again() -> None:
    stage = Stage()
    stage.store = MovesOn(stage.store.manifest)
    done = await stage.reconcile()
    assert done.error == "the resource moved on while it was worked on"
    assert done.look_again_at == MAY + SECOND
    assert "declare" not in stage.platform.calls
    await stage.settle()
    assert stage.says(READY) == ("True", "Open")


def test_a_due_step_is_polled_for_quickly_then_slower() -> None:
    late = [0, 0.9, 1, 3.9, 4, 29, 30, 299, 300, 3599, 3600]
    waits = [(poll(END, END + timedelta(seconds=seconds)) - END).total_seconds() - seconds for seconds in late]
    assert [round(wait, 3) for wait in waits] == [0.2, 0.2, 0.5, 0.5, 1, 1, 5, 5, 30, 30, 60]
    assert poll(END, MAY) == END


def test_a_wait_grows_with_what_it_waits_for_up_to_a_minute() -> None:
    waits = [growing(MAY, MAY + lasted) - MAY - lasted for lasted in (-HOUR, SECOND, 10 * SECOND, MINUTE, HOUR)]
    assert waits == [SECOND, SECOND, 5 * SECOND, 30 * SECOND, MINUTE]
