"""Good and bad manifests with what is to be said of them: judged by the laptop's check and by a real API server."""

import copy
from typing import Any

WINDOW = {"start": "2030-03-04T07:00", "end": "2030-03-11T07:00", "timeZone": "Europe/Berlin"}
BATTLE: dict[str, Any] = {
    "apiVersion": "habitarena.io/v1alpha1",
    "kind": "Battle",
    "metadata": {"name": "one"},
    "spec": {"kind": "FreeForAll", "window": WINDOW},
}
SERIES: dict[str, Any] = {
    "apiVersion": "habitarena.io/v1alpha1",
    "kind": "BattleSeries",
    "metadata": {"name": "weekly"},
    "spec": {"schedule": "0 18 * * 5", "timeZone": "UTC", "duration": "36h", "template": {"spec": {"kind": "FreeForAll"}}},
}


def with_values(manifest: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A copy with other values; `spec__window__end=…` goes inside."""
    changed = copy.deepcopy(manifest)
    for path, value in values.items():
        *way, last = path.split("__")
        inner = changed
        for key in way:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return changed


def battle(**values: Any) -> dict[str, Any]:
    return with_values(BATTLE, **{f"spec__{path}": value for path, value in values.items()})


def series(**values: Any) -> dict[str, Any]:
    return with_values(SERIES, **{f"spec__{path}": value for path, value in values.items()})


GOOD: dict[str, dict[str, Any]] = {
    "the least that a battle says": BATTLE,
    "the least that a series says": SERIES,
    "nulls are as good as nothing": battle(scoring=None, maxParticipants=None, name=None, players=None, load={"viewers": None}),
    "an emoji and letters of any script": battle(name="Ada 🏃 مباراة 对决"),
    "two in a head to head, said aloud": battle(kind="HeadToHead", maxParticipants=2),
    "seconds in a civil time": battle(window__end="2030-03-11T07:00:30"),
    "the shortest window": battle(window__end="2030-03-04T07:01"),
    "the longest window": battle(window__end="2031-03-05T07:00"),
    "own days": battle(window__days="Own", window__start="2030-03-04T00:00", window__end="2030-03-05T00:00:00"),
    "a duration of parts": battle(load={"leadTime": "1h30m"}),
    "a thousand players": battle(players=[{"email": f"player{number}@home.example"} for number in range(1000)]),
    "no tie-break at all": battle(scoring__tieBreaks=[]),
    "the longest name": with_values(BATTLE, metadata__name="a" * 63),
    "a series with everything": series(
        openBefore="0s",
        concurrencyPolicy="Replace",
        missedRunPolicy="RunOnce",
        suspend=True,
        template__metadata={"labels": {"team": "a"}, "annotations": {"b": "c"}},
        template__spec__window={"graceMinutes": 0},
    ),
}
BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "no kind": ("spec.kind", battle(kind=None)),
    "a kind in the API's words": ("spec.kind", battle(kind="head_to_head")),
    "no window": ("spec.window", battle(window=None)),
    "a text for a window": ("spec.window", battle(window="tomorrow")),
    "no end": ("spec.window.end", battle(window__end=None)),
    "a start with an offset": ("spec.window.start", battle(window__start="2030-03-04T07:00Z")),
    "a day that is no time": ("spec.window.start", battle(window__start="2030-03-04")),
    "a day that no calendar has": ("spec.window.end", battle(window__end="2030-02-30T07:00")),
    "a leap day in a common year": ("spec.window.end", battle(window__end="2031-02-29T07:00")),
    "a year out of reach": ("spec.window.start", battle(window__start="1969-12-31T07:00")),
    "a zone that cannot be one": ("spec.window.timeZone", battle(window__timeZone="Europe/Berlin; drop")),
    "an end before the start": ("spec.window.end", battle(window__end="2030-03-04T06:00")),
    "an end at the start, to the second": ("spec.window.end", battle(window__end="2030-03-04T07:00:00")),
    "a window of more than a year": ("spec.window.end", battle(window__end="2031-03-05T07:01")),
    "own days that begin at seven": ("spec.window.start", battle(window__days="Own")),
    "grace without end": ("spec.window.graceMinutes", battle(window__graceMinutes=10_081)),
    "half a minute of grace": ("spec.window.graceMinutes", battle(window__graceMinutes=0.5)),
    "grace as a text": ("spec.window.graceMinutes", battle(window__graceMinutes="10")),
    "three in a head to head": ("spec.maxParticipants", battle(kind="HeadToHead", maxParticipants=3)),
    "a battle of one": ("spec.maxParticipants", battle(maxParticipants=1)),
    "a bonus above its cap": ("spec.scoring.streakBonusCap", battle(scoring__streakBonus=5)),
    "a tie-break twice": ("spec.scoring.tieBreaks", battle(scoring__tieBreaks=["Streak", "Streak"])),
    "four tie-breaks": ("spec.scoring.tieBreaks", battle(scoring__tieBreaks=["Streak", "MetDays", "Earliest", "Streak"])),
    "a rule without version": ("spec.scoring.rule", battle(scoring__rule="points")),
    "no points": ("spec.scoring.points", battle(scoring__points=0)),
    "a name that turns around": ("spec.name", battle(name="Ada\u202egnp.exe")),
    "a name on two lines": ("spec.name", battle(name="Ada\nBob")),
    "a line end after the name": ("spec.name", battle(name="Ada\n")),
    "a name of an escape": ("spec.name", battle(name="\x1b[31mAda")),
    "a blank name": ("spec.name", battle(name="   ")),
    "an endless name": ("spec.name", battle(name="a" * 201)),
    "a player twice": ("spec.players[1]", battle(players=[{"email": "a@b.example"}, {"email": "a@b.example"}])),
    "a player without address": ("spec.players[0].email", battle(players=[{"email": "ada"}])),
    "too many players": ("spec.players", battle(players=[{"email": f"player{number}@home.example"} for number in range(1001)])),
    "a null among players": ("spec.players[0]", battle(players=[None])),
    "a lead time in words": ("spec.load.leadTime", battle(load={"leadTime": "soon"})),
    "a lead time the wrong way round": ("spec.load.leadTime", battle(load={"leadTime": "30m1h"})),
    "fewer than no viewers": ("spec.load.viewers", battle(load={"viewers": -1})),
    "an id that is none": ("spec.battleId", battle(battleId="mine")),
    "an unknown deletion policy": ("spec.deletionPolicy", battle(deletionPolicy="Orphan")),
    "results without a name": ("spec.results.configMap", battle(results={})),
    "results under no name of Kubernetes": ("spec.results.configMap", battle(results={"configMap": "My Results"})),
    "a truth in words": ("spec.dedicated", battle(dedicated="true")),
    "a name with dots": ("", with_values(BATTLE, metadata__name="a.b")),
    "a name too long for a label": ("", with_values(BATTLE, metadata__name="a" * 64)),
    "a series without template": ("spec.template", series(template=None)),
    "a series whose battles have no kind": ("spec.template.spec.kind", series(template__spec__kind=None)),
    "a schedule of words": ("spec.schedule", series(schedule="every friday")),
    "a schedule of one word": ("spec.schedule", series(schedule="@daily")),
    "a duration of nothing": ("spec.duration", series(duration="")),
    "three in a series of duels": (
        "spec.template.spec.maxParticipants",
        series(template__spec={"kind": "HeadToHead", "maxParticipants": 3}),
    ),
    "a series' name too long for its battles'": ("", with_values(SERIES, metadata__name="a" * 53)),
}
"""Sentence → the field that is complained of, and the manifest."""

UNKNOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "a field that is none": ("spec.colour", battle(colour="red")),
    "a field in the API's words": ("spec.max_participants", battle(max_participants=3)),
    "a field inside that is none": ("spec.window.begin", battle(window__begin="2030-03-04T07:00")),
    "an id in a series": ("spec.template.spec.battleId", series(template__spec__battleId="01979b5e-2f00-7000-8000-000000000001")),
    "a start in a series": ("spec.template.spec.window.start", series(template__spec__window={"start": "2030-03-04T07:00"})),
}
"""What the API server would prune, and `kubectl apply` refuses."""

BEYOND: dict[str, tuple[str, dict[str, Any]]] = {
    "a lead time of weeks": ("spec.load.leadTime", battle(load={"leadTime": "8d"})),
    "a zone that is not on the map": ("spec.timeZone", series(timeZone="Europe/Atlantis")),
    "a schedule of minute sixty-one": ("spec.schedule", series(schedule="61 18 * * 5")),
    "a series of battles of no time": ("spec.duration", series(duration="0s")),
    "own days of half a day": ("spec.duration", series(template__spec__window={"days": "Own"})),
}
"""What a schema has no words for: the laptop says it at once, on a cluster the operator does in a condition."""

EDITS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "another window": ("spec.window", BATTLE, battle(window__end="2030-03-12T07:00")),
    "another kind": ("spec.kind", BATTLE, battle(kind="HeadToHead")),
    "a name given": ("spec.name", BATTLE, battle(name="Ada")),
    "a name taken": ("spec.name", battle(name="Ada"), BATTLE),
    "more places": ("spec.maxParticipants", battle(maxParticipants=5), battle(maxParticipants=6)),
    "other points": ("spec.scoring", BATTLE, battle(scoring__points=11)),
    "open to all": ("spec.inviteOnly", BATTLE, battle(inviteOnly=False)),
}
"""What may be edited until the battle has begun: the field, before and after."""

LATE_EDITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "what it takes to serve it": (BATTLE, battle(load={"viewers": 500}, dedicated=True)),
    "what becomes of it": (BATTLE, battle(deletionPolicy="Cancel", protect=True, results={"configMap": "r"})),
    "one more player": (BATTLE, battle(players=[{"email": "ada@home.example"}])),
    "a default said aloud": (BATTLE, battle(inviteOnly=True, scoring={"points": 10})),
    "labels": (BATTLE, with_values(BATTLE, metadata__labels={"a": "b"})),
}
"""What may be edited at any time."""

ID_EDITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an id given later": (BATTLE, battle(battleId="01979b5e-2f00-7000-8000-000000000001")),
    "an id taken back": (battle(battleId="01979b5e-2f00-7000-8000-000000000001"), BATTLE),
    "another id": (battle(battleId="01979b5e-2f00-7000-8000-000000000001"), battle(battleId="01979b5e-2f00-7000-8000-000000000002")),
}
"""What may never be edited, begun or not."""
