"""What identity's routes ask for: the constructed parts, and a password proved before the unit of work of the route is opened."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Form, Request, Response

from arena.chassis.db.unit_of_work import UnitOfWork, Units
from arena.chassis.http.auth import CurrentUser
from arena.chassis.http.rate_limits import count_sign_in
from arena.contracts.ids import UserId
from arena.identity.domain.errors import GrantIncomplete, UnsupportedGrantType
from arena.identity.keys import SigningKeys
from arena.identity.passwords import Passwords
from arena.identity.schemas import ErasureIn, PasswordIn, RegistrationIn, TokenForm
from arena.identity.use_cases.accounts import Accounts, Application
from arena.identity.use_cases.administration import Administration
from arena.identity.use_cases.proof import Proof, credentials_by_email, credentials_of, hash_new_password, prove
from arena.identity.use_cases.sessions import Sessions

PREFIX: Final = "/api/identity"


@dataclass(frozen=True, slots=True)
class Identity:
    """The service's parts, on `app.state.identity`."""

    accounts: Accounts
    sessions: Sessions
    administration: Administration
    passwords: Passwords
    keys: SigningKeys


async def _identity(request: Request) -> Identity:
    identity: Identity = request.app.state.identity
    return identity


IdentityDep = Annotated[Identity, Depends(_identity)]


async def _not_stored(response: Response) -> None:
    response.headers["cache-control"] = "no-store"


NotStored: Final = Depends(_not_stored)
"""For answers to secrets: neither caches nor the table of idempotency keys (which would hold a fast hash of the request) keep them."""


async def _application(body: RegistrationIn, identity: IdentityDep) -> Application:
    invite = body.invite.get_secret_value() if body.invite else None
    return await identity.accounts.apply(body.email, body.password.get_secret_value(), body.display_name, invite)


async def _sign_in(request: Request, form: Annotated[TokenForm, Form()], identity: IdentityDep) -> Proof | str:
    """What the form proves: a password, or at least a refresh token to look at."""
    if form.grant_type == "refresh_token":
        return _given("refresh_token", form.refresh_token.get_secret_value())
    if form.grant_type != "password":
        raise UnsupportedGrantType
    email, password = _given("username", form.username), _given("password", form.password.get_secret_value())
    count_sign_in(request)
    async with _reading(request) as uow:
        credentials = await credentials_by_email(uow, email)
    return await prove(identity.passwords, credentials, password)


async def _proved_again(request: Request, user: CurrentUser, body: ErasureIn, identity: IdentityDep) -> Proof:
    return await _prove_again(request, user.user_id, body.password.get_secret_value(), identity, part="password")


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The old password proved, the new one hashed."""

    proof: Proof
    password_hash: str


async def _password_change(request: Request, user: CurrentUser, body: PasswordIn, identity: IdentityDep) -> PasswordChange:
    proof = await _prove_again(request, user.user_id, body.current.get_secret_value(), identity, part="current")
    return PasswordChange(proof, await hash_new_password(identity.passwords, proof, body.new.get_secret_value()))


async def _prove_again(request: Request, user_id: UUID, password: str, identity: Identity, *, part: str) -> Proof:
    count_sign_in(request)
    async with _reading(request) as uow:
        credentials = await credentials_of(uow, UserId(user_id))
    return await prove(identity.passwords, credentials, password, part=part)


def _reading(request: Request) -> AbstractAsyncContextManager[UnitOfWork]:
    units: Units = request.app.state.units
    return units.begin(read_only=True)


def _given(name: str, value: str) -> str:
    if not value:
        raise GrantIncomplete(f"This grant_type needs {name}.", field=name)
    return value


NewAccount = Annotated[Application, Depends(_application)]
SignIn = Annotated[Proof | str, Depends(_sign_in)]
ProvedAgain = Annotated[Proof, Depends(_proved_again)]
NewPassword = Annotated[PasswordChange, Depends(_password_change)]
