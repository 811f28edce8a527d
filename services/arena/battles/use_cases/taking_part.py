"""Joining and leaving."""

from collections.abc import Sequence
from dataclasses import dataclass

from arena.battles.domain import joining
from arena.battles.domain.battle import Battle, Participant
from arena.battles.domain.timetable import ParticipantDays
from arena.battles.neighbours import LedgerTerms
from arena.battles.storage import battles, participants
from arena.battles.use_cases.errors import BattleNotFound, UnknownHabit
from arena.battles.use_cases.recording import catch_up, record
from arena.battles.use_cases.viewing import Viewer, check_visible, invited, invited_by_name, may_see
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.battle_spec import DayRule, Phase
from arena.contracts.events.battles import ParticipantJoined, ParticipantLeft
from arena.contracts.ids import BattleId, HabitId, UserId


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody who wants to compete: with which habits, by which invite, and what their ledger says (asked before the transaction began).

    `time_zone` is the one to compete in, where it is not the ledger's.
    """

    user_id: UserId
    habits: tuple[HabitId, ...]
    terms: LedgerTerms
    time_zone: str | None = None
    invite: str | None = None


async def join(uow: UnitOfWork, battle_id: BattleId, applicant: Application) -> tuple[Participant, bool]:
    """Take somebody in; also answers whether they were in already, for joining twice is joining once.

    Raises BattleNotFound, BattleClosed, InviteNeeded, BattleFull, UnknownHabit, ParticipantInvalid.
    """
    stored = await battles.lock(uow, battle_id)
    if stored is None:
        raise BattleNotFound
    before = stored.battle
    known = await participants.find(uow, battle_id, applicant.user_id)
    welcome = invited(stored, applicant.invite) or await invited_by_name(uow, battle_id, applicant.user_id)
    if before.phase is not Phase.OPEN and not welcome and not may_see(stored, Viewer(applicant.user_id), known):
        raise BattleNotFound
    wanted = _participant(battle_id, applicant, uow)
    after, participant = joining.join(before, wanted, invited=welcome, known=known)
    if after is before:
        return participant, True
    _check_habits(applicant)
    await participants.add(uow, participant)
    uow.emit(_joined(participant))
    await record(uow, before, after)
    return participant, False


async def leave(uow: UnitOfWork, battle_id: BattleId, user_id: UserId) -> None:
    """Let somebody go: before the start without a trace, while it runs for good. Raises BattleNotFound, NotParticipating, BattleClosed."""
    stored = await check_visible(uow, await battles.lock(uow, battle_id), Viewer(user_id))
    await let_go(uow, stored.battle, user_id)


async def let_go(uow: UnitOfWork, before: Battle, user_id: UserId) -> Battle:
    """Let somebody leave a battle that is held; a step that is due is taken first. Raises NotParticipating, BattleClosed."""
    before = await catch_up(uow, before)
    known = await participants.find(uow, before.id, user_id)
    after, left = joining.leave(before, user_id, known, await _others(uow, before, user_id), uow.now)
    if after is before:
        return before
    if left is None:
        await participants.remove(uow, before.id, user_id)
    else:
        await participants.mark_left(uow, before.id, user_id, uow.now)
    uow.emit(ParticipantLeft(before.id, user_id))
    await record(uow, before, after)
    return after


async def _others(uow: UnitOfWork, battle: Battle, user_id: UserId) -> Sequence[ParticipantDays]:
    """The days of those who stay, where they matter."""
    if battle.spec.window.days is not DayRule.OWN:
        return ()
    return await participants.days(uow, battle.id, but=user_id)


def _participant(battle_id: BattleId, applicant: Application, uow: UnitOfWork) -> Participant:
    terms = applicant.terms
    return Participant(
        battle_id=battle_id,
        user_id=applicant.user_id,
        habits=applicant.habits,
        time_zone=applicant.time_zone or terms.time_zone,
        day_start=terms.day_start,
        week_start=terms.week_start,
        joined_at=uow.now,
    )


def _check_habits(applicant: Application) -> None:
    unknown = [habit for habit in applicant.habits if habit not in applicant.terms.habits]
    if unknown:
        raise UnknownHabit(f"There is no habit {unknown[0]} of yours.", field="habits")


def _joined(participant: Participant) -> ParticipantJoined:
    return ParticipantJoined(
        battle_id=participant.battle_id,
        user_id=participant.user_id,
        habits=participant.habits,
        time_zone=participant.time_zone,
        day_start=participant.day_start,
        week_start=participant.week_start,
    )
