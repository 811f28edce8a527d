"""How many replicas a load needs, from what one pod was measured to serve (docs/guides/capacity.md says how, and how to measure again)."""

from dataclasses import dataclass

from arena_operator.crd.declared import Load


@dataclass(frozen=True, slots=True)
class Table:
    """What one of each serves with room to spare (a pod has one core, and could bear twice as much)."""

    viewers_per_live: int
    """Open streams of one live pod."""
    logs_per_api: int
    """Log POSTs a second of one api pod."""
    viewers_of_one_process: int
    """Open streams of an all-in-one process that has other work, too."""
    logs_of_one_process: int
    """Log POSTs a second of an all-in-one process."""


MEASURED = Table(viewers_per_live=1000, logs_per_api=300, viewers_of_one_process=500, logs_of_one_process=150)


@dataclass(frozen=True, slots=True)
class Replicas:
    """Pods of each kind."""

    live: int
    api: int


def replicas(viewers: int, logs_per_second: int, table: Table = MEASURED) -> Replicas:
    """Pods that serve so much; none for nothing."""
    return Replicas(-(-max(viewers, 0) // table.viewers_per_live), -(-max(logs_per_second, 0) // table.logs_per_api))


def replicas_for(load: Load) -> int:
    """All pods that one battle's load needs."""
    needed = replicas(load.viewers, load.logs_per_second)
    return needed.live + needed.api


DEDICATED_AT_LEAST = 2
"""Pods of a dedicated live: with one, every node drain would interrupt the battle."""


def dedicated_replicas(load: Load) -> int:
    """Pods of a live that serves one battle."""
    return max(DEDICATED_AT_LEAST, replicas(load.viewers, 0).live)


def one_process_serves(load: Load, table: Table = MEASURED) -> bool:
    """Whether an all-in-one process is enough."""
    return load.viewers <= table.viewers_of_one_process and load.logs_per_second <= table.logs_of_one_process
