"""Scoring built anew from the log, beside the live one and while it works: compared with it, and given its place.

Scoring is the platform's only projection: what its tables hold follows from the logs of others. (The consumers of habits and battles
change what those services own; their tables are where it is kept, not a copy.)
"""

from arena.embedded.rebuilding.beside import BESIDE
from arena.embedded.rebuilding.comparing import Difference
from arena.embedded.rebuilding.rebuild import backlog, rebuild, verify
from arena.embedded.rebuilding.refusals import AlreadyReplaying, LogDamaged, OtherVersion, StillRunning, TooBusy
from arena.embedded.rebuilding.report import FinalHash, Rebuilt

__all__ = [
    "BESIDE",
    "AlreadyReplaying",
    "Difference",
    "FinalHash",
    "LogDamaged",
    "OtherVersion",
    "Rebuilt",
    "StillRunning",
    "TooBusy",
    "backlog",
    "rebuild",
    "verify",
]
