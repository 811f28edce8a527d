"""What goes in and out of identity's API. What a field may hold the domain decides; passwords and tokens are secrets that do not print."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, model_validator

from arena.chassis.http.fields import Body
from arena.contracts.ids import UserId
from arena.identity.domain.invite import DEFAULT_LIFE, LONGEST_DAYS
from arena.identity.domain.user import Profile, User
from arena.identity.use_cases.administration import MadeInvite
from arena.identity.use_cases.sessions import Grant


class RegistrationIn(Body):
    """Somebody who wants an account."""

    email: str = Field(description="At most 254 characters; letter case does not count.", examples=["ada@example.org"])
    password: SecretStr = Field(description="8 to 256 characters, and not the e-mail address.")
    display_name: str = Field(description="1 to 80 characters that others see.", examples=["Ada"])
    invite: SecretStr | None = Field(None, description="The invitation, where registration is by invitation.")


class UserOut(BaseModel):
    """A user, as they see themselves."""

    id: UUID
    email: str
    display_name: str
    locale: str
    roles: list[str]
    created_at: datetime
    share_name: bool

    @classmethod
    def from_domain(cls, user: User) -> "UserOut":
        """As the API words it."""
        return cls(
            id=user.id,
            email=user.email,
            display_name=user.display_name,
            locale=user.locale,
            roles=sorted(role.value for role in user.roles),
            created_at=user.created_at,
            share_name=user.share_name,
        )


class ProfilePatch(Body):
    """What is to change of the profile; what is left out stays."""

    display_name: str | None = None
    locale: str | None = Field(None, description="Language tag.", examples=["de-AT"])
    share_name: bool | None = Field(
        None, strict=True, description="Whether the name may be shown in the status of battles declared by the host; at first it may not."
    )

    @model_validator(mode="after")
    def _not_null(self) -> "ProfilePatch":
        for name in sorted(self.model_fields_set):
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class PasswordIn(Body):
    """The password in force and the one to come."""

    current: SecretStr
    new: SecretStr = Field(description="8 to 256 characters, and not the e-mail address.")


class ErasureIn(Body):
    """The password, as erasure cannot be undone."""

    password: SecretStr


class ProfileOut(BaseModel):
    """What others see of a user."""

    id: UUID
    display_name: str
    share_name: bool | None = Field(
        None, description="Whether the name may be shown in the status of declared battles; told to services only."
    )


class ProfilesOut(BaseModel):
    """Those who are there, in the order asked for; unknown and erased users are absent."""

    items: list[ProfileOut]

    @classmethod
    def from_domain(cls, profiles: list[Profile], *, consent: bool) -> "ProfilesOut":
        """As the API words them, with their consent or without."""
        return cls(
            items=[
                ProfileOut(id=profile.id, display_name=profile.display_name, share_name=profile.share_name if consent else None)
                for profile in profiles
            ]
        )


class LookupsIn(Body):
    """Whose addresses are these?"""

    emails: list[str] = Field(max_length=100, description="At most 100; letter case does not count.", examples=[["ada@example.org"]])


class LookupOut(BaseModel):
    """Whose an address is."""

    email: str = Field(description="As it was asked for.")
    user_id: UUID


class LookupsOut(BaseModel):
    """Those who are there; addresses of nobody are absent."""

    users: list[LookupOut]

    @classmethod
    def from_domain(cls, found: dict[str, UserId]) -> "LookupsOut":
        """As the API words them."""
        return cls(users=[LookupOut(email=email, user_id=user_id) for email, user_id in found.items()])


class TokenForm(BaseModel):
    """OAuth 2 token request (RFC 6749, 4.3.2 and 6); further parameters are ignored, as the RFC asks."""

    grant_type: str = Field(description="password or refresh_token")
    username: str = Field("", description="The e-mail address (grant_type=password).")
    password: SecretStr = Field(SecretStr(""), description="grant_type=password")
    refresh_token: SecretStr = Field(SecretStr(""), description="grant_type=refresh_token")


class TokenOut(BaseModel):
    """OAuth 2 token answer; times in seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int
    refresh_token: str
    refresh_expires_in: int

    @classmethod
    def from_domain(cls, grant: Grant) -> "TokenOut":
        """As the API words it."""
        return cls(
            access_token=grant.access_token,
            expires_in=grant.expires_in,
            refresh_token=grant.refresh_token,
            refresh_expires_in=grant.refresh_expires_in,
        )


class RevocationForm(BaseModel):
    """OAuth 2 revocation request (RFC 7009, 2.1)."""

    token: SecretStr = Field(description="A refresh token; its whole session ends.")


class InviteIn(Body):
    """How long an invitation is good for."""

    expires_in_days: int = Field(default=DEFAULT_LIFE.days, ge=1, le=LONGEST_DAYS, strict=True)


class InviteOut(BaseModel):
    """An invitation; its token is shown this once."""

    id: UUID
    token: str
    expires_at: datetime

    @classmethod
    def from_domain(cls, made: MadeInvite) -> "InviteOut":
        """As the API words it."""
        return cls(id=made.invite.id, token=made.token, expires_at=made.invite.expires_at)


class Jwk(BaseModel):
    """A public key (RFC 8037)."""

    kty: str
    crv: str
    use: str
    alg: str
    kid: str
    x: str


class JwksOut(BaseModel):
    """The public keys that access tokens are verified with."""

    keys: list[Jwk]
