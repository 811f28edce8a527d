"""What the operator sends is what battles takes, and what battles answers is what the operator reads."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from arena.contracts.battle_spec import (
    BattleKind,
    CancelReason,
    DayRule,
    Disambiguation,
    Per,
    Phase,
    ScoringSpec,
    TieBreak,
    WindowSpec,
)
from arena_operator.crd.declared import BattleTerms, DeclaredBattle, PlayerRef
from arena_operator.crd.manifest import declaration_body
from arena_operator.crd.meta import ResourceMeta
from arena_operator.ports import answers
from arena_operator.reconcile.observed import HeldBattle, NotDeclared, Refused
from tests.integration.battles.conftest import SERVICE

META = ResourceMeta("Battle", "games", "november", "uid-1", 1, "17", datetime(2026, 11, 21, tzinfo=UTC))
EVENING = WindowSpec(datetime(2030, 1, 1, 18), datetime(2030, 1, 1, 19), "Europe/Berlin")  # noqa: DTZ001 - civil times have no offset
DAYS = WindowSpec(datetime(2030, 1, 1), datetime(2030, 1, 8), "Asia/Kolkata", DayRule.OWN, 60, 30, Disambiguation.REJECT)  # noqa: DTZ001 - civil times have no offset
SCORING = ScoringSpec(per=Per.MET_DAY, points=7, streak_bonus=2, streak_bonus_cap=9, tie_breaks=(TieBreak.EARLIEST,))
PLAIN = DeclaredBattle(BattleTerms(BattleKind.HEAD_TO_HEAD), EVENING)
FULL = DeclaredBattle(BattleTerms(BattleKind.FREE_FOR_ALL, "Novembér", SCORING, 5, invite_only=False, protect=True), DAYS)


async def declare(stage: Any, meta: ResourceMeta, declared: DeclaredBattle, fence: int = 1) -> Any:
    answer = await stage.put(meta.uid, declaration_body(meta, declared, fence))
    return answers.held(answer.status_code, answer.content)


async def withdraw(stage: Any, meta: ResourceMeta, fence: int = 1, *, cancel: bool) -> Any:
    answer = await stage.withdrawn(meta.uid, fence=fence, cancel=cancel)
    return answers.held(answer.status_code, answer.content)


@pytest.mark.parametrize("declared", [PLAIN, FULL], ids=["plain", "full"])
async def test_a_manifest_s_battle_is_declared_as_it_stands_there(stage: Any, declared: DeclaredBattle) -> None:
    held = await declare(stage, META, declared)
    assert isinstance(held, HeldBattle)
    assert (held.phase, held.generation, held.joined, held.invited) == (Phase.OPEN, 1, 0, 0)
    assert await declare(stage, META, declared) == held
    shown = (await stage.call(None, "GET", f"/{held.battle_id}", headers=SERVICE)).json()
    assert shown["name"] == (declared.terms.name or META.name)
    assert (shown["kind"], shown["scoring"]["points"]) == (declared.terms.kind, declared.terms.scoring.points)
    looked = await stage.call(None, "GET", "/declarations/uid-1", headers=SERVICE)
    assert answers.held(looked.status_code, looked.content) == held


async def test_an_edit_a_refusal_and_the_end_are_understood(stage: Any) -> None:
    ada = stage.person()
    held = await declare(stage, META, PLAIN)
    invited = replace(PLAIN, terms=replace(PLAIN.terms, players=(PlayerRef(ada.email),)))
    newer = await declare(stage, replace(META, generation=2), invited)
    assert (newer.battle_id, newer.generation, newer.invited) == (held.battle_id, 2, 1)
    late = await declare(stage, META, PLAIN)
    assert isinstance(late, Refused)
    assert late.slug == "declaration-stale"
    strange = replace(PLAIN, terms=replace(PLAIN.terms, players=(PlayerRef("nobody@example.org"),)))
    unknown = await declare(stage, replace(META, generation=3), strange)
    assert (unknown.slug, unknown.field) == ("unknown-player", "players[0]")
    assert await withdraw(stage, META, cancel=True) == NotDeclared()
    gone = await stage.call(None, "GET", "/declarations/uid-1", headers=SERVICE)
    assert answers.held(gone.status_code, gone.content) == NotDeclared()


async def test_a_battle_that_is_taken_over_and_called_off_by_its_owner_says_so(stage: Any) -> None:
    ada = stage.person()
    battle = await stage.opened(ada, window={"start": "2030-01-01T18:00", "end": "2030-01-01T19:00", "time_zone": "Europe/Berlin"})
    adopting = replace(PLAIN, terms=replace(PLAIN.terms, kind=BattleKind.FREE_FOR_ALL, name="November"), battle_id=UUID(battle["id"]))
    await stage.call(ada, "POST", f"/{battle['id']}/cancel")
    held = await declare(stage, META, adopting)
    assert (held.phase, held.cancelled_for) == (Phase.CANCELLED, CancelReason.OWNER)
    missing = await declare(stage, replace(META, uid="uid-2"), replace(adopting, battle_id=uuid4()))
    assert missing.slug == "battle-not-found"
