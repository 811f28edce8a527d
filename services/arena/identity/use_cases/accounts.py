"""Registration, the profile, erasure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
from arena.identity.domain.fields import find_email
from arena.identity.domain.session import digest_of
from arena.identity.domain.user import Candidate, Profile, Role, User, check_candidate
from arena.identity.passwords import Passwords
from arena.identity.storage import accounts, invites, sessions
from arena.identity.use_cases.proof import Proof


@dataclass(frozen=True, slots=True)
class Application:
    """An acceptable wish for an account, its password hashed."""

    candidate: Candidate
    password_hash: str = field(repr=False)
    invite: str | None = field(repr=False)


class Accounts:
    """What can be done with accounts."""

    def __init__(self, registration: Registration, passwords: Passwords, new_id: Callable[[], UUID]) -> None:
        self._registration = registration
        self._passwords = passwords
        self._new_id = new_id

    async def apply(self, email: str, password: str, display_name: str, invite: str | None) -> Application:
        """Check a wish for an account and hash its password, which is done while no transaction is open.

        Raises:
            RegistrationClosed, InviteNeeded, EmailInvalid, PasswordRefused, DisplayNameInvalid, SignInBusy.
        """
        if self._registration is Registration.CLOSED:
            raise RegistrationClosed
        if self._registration is Registration.INVITE and not invite:
            raise InviteNeeded
        candidate = check_candidate(email, password, display_name)
        return Application(candidate, await self._passwords.hash(password), invite)

    async def register(self, uow: UnitOfWork, application: Application) -> User:
        """Give somebody an account; where registration is by invitation, that uses the invitation up.

        Raises:
            InviteInvalid, EmailTaken.
        """
        user = application.candidate.user(UserId(self._new_id()), frozenset({Role.USER}), uow.now)
        if self._registration is Registration.INVITE:
            token = opaque.read(application.invite or "")
            if token is None or not await invites.use(uow, digest_of(token), user.id):
                raise InviteInvalid
        await add_user(uow, user, application.password_hash)
        return user

    async def me(self, uow: UnitOfWork, user_id: UserId) -> User:
        """The user themselves.

        Raises:
            AccountGone.
        """
        return _there(await accounts.find(uow, user_id))

    async def change(
        self, uow: UnitOfWork, user_id: UserId, *, display_name: str | None, locale: str | None, share_name: bool | None
    ) -> User:
        """Change the profile; None leaves a part as it was.

        Raises:
            AccountGone, DisplayNameInvalid, LocaleInvalid.
        """
        before = _there(await accounts.find(uow, user_id, lock=True))
        user = before.edit(display_name=display_name, locale=locale, share_name=share_name)
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

    async def lookups(self, uow: UnitOfWork, emails: Sequence[str]) -> dict[str, UserId]:
        """Whose these e-mail addresses are, by the address as it was given; those of nobody are absent."""
        kept = {given: email for given in dict.fromkeys(emails) if (email := find_email(given)) is not None}
        found = await accounts.ids_by_email(uow, list(kept.values()))
        return {given: found[email] for given, email in kept.items() if email in found}


async def add_user(uow: UnitOfWork, user: User, password_hash: str) -> None:
    """Store a new user.

    Raises:
        EmailTaken.
    """
    if not await accounts.add(uow, user, password_hash):
        raise EmailTaken
    uow.emit(UserRegistered(user.id))


def _there(user: User | None) -> User:
    if user is None:
        raise AccountGone
    return user
