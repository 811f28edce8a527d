"""Registration, the profile, erasure."""

from collections.abc import Callable, Sequence
from uuid import UUID

from arena.chassis.core.settings import Registration
from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.events.identity import ProfileChanged, UserErased, UserRegistered
from arena.contracts.ids import UserId
from arena.identity.domain import opaque
from arena.identity.domain.errors import (
    AccountGone,
    EmailTaken,
    InvalidCredentials,
    InviteInvalid,
    InviteNeeded,
    RegistrationClosed,
)
from arena.identity.domain.session import digest_of
from arena.identity.domain.user import Candidate, Profile, Role, User
from arena.identity.storage import accounts, invites, sessions
from arena.identity.use_cases.proof import Proof


class Accounts:
    """What can be done with accounts."""

    def __init__(self, registration: Registration, new_id: Callable[[], UUID]) -> None:
        self._registration = registration
        self._new_id = new_id

    def admit(self, invite: str | None) -> None:
        """Turn away who cannot register in any case, before work is spent on their password.

        Raises:
            RegistrationClosed, InviteNeeded.
        """
        if self._registration is Registration.CLOSED:
            raise RegistrationClosed
        if self._registration is Registration.INVITE and not invite:
            raise InviteNeeded

    async def register(self, uow: UnitOfWork, candidate: Candidate, password_hash: str, invite: str | None) -> User:
        """Give somebody an account; where registration is by invitation, that uses the invitation up.

        Raises:
            RegistrationClosed, InviteNeeded, InviteInvalid, EmailTaken.
        """
        self.admit(invite)
        user_id = UserId(self._new_id())
        if self._registration is Registration.INVITE:
            token = opaque.read(invite or "")
            if token is None or not await invites.use(uow, digest_of(token), user_id):
                raise InviteInvalid
        return await self.add(uow, candidate.user(user_id, frozenset({Role.USER}), uow.now), password_hash)

    async def add(self, uow: UnitOfWork, user: User, password_hash: str) -> User:
        """Store a new user.

        Raises:
            EmailTaken.
        """
        if not await accounts.add(uow, user, password_hash):
            raise EmailTaken
        uow.emit(UserRegistered(user.id))
        return user

    async def me(self, uow: UnitOfWork, user_id: UserId) -> User:
        """The user themselves.

        Raises:
            AccountGone.
        """
        return _there(await accounts.find(uow, user_id))

    async def change(self, uow: UnitOfWork, user_id: UserId, *, display_name: str | None, locale: str | None) -> User:
        """Change the profile; None leaves a part as it was.

        Raises:
            AccountGone, DisplayNameInvalid, LocaleInvalid.
        """
        before = _there(await accounts.find(uow, user_id, lock=True))
        user = before.edit(display_name=display_name, locale=locale)
        if user != before:
            await accounts.save(uow, user)
            uow.emit(ProfileChanged(user_id))
        return user

    async def erase(self, uow: UnitOfWork, proof: Proof) -> None:
        """Forget somebody: every row about them goes, here and, by the event, in the other services.

        Raises:
            InvalidCredentials: the password was changed since it was proved.
        """
        if await accounts.lock_unchanged(uow, proof.user_id, proof.seen_hash) is None:
            raise InvalidCredentials(field="password")
        await sessions.end_all(uow, proof.user_id)
        await accounts.erase(uow, proof.user_id)
        uow.emit(UserErased(proof.user_id))

    async def profiles(self, uow: UnitOfWork, user_ids: Sequence[UUID]) -> list[Profile]:
        """The public profiles of those who are there, in the order asked for, each once."""
        found = {profile.id: profile for profile in await accounts.profiles(uow, user_ids)}
        return [found[UserId(user_id)] for user_id in dict.fromkeys(user_ids) if user_id in found]


def _there(user: User | None) -> User:
    if user is None:
        raise AccountGone
    return user
