"""Why it is so, and what comes next, in sentences with times."""

from arena_operator.crd.declared import Load, Results
from arena_operator.ports.passes import Ports, observe
from arena_operator.reconcile.battle import plan
from arena_operator.reconcile.explain import Explanation, explain
from arena_operator.reconcile.observed import Refused
from tests.unit.operator.reconcile.stage import AUDIT, END, HOUR, MAY, MINUTE, START, Stage, terms


async def explained(stage: Stage) -> Explanation:
    """As `arena explain` asks: nothing is done by it."""
    assert stage.store.manifest is not None
    stage.platform.now = stage.now
    calls, writes = len(stage.platform.calls), stage.store.writes
    observed = await observe(Ports(stage.platform, stage.store), stage.store.meta, stage.store.manifest, stage.now)
    said = explain(observed, plan(observed, stage.now), stage.now)
    assert stage.store.writes == writes
    assert set(stage.platform.calls[calls:]) <= {"look", "watch", "result"}
    return said


async def test_before_the_first_pass_it_says_what_is_about_to_be_done() -> None:
    said = await explained(Stage())
    assert said.why == ("The platform holds no battle for this resource.",)
    assert said.next == ("Now: the finaliser is put on the resource, because its end must not be missed.",)


async def test_an_open_battle_tells_its_times() -> None:
    stage = Stage()
    stage.apply(terms(results=Results("june-result")))
    await stage.settle()
    said = await explained(stage)
    assert said.why[0].endswith("in phase Open: 2 have joined.")
    assert said.why[1].startswith("Ready is True since 2026-05-01 12:00:00 UTC (Open): People can join until it starts, 2026-06-01")
    assert said.next == (
        "2026-05-01 12:05:00 UTC (in 5min): it is looked at again, or before if something changes.",
        "2026-06-01 00:00:00 UTC (in 30d 12h): the battle begins if two have joined (2 so far); otherwise it is called off.",
        "2026-06-08 00:00:00 UTC (in 37d 12h): the window ends; facts from before may still arrive.",
        "2026-06-08 00:10:00 UTC (in 37d 12h): no more facts are taken; arbiters decide, and everything is counted.",
        "2026-06-08 00:40:00 UTC (in 37d 12h): the result stands as soon as everything is counted, and is written down.",
    )


async def test_a_refusal_tells_when_it_is_asked_again() -> None:
    stage = Stage()
    stage.platform.refusing = Refused("unknown-player", "Nobody has this address.", "players[0]")
    await stage.settle()
    stage.now = MAY + MINUTE
    said = await explained(stage)
    assert "Nobody has this address. (spec.players[0])" in said.why[1]
    assert said.next[0] == "2026-05-01 12:02:00 UTC (in 1min): the platform is asked again, unless the spec changes before."


async def test_a_deletion_that_waits_tells_for_what() -> None:
    stage = Stage()
    await stage.settle()
    await stage.settle(START)
    stage.delete()
    await stage.settle()
    said = await explained(stage)
    assert said.why[1] == "Its deletion was asked for at 2026-06-01 00:00:00 UTC; its finaliser keeps it until the battle is let go."
    assert "2026-06-08 00:00:00 UTC (in 7d): the battle is let go, and the resource with it." in said.next


async def test_an_outage_tells_that_the_words_are_old() -> None:
    stage = Stage()
    await stage.settle()
    stage.platform.down = "Connection refused."
    await stage.settle()
    said = await explained(stage)
    assert said.why[0] == "The platform does not answer, so this is what it said last: Connection refused."


async def test_when_all_is_over_it_says_that_nothing_more_happens() -> None:
    stage = Stage()
    stage.apply(terms(load=Load(viewers=10)))
    await stage.settle()
    await stage.settle(END)
    await stage.settle(AUDIT + 2 * HOUR)
    await stage.settle(AUDIT + 4 * HOUR)
    assert (await explained(stage)).next == ("Nothing more happens by itself.",)
