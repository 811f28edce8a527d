"""What clients were told, what is there afterwards, and the verdict: lost, doubled, reordered, phantom, differing."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

Place = tuple[int, int]
"""Log and partition."""


class Spot(NamedTuple):
    """A position, and its stamp."""

    position: int
    at: datetime


@dataclass(slots=True)
class History:
    """Gathered by clients, watchers and, at the end, from the ledger, the log and the result. Users and facts go by their ids."""

    asked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Per user the client ids, in the order in which they were first sent."""
    promised: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Per user the client ids that were answered."""
    ledger: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Per user what the API shows: client id and fact id."""
    facts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Per user the fact ids, in the order of the log; of whom the log was read."""
    places: Mapping[Place, Sequence[Spot]] = field(default_factory=dict)
    """What each partition of each log has, in the order of its positions."""
    heads: Sequence[Mapping[Place, Spot]] = ()
    """The heads, looked at again and again."""
    watched: Sequence[Sequence[int]] = ()
    """Per watcher the revisions, in the order in which they came."""
    carried: Mapping[Place, Sequence[int]] = field(default_factory=dict)
    """What Kafka has of each partition: positions in its order."""
    confirmed: Mapping[Place, int] = field(default_factory=dict)
    """Up to where the relay had recorded that Kafka has it, before that was looked at."""
    counted: Mapping[str, int] = field(default_factory=dict)
    """Scores as recomputed here from the log alone."""
    standings: Sequence[Mapping[str, int]] = ()
    """Scores as the platform tells them, each way it can be asked."""


@dataclass(slots=True)
class Verdict:
    """Sentences, one for each thing found; all empty when every promise was kept."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(getattr(self, name)) for name in self.__slots__}


def judge(history: History) -> Verdict:
    """Find what must not be."""
    verdict = Verdict()
    for user in history.asked:
        _judge_ledger(history, user, verdict)
    for user in history.facts:
        _judge_facts(history, user, verdict)
    for place, spots in history.places.items():
        _judge_place(place, spots, verdict)
    for before, after in pairwise(history.heads):
        _judge_heads(before, after, verdict)
    for number, revisions in enumerate(history.watched):
        verdict.reordered += [f"watcher {number} saw revision {b} after {a}" for a, b in pairwise(revisions) if b < a]
    for place, positions in history.carried.items():
        _judge_order(place, positions, verdict)
    for place, position in history.confirmed.items():
        missing = set(range(1, position + 1)) - set(history.carried.get(place, ()))
        verdict.lost += [f"Kafka has not got {place} position {one}, which is recorded as confirmed" for one in sorted(missing)]
    for place, positions in history.carried.items():
        unknown = set(positions) - {spot.position for spot in history.places.get(place, ())}
        verdict.phantom += [f"Kafka has {place} position {position}, the log has not" for position in sorted(unknown)]
    for told in history.standings:
        _judge_standings(history.counted, told, verdict)
    return verdict


def _judge_ledger(history: History, user: str, verdict: Verdict) -> None:
    """Every answer is kept, once; nothing is there that nobody asked for."""
    there = Counter(client_id for client_id, _ in history.ledger.get(user, ()))
    verdict.lost += [f"{client_id} was promised" for client_id in history.promised.get(user, ()) if not there[client_id]]
    verdict.doubled += [f"{client_id} is there {count} times" for client_id, count in there.items() if count > 1]
    verdict.phantom += [f"{client_id} was never asked for" for client_id in there if client_id not in set(history.asked[user])]


def _judge_facts(history: History, user: str, verdict: Verdict) -> None:
    """State and events say the same, in the order in which the user did it."""
    known = {fact: client_id for client_id, fact in history.ledger.get(user, ())}
    order = {client_id: number for number, client_id in enumerate(history.asked[user])}
    logged = history.facts.get(user, ())
    verdict.lost += [f"the log has no event of {known[fact]}" for fact in known if fact not in set(logged)]
    verdict.phantom += [f"the log has fact {fact}, the ledger has not" for fact in logged if fact not in known]
    verdict.doubled += [f"the log has {count} events of fact {fact}" for fact, count in Counter(logged).items() if count > 1]
    steps = [known[fact] for fact in dict.fromkeys(logged) if known.get(fact) in order]
    verdict.reordered += [f"{b} was logged after {a}" for a, b in pairwise(steps) if order[b] < order[a]]


def _judge_place(place: Place, spots: Sequence[Spot], verdict: Verdict) -> None:
    """Positions run from 1 without a gap, and time never goes back."""
    positions = Counter(spot.position for spot in spots)
    verdict.lost += [f"{place} has no position {missing}" for missing in _missing(positions)]
    verdict.doubled += [f"{place} has position {position} {count} times" for position, count in positions.items() if count > 1]
    verdict.reordered += [f"{place}: {b} is stamped before {a}" for a, b in pairwise(spots) if b.at < a.at]


def _judge_heads(before: Mapping[Place, Spot], after: Mapping[Place, Spot], verdict: Verdict) -> None:
    for place, was in before.items():
        now = after.get(place, was)
        if now.position < was.position or now.at < was.at:
            verdict.reordered.append(f"the head of {place} went back from {was} to {now}")


def _judge_order(place: Place, positions: Sequence[int], verdict: Verdict) -> None:
    """A suffix may come twice; nothing comes before what precedes it."""
    highest = 0
    for position in positions:
        if position > highest + 1:
            verdict.reordered.append(f"Kafka has {place} position {position} right after {highest}")
        highest = max(highest, position)


def _judge_standings(counted: Mapping[str, int], told: Mapping[str, int], verdict: Verdict) -> None:
    verdict.differing += [
        f"{user} has {told.get(user)} where the log says {counted.get(user)}"
        for user in sorted(counted.keys() | told.keys())
        if told.get(user) != counted.get(user)
    ]


def _missing(found: Iterable[int]) -> list[int]:
    there = set(found)
    return [position for position in range(1, max(there, default=0) + 1) if position not in there]


def per_user(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Scores by user, of the rows of standings."""
    return {str(row["user_id"]): int(row["score"]) for row in rows}
