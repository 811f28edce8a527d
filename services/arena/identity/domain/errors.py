"""What identity refuses. Each refusal has a stable slug; `field` names the part of the request that broke the rule, where there is one."""

from typing import ClassVar


class IdentityError(Exception):
    """A refusal with a stable slug and a sentence for people."""

    slug: ClassVar[str] = "identity-refused"

    def __init__(self, detail: str, *, field: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.retry_after = retry_after


class EmailInvalid(IdentityError):
    """Not an e-mail address."""

    slug = "email-invalid"


class EmailTaken(IdentityError):
    """Somebody has an account with this e-mail address."""

    slug = "email-taken"

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address already: log in instead.", field="email")


class PasswordRefused(IdentityError):
    """Too short, too long, or too easy to guess."""

    slug = "password-refused"


class DisplayNameInvalid(IdentityError):
    """Not a name that can be shown to others."""

    slug = "display-name-invalid"


class LocaleInvalid(IdentityError):
    """Not a language tag."""

    slug = "locale-invalid"


class RoleUnknown(IdentityError):
    """No such role."""

    slug = "role-unknown"


class RegistrationClosed(IdentityError):
    """Nobody can make an account here."""

    slug = "registration-closed"

    def __init__(self) -> None:
        super().__init__("Registration is closed: whoever runs this installation can make an account for you.")


class InviteNeeded(IdentityError):
    """Only invited people can make an account here."""

    slug = "invite-needed"

    def __init__(self) -> None:
        super().__init__("An account needs an invitation: ask whoever runs this installation for one.", field="invite")


class InviteInvalid(IdentityError):
    """The invitation is unknown, used or too old."""

    slug = "invite-invalid"

    def __init__(self) -> None:
        super().__init__("The invitation is not valid, has been used or has expired: ask for a new one.", field="invite")


class InvalidCredentials(IdentityError):
    """Unknown e-mail address or wrong password; which of the two is not told."""

    slug = "invalid-credentials"

    def __init__(self, *, field: str | None = None) -> None:
        super().__init__("The e-mail address or the password is wrong." if field is None else "The password is wrong.", field=field)


class InvalidGrant(IdentityError):
    """The refresh token is unknown, used, revoked or too old."""

    slug = "invalid-grant"

    def __init__(self) -> None:
        super().__init__("The refresh token is not valid any more: log in again.", field="refresh_token")


class UnsupportedGrantType(IdentityError):
    """A grant type that is not offered."""

    slug = "unsupported-grant-type"

    def __init__(self) -> None:
        super().__init__("grant_type is password or refresh_token.", field="grant_type")


class GrantIncomplete(IdentityError):
    """A field that the grant type needs is missing."""

    slug = "grant-incomplete"


class AccountGone(IdentityError):
    """The token is genuine, but its account was erased."""

    slug = "not-authenticated"

    def __init__(self) -> None:
        super().__init__("This account does not exist any more.")


class UserNotFound(IdentityError):
    """No account with this e-mail address."""

    slug = "user-not-found"


class SignInBusy(IdentityError):
    """Too many passwords wait to be checked."""

    slug = "sign-in-busy"

    def __init__(self) -> None:
        super().__init__("Too many people are logging in at this moment; please try again.", retry_after=1.0)
