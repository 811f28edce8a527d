"""A user, and what makes up one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from arena.contracts.ids import UserId
from arena.identity.domain.errors import RoleUnknown
from arena.identity.domain.fields import DEFAULT_LOCALE, check_display_name, check_email, check_locale, check_password


class Role(StrEnum):
    """What somebody may do: everybody is a user, an arbiter judges battles, an admin runs the installation."""

    USER = "user"
    ARBITER = "arbiter"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account; the password is not part of it."""

    id: UserId
    email: str
    display_name: str
    locale: str
    roles: frozenset[Role]
    created_at: datetime
    share_name: bool = False
    """Whether their name may be shown outside of the battles they are in: in the status of battles that the host declares."""

    def edit(self, *, display_name: str | None = None, locale: str | None = None, share_name: bool | None = None) -> "User":
        """The user with another display name, locale or consent; None leaves it as it was.

        Raises:
            DisplayNameInvalid, LocaleInvalid.
        """
        return replace(
            self,
            display_name=self.display_name if display_name is None else check_display_name(display_name),
            locale=self.locale if locale is None else check_locale(locale),
            share_name=self.share_name if share_name is None else share_name,
        )

    def with_roles(self, roles: frozenset[Role]) -> "User":
        """The user with these roles in place of those they had."""
        return replace(self, roles=roles)


@dataclass(frozen=True, slots=True)
class Profile:
    """What everybody may see of a user, and whether it may be shown further."""

    id: UserId
    display_name: str
    share_name: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody about to get an account; everything but the password is in the form that is kept."""

    email: str
    display_name: str
    locale: str = DEFAULT_LOCALE

    def user(self, user_id: UserId, roles: frozenset[Role], at: datetime) -> User:
        """The user they become."""
        return User(user_id, self.email, self.display_name, self.locale, roles, at)


def check_candidate(email: str, password: str, display_name: str) -> Candidate:
    """Who wants an account, if all they give is acceptable.

    Raises:
        EmailInvalid, PasswordRefused, DisplayNameInvalid.
    """
    candidate = Candidate(check_email(email), check_display_name(display_name))
    check_password(password, candidate.email)
    return candidate


def check_roles(names: Iterable[str]) -> frozenset[Role]:
    """The roles of these names; everybody is a user.

    Raises:
        RoleUnknown.
    """
    wanted = frozenset(names)
    if unknown := sorted(wanted - {role.value for role in Role}):
        raise RoleUnknown(f"{', '.join(unknown)} is not a role; the roles are {', '.join(Role)}.", field="roles")
    return frozenset({Role.USER, *(Role(name) for name in wanted)})
