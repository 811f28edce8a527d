"""Scenarios in Given/When/Then, kept as YAML beside this file, and what plays them on a stage: a cluster, or a laptop.

A file is a list of scenarios `{scenario, slow?, needs?, steps}`; `needs: cluster` marks what only a cluster can do. A step is one of:

* `given: {people: [ada, …], sharing: [ada]}`: accounts with a habit; those under `sharing` let their name be shown.
* `when: {apply: NAME, spec: {…}, annotations?: {…}}`: NAME's manifest so far, changed by this (null takes a field away). In it `+20s` is
  the civil time in so many seconds, and `{ada}` Ada's e-mail address.
* `when: {delete: NAME}`, `{accept: NAME, by: [ada, …]}`, `{log: [ada, ada, …]}`, `{cancel: NAME, by: ada}` (over the API),
  `{platform: stop}`, `{platform: start}`. With `refused: REGEX` it must be refused in these words.
* `then: {battle: NAME, phase?, status?: {…}, conditions?: {Type: "True Reason"}, says?: {Type: REGEX}}` or `{battle: NAME, gone: true}`.
  `status` is matched as far as it is given, a list by its length and elements; a condition may be `absent`.
* `then: {platform: NAME, phase?: …, name?: …}`: what the platform itself says of the battle, also when its resource is gone.
* `then: {verified: NAME}`: the result that was written down passes `arena verify`.
* `then: {steady: NAME, for: 3s}`: nothing is written any more.

What a `then` says holds within 30 seconds, or `within: 90s`.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import yaml

from tests.cluster.scenarios.people import Player, player

HERE = Path(__file__).parent
Json = dict[str, Any]


class Refused(Exception):
    """The store did not take it; the message is what it said."""


class Stage(Protocol):
    """Where a scenario plays. What is refused raises Refused."""

    @property
    def url(self) -> str:
        """Where the platform serves."""

    def apply(self, manifest: Json) -> None:
        """`kubectl apply`, `arena apply`."""

    def delete(self, name: str) -> None:
        """Ask for the end of a battle's resource, without waiting for it."""

    def get(self, name: str) -> Json | None:
        """The battle's resource as it stands."""

    def platform(self, *, up: bool) -> None:
        """Stop or start the platform."""

    def held(self, battle_id: str) -> Json:
        """The platform's battle, as whoever oversees it sees it."""

    def verify(self, name: str) -> None:
        """Prove the result of a battle that is final."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story."""

    name: str
    steps: tuple[Json, ...]
    slow: bool = False
    needs: str | None = None


def scenarios() -> Iterator[Scenario]:
    """All there are."""
    for file in sorted(HERE.glob("*.yaml")):
        for found in yaml.safe_load(file.read_text("utf-8")):
            yield Scenario(found["scenario"], tuple(found["steps"]), found.get("slow", False), found.get("needs"))


@dataclass(slots=True)
class Play:
    """A scenario on its way; keeps what was applied and who takes part."""

    stage: Stage
    people: dict[str, Player] = field(default_factory=dict)
    applied: dict[str, Json] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def run(self, scenario: Scenario) -> None:
        """Play all steps; a step that does not hold fails with what was there instead."""
        for number, step in enumerate(scenario.steps, 1):
            ((kind, told),) = step.items()
            try:
                getattr(self, f"_{kind}")(dict(told))
            except AssertionError as failure:
                raise AssertionError(f"step {number} of “{scenario.name}”, {step}: {failure}") from failure

    def _given(self, told: Json) -> None:
        for name in told["people"]:
            self.people[name] = player(self.stage.url, name)
        for name in told.get("sharing", ()):
            self.people[name].share_name()

    def _when(self, told: Json) -> None:
        refused = told.pop("refused", None)
        verb = next(verb for verb in ("apply", "delete", "accept", "log", "platform", "cancel") if verb in told)
        act = getattr(self, f"_{verb}")
        if refused is None:
            act(told)
            return
        try:
            act(told)
        except Refused as refusal:
            if not re.search(refused, str(refusal)):
                raise AssertionError(f"refused, but not for {refused!r}: {refusal}") from refusal
            return
        raise AssertionError("it was not refused")

    def _apply(self, told: Json) -> None:
        name = told["apply"]
        before = self.applied.get(name, {"spec": {}, "annotations": {}})
        spec = merged(before["spec"], self._resolved(told.get("spec", {}), before["spec"]))
        annotations = merged(before["annotations"], told.get("annotations", {}))
        self.stage.apply(
            {
                "apiVersion": "habitarena.io/v1alpha1",
                "kind": "Battle",
                "metadata": {"name": name, "annotations": annotations},
                "spec": spec,
            }
        )
        self.applied[name] = {"spec": spec, "annotations": annotations}

    def _delete(self, told: Json) -> None:
        self.stage.delete(told["delete"])

    def _accept(self, told: Json) -> None:
        for name in told["by"]:
            self.people[name].accept(self.ids[told["accept"]])

    def _log(self, told: Json) -> None:
        for name in told["log"]:
            self.people[name].log()

    def _platform(self, told: Json) -> None:
        self.stage.platform(up=told["platform"] == "start")

    def _cancel(self, told: Json) -> None:
        answer = self.people[told["by"]].tries_to_cancel(self.ids[told["cancel"]])
        if not answer.is_success:
            raise Refused(answer.text)

    def _then(self, told: Json) -> None:
        within = seconds(told.pop("within", "30s"))
        if "verified" in told:
            self.stage.verify(told["verified"])
        elif "steady" in told:
            self._steady(told["steady"], seconds(told["for"]))
        elif "platform" in told:
            wanted = {key: value for key, value in told.items() if key != "platform"}
            eventually(lambda: difference(wanted, self.stage.held(self.ids[told["platform"]])), within)
        else:
            eventually(lambda: self._unlike(told), within)

    def _unlike(self, told: Json) -> str | None:
        """What is not as told; None when all is."""
        name = told["battle"]
        found = self.stage.get(name)
        if told.get("gone"):
            return None if found is None else f"{name} is still there: {found}"
        if found is None:
            return f"there is no {name}"
        status = found.get("status") or {}
        if (battle_id := status.get("battleId")) is not None:
            self.ids[name] = battle_id
        conditions = {held["type"]: held for held in status.get("conditions", ())}
        wanted = dict(told.get("status", {})) | ({"phase": told["phase"]} if "phase" in told else {})
        return (
            difference(wanted, status)
            or next(_unmet(told.get("conditions", {}), conditions), None)
            or next(_unsaid(told.get("says", {}), conditions), None)
        )

    def _steady(self, name: str, length: float) -> None:
        before = (self.stage.get(name) or {})["metadata"]["resourceVersion"]
        time.sleep(length)
        after = (self.stage.get(name) or {})["metadata"]["resourceVersion"]
        assert after == before, f"{name} was written again"

    def _resolved(self, value: Any, before: Any, zone: str = "UTC") -> Any:
        if isinstance(value, dict):
            known = before if isinstance(before, dict) else {}
            zone = value.get("timeZone") or known.get("timeZone") or zone
            return {key: self._resolved(held, known.get(key), zone) for key, held in value.items()}
        if isinstance(value, list):
            return [self._resolved(held, None, zone) for held in value]
        if isinstance(value, str) and re.fullmatch(r"[+-]\d+[smhd]", value):
            at = datetime.now(ZoneInfo(zone)) + timedelta(seconds=seconds(value))
            return at.replace(tzinfo=None, microsecond=0).isoformat()
        if isinstance(value, str) and (named := re.fullmatch(r"\{(\w+)\}", value)):
            return self.people[named[1]].email
        return value


def _unmet(wanted: Mapping[str, str], conditions: Mapping[str, Json]) -> Iterator[str]:
    for kind, told in wanted.items():
        truth, _, reason = told.partition(" ")
        held = conditions.get(kind)
        if truth == "absent" and held is None:
            continue
        if held is None or held["status"] != truth or (reason and held["reason"] != reason):
            yield f"{kind} is {held}, not {told}"


def _unsaid(wanted: Mapping[str, str], conditions: Mapping[str, Json]) -> Iterator[str]:
    for kind, pattern in wanted.items():
        message = conditions.get(kind, {}).get("message", "")
        if not re.search(pattern, message):
            yield f"{kind} says {message!r}, not {pattern!r}"


def merged(before: Any, change: Any) -> Any:
    """`before` with the change laid over it; null takes away (RFC 7396)."""
    if not isinstance(change, dict):
        return change
    kept = dict(before) if isinstance(before, dict) else {}
    for key, value in change.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = merged(kept.get(key), value)
    return kept


def difference(wanted: Any, found: Any, path: str = "") -> str | None:
    """Where `found` lacks something `wanted`; None if it has all of it."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        each = (difference(value, found.get(key), f"{path}.{key}") for key, value in wanted.items())
        return next((unlike for unlike in each if unlike is not None), None)
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        each = (difference(one, other, f"{path}[{at}]") for at, (one, other) in enumerate(zip(wanted, found, strict=True)))
        return next((unlike for unlike in each if unlike is not None), None)
    return None if wanted == found else f"{path or 'it'} is {found!r}, not {wanted!r}"


def seconds(text: str) -> float:
    """`+20s`, `90m`, `2h` in seconds."""
    factor = {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]
    return float(text[:-1]) * factor


def eventually(unlike: Callable[[], str | None], within: float) -> None:
    """Wait until nothing is unlike; fails with what is."""
    until = time.monotonic() + within
    while (wrong := unlike()) is not None:
        assert time.monotonic() < until, f"not within {within:.0f} s: {wrong}"
        time.sleep(0.2)
