"""What whoever runs the installation does: invitations over the API, the rest offline by `arena user` in the same unit of work."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import UserId
from arena.identity.domain import opaque
from arena.identity.domain.errors import UserNotFound
from arena.identity.domain.fields import check_email, check_password
from arena.identity.domain.invite import DEFAULT_LIFE, Invite
from arena.identity.domain.user import User, check_candidate, check_roles
from arena.identity.passwords import Passwords
from arena.identity.storage import accounts, invites, sessions
from arena.identity.use_cases.accounts import add_user


class MadeInvite(NamedTuple):
    """An invitation with its token, which is shown this once."""

    invite: Invite
    token: str


class Administration:
    """What an administrator can do."""

    def __init__(self, passwords: Passwords, new_id: Callable[[], UUID], new_secret: Callable[[], bytes]) -> None:
        self._passwords = passwords
        self._new_id = new_id
        self._new_secret = new_secret

    async def create(self, uow: UnitOfWork, email: str, password: str, display_name: str, roles: Iterable[str] = ()) -> User:
        """Give somebody an account, whatever the rule for registration.

        Raises:
            EmailInvalid, PasswordRefused, DisplayNameInvalid, RoleUnknown, EmailTaken.
        """
        candidate = check_candidate(email, password, display_name)
        user = candidate.user(UserId(self._new_id()), check_roles(roles), uow.now)
        await add_user(uow, user, await self._passwords.hash(password))
        return user

    async def reset_password(self, uow: UnitOfWork, email: str, password: str) -> User:
        """Set somebody's password and end their sessions.

        Raises:
            UserNotFound, PasswordRefused.
        """
        user = await self._user(uow, email)
        check_password(password, user.email)
        await accounts.set_password_hash(uow, user.id, await self._passwords.hash(password))
        await sessions.end_all(uow, user.id)
        return user

    async def set_roles(self, uow: UnitOfWork, email: str, roles: Iterable[str]) -> User:
        """Give somebody these roles in place of those they had; access tokens given out before keep the old ones for up to 15 minutes.

        Raises:
            UserNotFound, RoleUnknown.
        """
        wanted = check_roles(roles)
        user = (await self._user(uow, email)).with_roles(wanted)
        await accounts.save(uow, user)
        return user

    async def list_users(self, uow: UnitOfWork, *, after: UserId | None = None, limit: int = 200) -> list[User]:
        """Users by age, from `after` on."""
        return await accounts.listing(uow, after=after, limit=limit)

    async def invite(self, uow: UnitOfWork, created_by: UserId | None, life: timedelta = DEFAULT_LIFE) -> MadeInvite:
        """Make an invitation that admits one person; `created_by` is None offline."""
        token = self._new_secret()
        made = Invite.make(self._new_id(), token, created_by, uow.now, life)
        await invites.add(uow, made)
        return MadeInvite(made, opaque.show(token))

    async def _user(self, uow: UnitOfWork, email: str) -> User:
        user = await accounts.find_by_email(uow, check_email(email), lock=True)
        if user is None:
            raise UserNotFound("There is no account with this e-mail address.", field="email")
        return user
