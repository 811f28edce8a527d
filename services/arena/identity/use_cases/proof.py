"""Proof that somebody knows a password.

Hashing takes long and waits in a queue, so it is done while no transaction is open: credentials are read in one unit of work and
proved after it, and the next one, which acts on the proof, checks under its lock that the password is still the one proved.
"""

from dataclasses import dataclass, field

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import UserId
from arena.identity.domain.errors import AccountGone, InvalidCredentials
from arena.identity.domain.fields import check_password, find_email
from arena.identity.passwords import Passwords
from arena.identity.storage import accounts
from arena.identity.storage.accounts import Credentials


@dataclass(frozen=True, slots=True)
class Proof:
    """Who knows which password; `fresh_hash` is to replace the one seen, if it was made with old parameters."""

    user_id: UserId
    email: str
    seen_hash: str = field(repr=False)
    fresh_hash: str | None = field(repr=False)


async def credentials_by_email(uow: UnitOfWork, email: str) -> Credentials | None:
    """What to prove for a log-in; None when nobody has that address, which must not be told before the same work was done."""
    known = find_email(email)
    return None if known is None else await accounts.credentials_by_email(uow, known)


async def credentials_of(uow: UnitOfWork, user_id: UserId) -> Credentials:
    """What to prove for a user who is logged in.

    Raises:
        AccountGone.
    """
    credentials = await accounts.credentials_of(uow, user_id)
    if credentials is None:
        raise AccountGone
    return credentials


async def prove(passwords: Passwords, credentials: Credentials | None, password: str, *, part: str | None = None) -> Proof:
    """Check a password, in the same time and with the same answer whether the address or the password is wrong.

    `part` names the password in the request, for a user who is logged in.

    Raises:
        InvalidCredentials, SignInBusy.
    """
    match = await passwords.match(credentials.password_hash if credentials else None, password)
    if credentials is None or not match.right:
        raise InvalidCredentials(field=part)
    return Proof(credentials.user_id, credentials.email, credentials.password_hash, match.fresh_hash)


async def hash_new_password(passwords: Passwords, proof: Proof, password: str) -> str:
    """The hash of the password that somebody chooses in place of the one proved.

    Raises:
        PasswordRefused, SignInBusy.
    """
    check_password(password, proof.email, field="new")
    return await passwords.hash(password)
