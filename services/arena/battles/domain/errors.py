"""What a battle refuses. Each refusal has a stable slug; `field` names the part of the request that broke the rule, where there is one."""

from typing import ClassVar

from arena.contracts.battle_spec import Phase
from arena.contracts.ids import BattleId, UserId


class BattleError(Exception):
    """A refusal with a stable slug, a sentence for people and, if the request was at fault, the field."""

    slug: ClassVar[str] = "battle-refused"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field


class InvalidBattle(BattleError):
    """The definition of a battle breaks a rule."""

    slug = "battle-invalid"


class WindowInvalid(InvalidBattle):
    """The window is not one that can be played."""

    slug = "window-invalid"


class WindowInPast(InvalidBattle):
    """The window's start is not in the future."""

    slug = "window-in-past"


class ScoringInvalid(InvalidBattle):
    """The scoring rule is unknown or its numbers are out of bounds."""

    slug = "scoring-invalid"


class ParticipantInvalid(BattleError):
    """What somebody joins with breaks a rule."""

    slug = "participant-invalid"


class NotOwner(BattleError):
    """Only the owner of a battle may do this."""

    slug = "not-owner"

    def __init__(self, battle_id: BattleId) -> None:
        super().__init__("Only the owner of this battle may do this.")
        self.battle_id = battle_id


class AlreadyRunning(BattleError):
    """The battle has begun, so its definition stands."""

    slug = "already-running"

    def __init__(self, battle_id: BattleId, phase: Phase, changed: str | None = None) -> None:
        what = f"{changed} can no longer be changed." if changed else "it can no longer be changed or called off."
        super().__init__(f"The battle has begun: {what}", field=changed)
        self.battle_id = battle_id
        self.phase = phase


class BattleClosed(BattleError):
    """The battle's phase does not admit this."""

    slug = "battle-closed"

    def __init__(self, battle_id: BattleId, phase: Phase, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail, field=field)
        self.battle_id = battle_id
        self.phase = phase


class BattleFull(BattleError):
    """Every place is taken."""

    slug = "battle-full"

    def __init__(self, battle_id: BattleId, max_participants: int) -> None:
        super().__init__(f"All {max_participants} places in this battle are taken.")
        self.battle_id = battle_id
        self.max_participants = max_participants


class InviteNeeded(BattleError):
    """The battle admits invited people only."""

    slug = "invite-needed"

    def __init__(self, battle_id: BattleId) -> None:
        super().__init__("This battle is by invitation: open the link you were given, or ask its owner for one.", field="invite")
        self.battle_id = battle_id


class NotParticipating(BattleError):
    """Somebody who is not in the battle cannot leave it."""

    slug = "not-participating"

    def __init__(self, battle_id: BattleId, user_id: UserId) -> None:
        super().__init__("You are not in this battle.")
        self.battle_id = battle_id
        self.user_id = user_id


class DeclarationStale(BattleError):
    """A resource's word came late: a newer one was taken, or the resource has withdrawn."""

    slug = "declaration-stale"


class UnknownPlayer(BattleError):
    """A resource invites somebody who has no account."""

    slug = "unknown-player"

    def __init__(self, index: int) -> None:
        where = f"players[{index}]"
        super().__init__(f"Nobody here has the e-mail address of {where}: whoever is invited needs an account first.", field=where)
