"""The form of a battle, to and from the API's words."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from arena.web.forms import Form, Submission
from arena.web.views.battle import Battle

_WINDOW = ("start", "end", "time_zone", "days", "grace_minutes", "audit_minutes")
_SCORING = ("per", "points", "streak_bonus", "streak_bonus_cap")
INPUTS = (
    {"name": "name", "kind": "kind", "max_participants": "max_participants", "invite_only": "invite_only", "window": "start"}
    | {f"window.{name}": name for name in _WINDOW}
    | {f"scoring.{name}": name for name in _SCORING}
)
_NUMBERS = frozenset({"grace_minutes", "audit_minutes", "points", "streak_bonus", "streak_bonus_cap", "max_participants"})
_STEP = 5


def empty(now: datetime, zone: str) -> Form:
    """A week, beginning in a few minutes."""
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)
    start = local + timedelta(minutes=2 * _STEP - local.minute % _STEP)
    return Form.of(
        kind="head_to_head",
        start=f"{start:%Y-%m-%dT%H:%M}",
        end=f"{start + timedelta(days=7):%Y-%m-%dT%H:%M}",
        time_zone=zone,
        days="instant",
        grace_minutes=10,
        audit_minutes=0,
        points=10,
        streak_bonus=0,
        streak_bonus_cap=0,
        invite_only="yes",
    )


def of(battle: Battle) -> Form:
    """A battle as it is."""
    window = battle.window
    return Form.of(
        name=battle.name,
        start=window.start,
        end=window.end,
        time_zone=window.time_zone,
        days=window.days,
        grace_minutes=window.grace_minutes,
        audit_minutes=window.audit_minutes,
        max_participants=battle.max_participants,
        invite_only="yes" if battle.invite_only else None,
    )


def changes(sent: Submission, battle: Battle) -> dict[str, Any]:
    """What the API is asked to change: all that the form shows, also what was emptied."""
    fields: dict[str, Any] = {"name": sent.text("name"), "invite_only": sent.ticked("invite_only")}
    fields["window"] = {name: _value(name, sent.text(name)) for name in _WINDOW}
    if battle.has_places:
        fields["max_participants"] = _value("max_participants", sent.text("max_participants")) or None
    return fields


def wanted(sent: Submission) -> dict[str, Any]:
    """What the API is asked for; what was left empty it decides itself."""
    fields: dict[str, Any] = {"name": sent.text("name"), "kind": sent.text("kind"), "invite_only": sent.ticked("invite_only")}
    fields["window"] = {name: _value(name, sent.text(name)) for name in _WINDOW if sent.text(name)}
    if scoring := {name: _value(name, sent.text(name)) for name in _SCORING if sent.text(name)}:
        fields["scoring"] = {"rule": "points@1", **scoring}
    if places := sent.text("max_participants"):
        fields["max_participants"] = _value("max_participants", places)
    return fields


def _value(name: str, text: str) -> int | str:
    """A number where one belongs; what is none is passed on, so that the API says so."""
    digits = text.removeprefix("-")
    return int(text) if name in _NUMBERS and digits.isascii() and digits.isdigit() else text
