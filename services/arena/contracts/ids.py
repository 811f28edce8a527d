"""Names for the ids that cross boundaries; all are UUIDv7."""

from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
HabitId = NewType("HabitId", UUID)
FactId = NewType("FactId", UUID)
BattleId = NewType("BattleId", UUID)
