"""SQL of accounts."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import UserId
from arena.identity.domain.user import Profile, Role, User

_USER = "id, email, display_name, locale, roles, created_at, share_name"


class Credentials(NamedTuple):
    """What a password is checked against."""

    user_id: UserId
    email: str
    password_hash: str


async def add(uow: UnitOfWork, user: User, password_hash: str) -> bool:
    """Insert a user; False when the e-mail address is taken."""
    rows = await uow.connection.execute(
        text(
            f"insert into account ({_USER}, password_hash) values (:id, :email, :display_name, :locale, :roles, :created_at, "
            ":share_name, :password_hash) on conflict (email) do nothing returning id"
        ),
        _row(user) | {"password_hash": password_hash},
    )
    return rows.first() is not None


async def save(uow: UnitOfWork, user: User) -> None:
    """Store what may change of a user."""
    await uow.connection.execute(
        text("update account set display_name = :display_name, locale = :locale, roles = :roles, share_name = :share_name where id = :id"),
        _row(user),
    )


async def find(uow: UnitOfWork, user_id: UserId, *, lock: bool = False) -> User | None:
    """The user of that id."""
    query = f"select {_USER} from account where id = :id" + (" for no key update" if lock else "")
    row = (await uow.connection.execute(text(query), {"id": user_id})).first()
    return None if row is None else _user(row)


async def find_by_email(uow: UnitOfWork, email: str, *, lock: bool = False) -> User | None:
    """The user with that (normalised) e-mail address."""
    query = f"select {_USER} from account where email = :email" + (" for no key update" if lock else "")
    row = (await uow.connection.execute(text(query), {"email": email})).first()
    return None if row is None else _user(row)


async def listing(uow: UnitOfWork, *, after: UserId | None, limit: int) -> list[User]:
    """Users by age, from `after` on."""
    rows = await uow.connection.execute(
        text(f"select {_USER} from account where (cast(:after as uuid) is null or id > :after) order by id limit :limit"),
        {"after": after, "limit": limit},
    )
    return [_user(row) for row in rows]


async def profiles(uow: UnitOfWork, user_ids: Sequence[UUID]) -> list[Profile]:
    """The public profiles of those who are there, in no order."""
    rows = await uow.connection.execute(
        text("select id, display_name, share_name from account where id = any(:ids)"), {"ids": list(user_ids)}
    )
    return [Profile(UserId(row.id), row.display_name, row.share_name) for row in rows]


async def ids_by_email(uow: UnitOfWork, emails: Sequence[str]) -> dict[str, UserId]:
    """Whose these (normalised) e-mail addresses are; those of nobody are absent."""
    rows = await uow.connection.execute(text("select email, id from account where email = any(:emails)"), {"emails": list(emails)})
    return {row.email: UserId(row.id) for row in rows}


async def credentials_by_email(uow: UnitOfWork, email: str) -> Credentials | None:
    """What to check the password of that address against."""
    rows = await uow.connection.execute(text("select id, email, password_hash from account where email = :email"), {"email": email})
    row = rows.first()
    return None if row is None else Credentials(*row)


async def credentials_of(uow: UnitOfWork, user_id: UserId) -> Credentials | None:
    """What to check the password of that user against."""
    rows = await uow.connection.execute(text("select id, email, password_hash from account where id = :id"), {"id": user_id})
    row = rows.first()
    return None if row is None else Credentials(*row)


async def lock_unchanged(uow: UnitOfWork, user_id: UserId, password_hash: str) -> User | None:
    """The user, locked, if their password hash is still this one."""
    rows = await uow.connection.execute(
        text(f"select {_USER} from account where id = :id and password_hash = :hash for no key update"),
        {"id": user_id, "hash": password_hash},
    )
    row = rows.first()
    return None if row is None else _user(row)


async def set_password_hash(uow: UnitOfWork, user_id: UserId, password_hash: str) -> None:
    """Replace a password hash."""
    await uow.connection.execute(text("update account set password_hash = :hash where id = :id"), {"id": user_id, "hash": password_hash})


async def erase(uow: UnitOfWork, user_id: UserId) -> None:
    """Delete every row about a user: account and sessions, and the stored answers, which may hold name and address."""
    await uow.connection.execute(text("delete from account where id = :id"), {"id": user_id})
    await uow.connection.execute(
        text("delete from idempotency_key where principal = :principal and status is not null"), {"principal": str(user_id)}
    )


def _user(row: Any) -> User:
    roles = frozenset(Role(name) for name in row.roles)
    return User(row.id, row.email, row.display_name, row.locale, roles, row.created_at, row.share_name)


def _row(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "display_name": user.display_name,
        "locale": user.locale,
        "roles": sorted(role.value for role in user.roles),
        "created_at": user.created_at,
        "share_name": user.share_name,
    }
