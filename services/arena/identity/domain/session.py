"""A session: what one log-in began and its refresh tokens carry on, each used once.

A refresh token is 256 random bits; the session keeps SHA-256 digests only. Using it makes the next one, and using it again
tells that two hold the session, so it ends (RFC 9700, 4.14.2). One case looks the same and is not: the answer was lost, or two
tabs asked at once. So for a short while the token used last gets the *same* successor again. For that the session keeps the
successor sealed: combined with a pad that only the holder of the token before can make, so what is stored gives away neither.
"""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import sha256
from typing import Final
from uuid import UUID

from arena.contracts.ids import UserId

IDLE: Final = timedelta(days=30)
"""How long a refresh token that nobody uses is good for."""
GRACE: Final = timedelta(seconds=10)
"""How long after its use a token still gets the answer it got."""
TOKEN_BYTES: Final = 32
_PAD: Final = b"arena refresh token successor"


class Verdict(Enum):
    """What a presented refresh token deserves."""

    ROTATE = auto()
    REPLAY = auto()
    EXPIRED = auto()
    REUSED = auto()


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in; `current` and `previous` are digests, `sealed` is the current token under the pad of the previous one."""

    id: UUID
    user_id: UserId
    current: bytes
    previous: bytes | None
    sealed: bytes | None
    created_at: datetime
    rotated_at: datetime
    expires_at: datetime

    @classmethod
    def begin(cls, session_id: UUID, user_id: UserId, token: bytes, at: datetime) -> "Session":
        """The session whose first refresh token is `token`."""
        return cls(session_id, user_id, digest_of(token), None, None, at, at, at + IDLE)

    def judge(self, token: bytes, at: datetime) -> Verdict:
        """What a token of this session deserves when it is presented."""
        digest = digest_of(token)
        if at >= self.expires_at:
            return Verdict.EXPIRED
        if digest == self.current:
            return Verdict.ROTATE
        if digest == self.previous and at < self.rotated_at + GRACE:
            return Verdict.REPLAY
        return Verdict.REUSED

    def rotate(self, token: bytes, successor: bytes, at: datetime) -> "Session":
        """The session after its current `token` was used."""
        return replace(
            self,
            current=digest_of(successor),
            previous=self.current,
            sealed=_combine(successor, _pad_of(token)),
            rotated_at=at,
            expires_at=at + IDLE,
        )

    def successor_of(self, token: bytes) -> bytes:
        """The current token, for whoever shows the previous one."""
        if self.sealed is None:
            raise ValueError("the session has had one token only")
        return _combine(self.sealed, _pad_of(token))


def digest_of(token: bytes) -> bytes:
    """What is stored of a random token (refresh token or invitation)."""
    return sha256(token).digest()


def _pad_of(token: bytes) -> bytes:
    return hmac.digest(token, _PAD, "sha256")


def _combine(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
