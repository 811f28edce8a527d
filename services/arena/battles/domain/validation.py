"""What a battle must be to be played: every rule about its name, window, places and scoring, each refused by field and reason."""

from datetime import datetime, time, timedelta
from unicodedata import category

from arena.battles.domain.battle import MAX_PARTICIPANTS, Participant
from arena.battles.domain.errors import InvalidBattle, ParticipantInvalid, ScoringInvalid, WindowInPast, WindowInvalid
from arena.battles.domain.timetable import timetable
from arena.contracts.battle_spec import RULES, BattleKind, BattleSpec, DayRule, ScoringSpec, WindowSpec
from arena.contracts.civil import is_zone
from arena.contracts.events.battles import Timetable

MAX_NAME = 200
MAX_HABITS = 50
MAX_POINTS = 1_000_000
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=366)
MAX_GRACE = 7 * 24 * 60
MAX_AUDIT = 30 * 24 * 60
YEARS = range(1970, 3000)
"""The years a window may lie in: inside what civil arithmetic can reach from any zone."""
PLACES = range(2, MAX_PARTICIPANTS + 1)
DAY_STARTS = range(24 * 60)


def valid_timetable(name: str, spec: BattleSpec, at: datetime) -> Timetable:
    """Check a definition and resolve its window.

    Raises InvalidBattle or one of its kinds (WindowInvalid, WindowInPast, ScoringInvalid), naming the field.
    """
    check_name(name)
    check_places(spec)
    check_scoring(spec.scoring)
    check_window(spec.window)
    table = _resolved(spec, at)
    if table.end - table.start < SHORTEST:
        raise WindowInvalid("The window is shorter than a minute once the clock change inside it is counted.", field="window.end")
    if table.start <= at:
        raise WindowInPast("A battle starts in the future.", field="window.start")
    return table


def check_name(name: str) -> None:
    """A name is 1 to 200 characters, not all blank, without control characters."""
    if not name.strip():
        raise InvalidBattle("A battle has a name.", field="name")
    if len(name) > MAX_NAME:
        raise InvalidBattle(f"A name has at most {MAX_NAME} characters.", field="name")
    if any(category(character) in {"Cc", "Cs"} for character in name):
        raise InvalidBattle("A name has no control characters.", field="name")


def check_places(spec: BattleSpec) -> None:
    """Head to head is between two; a free-for-all has 2 to 10,000 places."""
    limit = spec.max_participants
    if limit is None:
        return
    if spec.kind is BattleKind.HEAD_TO_HEAD and limit != PLACES.start:
        raise InvalidBattle("A head-to-head battle is between two: leave max_participants out, or say 2.", field="max_participants")
    if limit not in PLACES:
        raise InvalidBattle(f"A battle has {PLACES.start} to {MAX_PARTICIPANTS} participants.", field="max_participants")


def check_scoring(scoring: ScoringSpec) -> None:
    """The rule is known, its numbers in bounds, no tie-break named twice."""
    if scoring.rule not in RULES:
        raise ScoringInvalid(f"There is no such rule; known: {', '.join(sorted(RULES))}.", field="scoring.rule")
    if scoring.points not in range(1, MAX_POINTS + 1):
        raise ScoringInvalid(f"Points are 1 to {MAX_POINTS}.", field="scoring.points")
    if scoring.streak_bonus not in range(MAX_POINTS + 1):
        raise ScoringInvalid(f"A streak bonus is 0 to {MAX_POINTS}.", field="scoring.streak_bonus")
    if scoring.streak_bonus_cap not in range(MAX_POINTS + 1):
        raise ScoringInvalid(f"The cap of the streak bonus is 0 to {MAX_POINTS}.", field="scoring.streak_bonus_cap")
    if scoring.streak_bonus > scoring.streak_bonus_cap:
        raise ScoringInvalid("The cap of the streak bonus is at least the bonus.", field="scoring.streak_bonus_cap")
    if len(set(scoring.tie_breaks)) != len(scoring.tie_breaks):
        raise ScoringInvalid("No tie-break is named twice.", field="scoring.tie_breaks")


def check_window(window: WindowSpec) -> None:
    """Civil times in a known zone, a minute to 366 days apart; whole days under `days: own`; grace and audit in bounds."""
    for field, wall in (("window.start", window.start), ("window.end", window.end)):
        if wall.tzinfo is not None:
            raise WindowInvalid("The window is in civil times: the zone says the offset.", field=field)
        if wall.year not in YEARS:
            raise WindowInvalid(f"The window lies in the years {YEARS.start} to {YEARS.stop - 1}.", field=field)
        if window.days is DayRule.OWN and wall.time() != time.min:
            raise WindowInvalid("Under `days: own` a window is whole civil days: from 00:00 to 00:00.", field=field)
    if not is_zone(window.time_zone):
        raise WindowInvalid("There is no such IANA time zone.", field="window.time_zone")
    _check_length(window)
    if window.grace_minutes not in range(MAX_GRACE + 1):
        raise WindowInvalid(f"Grace is 0 to {MAX_GRACE} minutes.", field="window.grace_minutes")
    if window.audit_minutes not in range(MAX_AUDIT + 1):
        raise WindowInvalid(f"An audit is 0 to {MAX_AUDIT} minutes.", field="window.audit_minutes")


def check_participant(participant: Participant) -> None:
    """At least one habit, none twice, a known zone and a day start on the clock; raises ParticipantInvalid."""
    if not participant.habits:
        raise ParticipantInvalid("Name the habits you compete with.", field="habits")
    if len(participant.habits) > MAX_HABITS:
        raise ParticipantInvalid(f"At most {MAX_HABITS} habits compete.", field="habits")
    if len(set(participant.habits)) != len(participant.habits):
        raise ParticipantInvalid("No habit is named twice.", field="habits")
    if not is_zone(participant.time_zone):
        raise ParticipantInvalid("There is no such IANA time zone.", field="time_zone")
    if participant.day_start not in DAY_STARTS:
        raise ParticipantInvalid("A day starts 0 to 1439 minutes after midnight.", field="day_start")


def _check_length(window: WindowSpec) -> None:
    length = window.end - window.start
    if length <= timedelta(0):
        raise WindowInvalid("The window ends after it starts.", field="window.end")
    if length < SHORTEST:
        raise WindowInvalid("A window is at least a minute long.", field="window.end")
    if length > LONGEST:
        raise WindowInvalid(f"A window is at most {LONGEST.days} days long.", field="window.end")


def _resolved(spec: BattleSpec, at: datetime) -> Timetable:
    """The timetable; a time that the zone skips or repeats is refused where the window asks for that."""
    try:
        return timetable(spec, (), at)
    except ValueError as unresolved:
        raise WindowInvalid(f"The window cannot be resolved: {unresolved}", field="window") from unresolved
