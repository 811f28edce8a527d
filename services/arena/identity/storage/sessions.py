"""SQL of sessions and refresh tokens. Locks are taken in the order account, session."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import UserId
from arena.identity.domain.session import Session

_SESSION = "id, user_id, current, previous, sealed, created_at, rotated_at, expires_at"
_SWEEP = 20
"""Expired sessions removed on the occasion of a new one: more than one, so that none stay for ever."""


async def add(uow: UnitOfWork, session: Session) -> None:
    """Insert a session with its first token."""
    await uow.connection.execute(
        text(
            f"insert into session ({_SESSION}) values (:id, :user_id, :current, :previous, :sealed, :created_at, :rotated_at, :expires_at)"
        ),
        _row(session),
    )
    await _add_token(uow, session)


async def lock_by_token(uow: UnitOfWork, digest: bytes) -> Session | None:
    """The session a token belongs to, locked; None when it has ended."""
    rows = await uow.connection.execute(
        text(
            f"select {', '.join('s.' + column for column in _SESSION.split(', '))} from refresh_token t "
            "join session s on s.id = t.session_id where t.digest = :digest for no key update of s"
        ),
        {"digest": digest},
    )
    row = rows.first()
    return None if row is None else Session(*row)


async def save_rotated(uow: UnitOfWork, session: Session, forget_before: datetime) -> None:
    """Store a session with its new token; tokens issued before `forget_before` need not be recognised any more."""
    await uow.connection.execute(
        text(
            "update session set current = :current, previous = :previous, sealed = :sealed, rotated_at = :rotated_at, "
            "expires_at = :expires_at where id = :id"
        ),
        _row(session),
    )
    await _add_token(uow, session)
    await uow.connection.execute(
        text("delete from refresh_token where session_id = :id and issued_at < :before"), {"id": session.id, "before": forget_before}
    )


async def end(uow: UnitOfWork, session_id: UUID) -> None:
    """End one session."""
    await uow.connection.execute(text("delete from session where id = :id"), {"id": session_id})


async def end_all(uow: UnitOfWork, user_id: UserId) -> None:
    """End every session of a user."""
    await uow.connection.execute(text("delete from session where user_id = :user"), {"user": user_id})


async def sweep(uow: UnitOfWork) -> None:
    """Remove some sessions that have expired, whoever's they are."""
    await uow.connection.execute(
        text(
            "delete from session where id in "
            "(select id from session where expires_at <= :now order by expires_at limit :limit for update skip locked)"
        ),
        {"now": uow.now, "limit": _SWEEP},
    )


async def _add_token(uow: UnitOfWork, session: Session) -> None:
    await uow.connection.execute(
        text("insert into refresh_token (digest, session_id, issued_at) values (:digest, :session, :at)"),
        {"digest": session.current, "session": session.id, "at": session.rotated_at},
    )


def _row(session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "user_id": session.user_id,
        "current": session.current,
        "previous": session.previous,
        "sealed": session.sealed,
        "created_at": session.created_at,
        "rotated_at": session.rotated_at,
        "expires_at": session.expires_at,
    }
