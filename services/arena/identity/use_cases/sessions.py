"""Log in, go on with a refresh token, log out, change the password."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from arena.chassis.core.logging import get_logger
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.identity.domain import opaque
from arena.identity.domain.errors import InvalidCredentials
from arena.identity.domain.session import IDLE, Session, Verdict, digest_of
from arena.identity.domain.user import User
from arena.identity.keys import SigningKeys
from arena.identity.storage import accounts
from arena.identity.storage import sessions as storage
from arena.identity.use_cases.proof import Proof

ACCESS_LIFE: Final = timedelta(minutes=15)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a log-in gives; the tokens are secrets."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int = int(ACCESS_LIFE.total_seconds())
    refresh_expires_in: int = int(IDLE.total_seconds())


class Sessions:
    """What can be done with sessions."""

    def __init__(self, keys: SigningKeys, new_id: Callable[[], UUID], new_secret: Callable[[], bytes]) -> None:
        self._keys = keys
        self._new_id = new_id
        self._new_secret = new_secret

    async def open(self, uow: UnitOfWork, proof: Proof) -> Grant:
        """Begin a session.

        Raises:
            InvalidCredentials: the password was changed since it was proved.
        """
        user = await self._unchanged(uow, proof)
        if proof.fresh_hash is not None:
            await accounts.set_password_hash(uow, user.id, proof.fresh_hash)
        await storage.sweep(uow)
        return await self._begin(uow, user)

    async def refresh(self, uow: UnitOfWork, refresh_token: str) -> Grant | None:
        """Go on with a session; None when the token is no good, and then what ends the session is to be committed all the same."""
        token = opaque.read(refresh_token)
        session = await storage.lock_by_token(uow, digest_of(token)) if token else None
        if token is None or session is None:
            return None
        match session.judge(token, uow.now):
            case Verdict.ROTATE:
                successor = self._new_secret()
                await storage.save_rotated(uow, session.rotate(token, successor, uow.now), forget_before=uow.now - IDLE)
            case Verdict.REPLAY:
                successor = session.successor_of(token)
            case Verdict.REUSED:
                _log.warning("refresh_token_reused", user_id=str(session.user_id), session_id=str(session.id))
                await storage.end(uow, session.id)
                return None
            case Verdict.EXPIRED:
                await storage.end(uow, session.id)
                return None
        user = await accounts.find(uow, session.user_id)
        return None if user is None else self._grant(uow, user, successor)

    async def revoke(self, uow: UnitOfWork, refresh_token: str) -> None:
        """End the session of a token; a token that is no good any more is fine (RFC 7009, 2.2)."""
        token = opaque.read(refresh_token)
        session = await storage.lock_by_token(uow, digest_of(token)) if token else None
        if session is not None:
            await storage.end(uow, session.id)

    async def change_password(self, uow: UnitOfWork, proof: Proof, password_hash: str) -> Grant:
        """Set another password: every session ends, and whoever changed it goes on in a new one.

        Raises:
            InvalidCredentials: the password was changed since it was proved.
        """
        user = await self._unchanged(uow, proof)
        await accounts.set_password_hash(uow, user.id, password_hash)
        await storage.end_all(uow, user.id)
        return await self._begin(uow, user)

    async def _unchanged(self, uow: UnitOfWork, proof: Proof) -> User:
        user = await accounts.lock_unchanged(uow, proof.user_id, proof.seen_hash)
        if user is None:
            raise InvalidCredentials
        return user

    async def _begin(self, uow: UnitOfWork, user: User) -> Grant:
        token = self._new_secret()
        await storage.add(uow, Session.begin(self._new_id(), user.id, token, uow.now))
        return self._grant(uow, user, token)

    def _grant(self, uow: UnitOfWork, user: User, refresh_token: bytes) -> Grant:
        access = self._keys.sign(user, issued_at=uow.now, expires_at=uow.now + ACCESS_LIFE, token_id=self._new_id())
        return Grant(access, opaque.show(refresh_token))
