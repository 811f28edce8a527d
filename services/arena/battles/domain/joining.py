"""Coming and going: joining, leaving, and what arbiters decide about a participant."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from arena.battles.domain.battle import OVER, Battle, Participant
from arena.battles.domain.errors import BattleClosed, BattleFull, InviteNeeded, NotParticipating
from arena.battles.domain.lifecycle import called_off, start
from arena.battles.domain.timetable import ParticipantDays, extended, timetable
from arena.battles.domain.validation import check_participant
from arena.contracts.battle_spec import CancelReason, Phase
from arena.contracts.ids import UserId


def join(battle: Battle, applicant: Participant, *, invited: bool, known: Participant | None = None) -> tuple[Battle, Participant]:
    """Take somebody in; who is in already (`known`) stays as they were, so joining twice is joining once.

    `invited`: the invite that was shown is this battle's. The owner needs none.
    Raises BattleClosed, InviteNeeded, BattleFull, ParticipantInvalid.
    """
    if known and known.left_at is None:
        return battle, known
    if battle.phase is not Phase.OPEN or battle.timetable.start <= applicant.joined_at:
        raise BattleClosed(battle.id, battle.phase, _why_closed(battle.phase))
    if battle.spec.invite_only and not invited and applicant.user_id != battle.owner_id:
        raise InviteNeeded(battle.id)
    if battle.joined >= battle.places:
        raise BattleFull(battle.id, battle.places)
    check_participant(applicant)
    table = extended(battle.timetable, battle.spec, applicant.days, applicant.joined_at)
    return replace(battle, joined=battle.joined + 1, timetable=table), applicant


def leave(
    battle: Battle, user_id: UserId, known: Participant | None, others: Iterable[ParticipantDays], at: datetime
) -> tuple[Battle, Participant | None]:
    """Let somebody go; leaving twice is leaving once. `others`: the days of those who stay.

    Before the start they are simply no participant any more (None). While the battle runs they forfeit: out of the standings for good; when
    the last one goes, the battle is called off. A start that is due is taken first. Raises NotParticipating, BattleClosed (it has ended).
    """
    if known is None:
        raise NotParticipating(battle.id, user_id)
    if known.left_at is not None:
        return battle, known
    if battle.timetable.start <= at:
        battle = start(battle)
    if battle.phase is Phase.OPEN:
        return replace(battle, joined=battle.joined - 1, timetable=timetable(battle.spec, others, at)), None
    if battle.phase is not Phase.RUNNING or battle.timetable.end <= at:
        raise BattleClosed(battle.id, battle.phase, "The window has ended, or the battle was called off: nobody can leave it any more.")
    battle = replace(battle, joined=battle.joined - 1)
    if battle.joined == 0:
        battle = called_off(battle, CancelReason.EVERYONE_LEFT)
    return battle, replace(known, left_at=at)


def check_decision(battle: Battle, at: datetime) -> None:
    """An arbiter may exclude a fact or disqualify from the start until the audit ends; raises BattleClosed."""
    if battle.phase in OVER or battle.phase in {Phase.DRAFT, Phase.OPEN} or battle.timetable.audit_ends <= at:
        raise BattleClosed(battle.id, battle.phase, "Arbiters decide while a battle runs and until its audit ends.")


def _why_closed(phase: Phase) -> str:
    if phase is Phase.DRAFT:
        return "The battle is not open yet."
    return "The battle has begun or is over: nobody can join any more."
