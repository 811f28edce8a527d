"""Participants, viewers and standings: once a minute at most, names as they may be shown, nothing when nothing moves."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from arena_operator.crd.declared import Results
from arena_operator.crd.status import ConditionType, StandingLine
from arena_operator.reconcile.observed import LiveView
from arena_operator.resources.result_config_map import LIMIT
from tests.unit.operator.reconcile.stage import AUDIT, END, HOUR, MAY, MINUTE, SECOND, START, Stage, terms

ADA, BOB = UUID(int=11), UUID(int=12)


def view(viewers: int, *lines: tuple[UUID, int, str | None]) -> LiveView:
    top = tuple(StandingLine(user, rank, score, name) for rank, (user, score, name) in enumerate(lines, 1))
    return LiveView(viewers, top, MAY)


async def running() -> Stage:
    stage = Stage()
    await stage.settle()
    stage.platform.view = view(7, (ADA, 120, "Ada"), (BOB, 90, None))
    await stage.reconcile(START)
    stage.platform.calls.clear()
    return stage


def joined(stage: Stage, count: int) -> None:
    (battle,) = stage.platform.battles.values()
    battle.held = replace(battle.held, joined=count)


async def test_the_start_shows_who_leads() -> None:
    status = (await running()).status
    assert (status.viewers, status.leader, status.participants, status.standings_at) == (7, "Ada, 120", 2, START)
    assert [(line.rank, line.display_name) for line in status.standings] == [(1, "Ada"), (2, None)]


async def test_within_the_minute_nobody_asks_live_and_nothing_is_written() -> None:
    stage = await running()
    writes = stage.store.writes
    stage.platform.view = view(8, (ADA, 130, "Ada"))
    done = await stage.reconcile(START + 59 * SECOND)
    assert (stage.platform.calls, stage.store.writes) == (["look"], writes)
    assert done.look_again_at == START + 119 * SECOND or done.look_again_at == START + MINUTE


async def test_after_a_minute_what_moved_is_written() -> None:
    stage = await running()
    stage.platform.view = view(8, (ADA, 130, None))
    await stage.reconcile(START + MINUTE)
    assert (stage.status.viewers, stage.status.leader, stage.status.standings_at) == (8, "130", START + MINUTE)


async def test_what_did_not_move_is_not_written_however_often_it_is_asked() -> None:
    stage = await running()
    writes = stage.store.writes
    for minutes in range(1, 4):
        await stage.reconcile(START + minutes * MINUTE)
    assert stage.platform.calls == ["look", "watch"] * 3
    assert stage.store.writes == writes


async def test_people_who_join_are_counted_once_a_minute() -> None:
    stage = Stage()
    await stage.settle()
    joined(stage, 3)
    await stage.reconcile(MAY + MINUTE)
    assert stage.status.participants == 3
    joined(stage, 4)
    await stage.reconcile(MAY + MINUTE + 30 * SECOND)
    assert stage.status.participants == 3
    await stage.reconcile(MAY + 2 * MINUTE)
    assert stage.status.participants == 4


async def test_a_live_that_does_not_answer_leaves_what_stood() -> None:
    stage = await running()
    stage.platform.view = None
    await stage.reconcile(START + MINUTE)
    assert (stage.status.viewers, stage.status.leader) == (7, "Ada, 120")


async def test_nobody_leads_while_nobody_has_scored() -> None:
    stage = await running()
    stage.platform.view = view(1, (ADA, 0, "Ada"))
    await stage.reconcile(START + MINUTE)
    assert stage.status.leader == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [("A\u202eda\u0000\n Lovelace", "Ada Lovelace"), ("\u200b", None), ("x" * 300, "x" * 39 + "…"), ("Zoë 🐎", "Zoë 🐎")],
)
async def test_a_name_cannot_disarrange_a_column(name: str, shown: str | None) -> None:
    stage = await running()
    stage.platform.view = view(1, (ADA, 5, name))
    await stage.reconcile(START + MINUTE)
    assert stage.status.standings[0].display_name == shown


async def test_the_last_standings_are_had_after_the_end_even_if_live_was_away() -> None:
    stage = await running()
    stage.platform.view = None
    done = await stage.settle(AUDIT)
    assert (stage.status.phase, done.look_again_at) == ("Final", AUDIT + MINUTE)
    stage.platform.view = view(3, (BOB, 200, "Bob"))
    done = await stage.settle(AUDIT + MINUTE)
    assert (stage.status.leader, stage.status.viewers, done.look_again_at) == ("Bob, 200", 0, None)


async def test_the_last_standings_are_written_once_by_a_clock_behind_the_one_that_saw_the_end() -> None:
    stage = await running()
    stage.platform.view, stage.platform.now = None, AUDIT
    await stage.reconcile_apart(10 * MINUTE)
    stage.platform.view = view(3, (BOB, 200, "Bob"))
    await stage.settle(AUDIT + MINUTE)
    assert (stage.status.leader, stage.status.standings_at) == ("Bob, 200", AUDIT + 10 * MINUTE)


async def test_last_standings_that_never_come_are_not_waited_for_longer_than_an_hour() -> None:
    stage = await running()
    stage.platform.view = None
    await stage.settle(AUDIT)
    done = await stage.settle(AUDIT + HOUR)
    assert done.look_again_at is None


async def test_a_final_battle_asks_and_writes_nothing_more() -> None:
    stage = await running()
    await stage.settle(AUDIT)
    writes = stage.store.writes
    stage.platform.calls.clear()
    for hours in range(3):
        done = await stage.reconcile(AUDIT + hours * HOUR)
        assert done.look_again_at is None
    assert (stage.store.writes, stage.platform.calls) == (writes, ["look"] * 3)


async def final(document: str | None = None) -> Stage:
    stage = Stage()
    stage.apply(terms(results=Results("june-result")))
    await stage.settle()
    stage.platform.document = document
    await stage.settle(AUDIT)
    return stage


async def test_the_result_is_written_down_once() -> None:
    stage = await final()
    found = stage.store.objects["ConfigMap/june-result"]
    assert found["immutable"] is True
    assert str(stage.status.result_hash) in str(found["data"])
    assert stage.says(ConditionType.READY) == ("True", "Final")
    assert stage.platform.calls.count("result") == 1


async def test_a_result_that_somebody_deleted_is_written_again() -> None:
    stage = await final()
    stage.store.objects.clear()
    await stage.settle(AUDIT + HOUR)
    assert list(stage.store.objects) == ["ConfigMap/june-result"]


async def test_a_config_map_of_ours_with_another_document_is_replaced() -> None:
    stage = await final()
    right = stage.store.objects["ConfigMap/june-result"]
    stage.store.objects["ConfigMap/june-result"] = {**right, "data": {"result.json": "{}"}}
    await stage.settle(AUDIT + HOUR)
    assert stage.store.objects["ConfigMap/june-result"] == right


async def test_a_config_map_of_another_name_goes_when_the_spec_names_another() -> None:
    stage = await final()
    stage.apply(terms(results=Results("another")))
    await stage.settle(AUDIT + HOUR)
    assert list(stage.store.objects) == ["ConfigMap/another"]


async def test_nothing_is_taken_away_that_was_made_for_another_resource() -> None:
    stage = await final()
    foreign = {"kind": "ConfigMap", "metadata": {"name": "foreign", "labels": {"habitarena.io/battle-uid": "another-uid"}}}
    stage.store.objects["ConfigMap/foreign"] = foreign
    await stage.settle(AUDIT + HOUR)
    assert "ConfigMap/foreign" in stage.store.objects


async def test_a_name_that_is_taken_is_told_until_it_is_free() -> None:
    stage = Stage()
    stage.apply(terms(results=Results("june-result")))
    await stage.settle()
    stage.store.unmade["ConfigMap/june-result"] = "a ConfigMap of this name is somebody else's."
    done = await stage.settle(AUDIT)
    found = stage.condition(ConditionType.RECONCILING)
    assert found is not None
    assert (found.reason, "somebody else" in found.message) == ("ObjectRefused", True)
    stage.store.unmade.clear()
    await stage.settle(done.look_again_at)
    assert stage.says(ConditionType.READY) == ("True", "Final")


async def test_a_result_too_large_says_where_to_get_it() -> None:
    stage = await final('{"result": "' + "x" * LIMIT + '", "hash": ""}')
    assert stage.says(ConditionType.STALLED) == ("True", "ResultTooLarge")
    assert stage.store.objects == {}


async def test_a_result_that_is_not_there_yet_is_awaited() -> None:
    stage = Stage()
    stage.apply(terms(results=Results("june-result")))
    await stage.settle()
    (battle,) = stage.platform.battles.values()
    await stage.settle(END)
    battle.held = replace(battle.held, phase=type(battle.held.phase).FINAL)
    done = await stage.settle(END + timedelta(seconds=2))
    assert stage.says(ConditionType.RECONCILING) == ("True", "ResultAwaited")
    assert done.look_again_at == stage.now + SECOND
