"""SQL of invitations."""

from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.contracts.ids import UserId
from arena.identity.domain.invite import Invite


async def add(uow: UnitOfWork, invite: Invite) -> None:
    """Insert an invitation."""
    await uow.connection.execute(
        text(
            "insert into invite (id, digest, created_by, created_at, expires_at) "
            "values (:id, :digest, :created_by, :created_at, :expires_at)"
        ),
        {
            "id": invite.id,
            "digest": invite.digest,
            "created_by": invite.created_by,
            "created_at": invite.created_at,
            "expires_at": invite.expires_at,
        },
    )


async def use(uow: UnitOfWork, digest: bytes, user_id: UserId) -> bool:
    """Use an invitation up; False when it is unknown, used or expired. Of two at once the second waits, then finds it used."""
    rows = await uow.connection.execute(
        text(
            "update invite set used_at = :now, used_by = :user "
            "where digest = :digest and used_at is null and expires_at > :now returning id"
        ),
        {"now": uow.now, "user": user_id, "digest": digest},
    )
    return rows.first() is not None
