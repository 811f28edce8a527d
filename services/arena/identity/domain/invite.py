"""An invitation to register: good once, and for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from arena.contracts.ids import UserId
from arena.identity.domain.session import digest_of

DEFAULT_LIFE: Final = timedelta(days=7)
LONGEST_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation; the token itself is not kept. `created_by` is None when it was made offline."""

    id: UUID
    digest: bytes
    created_by: UserId | None
    created_at: datetime
    expires_at: datetime

    @classmethod
    def make(cls, invite_id: UUID, token: bytes, created_by: UserId | None, at: datetime, life: timedelta = DEFAULT_LIFE) -> "Invite":
        """The invitation that `token` stands for."""
        return cls(invite_id, digest_of(token), created_by, at, at + life)
