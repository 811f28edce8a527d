"""Who may see which battle, as a table."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from arena.battles.domain.battle import Battle, Participant
from arena.battles.storage.battles import StoredBattle
from arena.battles.use_cases.viewing import Viewer, invited, may_see
from arena.contracts.battle_spec import BattleKind, BattleSpec, Phase, WindowSpec
from arena.contracts.events.battles import Timetable
from arena.contracts.habit import Weekday
from arena.contracts.ids import BattleId, UserId

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OWNER, OTHER = UserId(UUID(int=1)), UserId(UUID(int=2))
BATTLE = BattleId(UUID(int=9))


def stored(phase: Phase, *, invite_only: bool) -> StoredBattle:
    later = NOW + timedelta(hours=1)
    window = WindowSpec(NOW.replace(tzinfo=None), later.replace(tzinfo=None), "UTC")
    spec = BattleSpec(BattleKind.FREE_FOR_ALL, window, invite_only=invite_only)
    battle = Battle(BATTLE, OWNER, "November", spec, Timetable(NOW, later, later, later, "2026a"), phase)
    return StoredBattle(battle, "the-invite", "the-spectator", NOW)


PART = Participant(BATTLE, OTHER, (), "UTC", 0, Weekday.MON, NOW, left_at=NOW)


@pytest.mark.parametrize(
    ("viewer", "me", "draft", "open_to_invited", "open_to_all"),
    [
        (Viewer(OWNER), None, True, True, True),
        (Viewer(OTHER), None, False, False, True),
        (Viewer(OTHER), PART, True, True, True),
        (Viewer(OTHER, invite="the-invite"), None, True, True, True),
        (Viewer(OTHER, invite="the-spectator"), None, False, False, True),
        (Viewer(OTHER, invite="ünknown"), None, False, False, True),
        (Viewer(OTHER, oversees=True), None, True, True, True),
        (Viewer(None), None, False, False, False),
    ],
)
def test_a_battle_is_there_for_those_it_concerns(
    viewer: Viewer, me: Participant | None, *, draft: bool, open_to_invited: bool, open_to_all: bool
) -> None:
    assert may_see(stored(Phase.DRAFT, invite_only=False), viewer, me) is draft
    assert may_see(stored(Phase.OPEN, invite_only=True), viewer, me) is open_to_invited
    assert may_see(stored(Phase.OPEN, invite_only=False), viewer, me) is open_to_all


def test_only_the_battle_s_own_invite_invites() -> None:
    battle = stored(Phase.OPEN, invite_only=True)
    assert invited(battle, "the-invite")
    assert not any(invited(battle, token) for token in (None, "", "the-invite ", "the-spectator"))
