"""Due times that battles acts on."""

from collections.abc import Mapping

from arena.battles.storage.battles import PHASE_DUE
from arena.battles.use_cases.moving_on import move_on
from arena.chassis.bus.due import DueHandler


def due_handlers() -> Mapping[str, DueHandler]:
    """What happens at which kind of due time."""
    return {PHASE_DUE: move_on}
