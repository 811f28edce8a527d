"""SQL of the resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from arena.chassis.db.unit_of_work import UnitOfWork
from arena_operator.reconcile.actions import Notice

RESOURCE_DUE = "resource.reconcile"
"""The kind of due time at which a resource is looked at; its key is the uid."""

_COLUMNS = (
    "uid, kind, namespace, name, generation, resource_version, labels, annotations, finalizers, owner, spec, status, "
    "created_at, deleting_since, failures"
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as it is kept; `generation` counts the changes of its spec, `resource_version` all changes."""

    uid: UUID
    kind: str
    namespace: str
    name: str
    generation: int
    resource_version: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    finalizers: tuple[str, ...]
    owner: UUID | None
    spec: Mapping[str, Any]
    status: Mapping[str, Any]
    created_at: datetime
    deleting_since: datetime | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was told about a resource, and how often."""

    reason: str
    message: str
    warning: bool
    times: int
    first_at: datetime
    last_at: datetime


async def lock(uow: UnitOfWork, kind: str, namespace: str, name: str) -> Resource | None:
    """A resource by its name, held until the transaction ends."""
    return await _one(uow, "kind = :kind and namespace = :namespace and name = :name for update", kind=kind, namespace=namespace, name=name)


async def lock_by_uid(uow: UnitOfWork, uid: UUID) -> Resource | None:
    """A resource by its number, held until the transaction ends."""
    return await _one(uow, "uid = :uid for update", uid=uid)


async def take(uow: UnitOfWork, uid: UUID) -> Resource | None:
    """A resource by its number, held; None when it is gone or somebody else holds it."""
    return await _one(uow, "uid = :uid for update skip locked", uid=uid)


async def is_there(uow: UnitOfWork, uid: UUID) -> bool:
    """Whether there is a resource of that number."""
    return await uow.connection.scalar(text("select exists (select from resource where uid = :uid)"), {"uid": uid}) is True


async def find(uow: UnitOfWork, kind: str, namespace: str, name: str) -> Resource | None:
    """A resource by its name."""
    return await _one(uow, "kind = :kind and namespace = :namespace and name = :name", kind=kind, namespace=namespace, name=name)


async def listing(uow: UnitOfWork, kind: str, namespace: str | None) -> list[Resource]:
    """All of a kind, in one namespace or in all."""
    rows = await uow.connection.execute(
        text(
            f"select {_COLUMNS} from resource where kind = :kind and (cast(:namespace as text) is null or namespace = :namespace) "
            "order by namespace, name"
        ),
        {"kind": kind, "namespace": namespace},
    )
    return [_resource(row) for row in rows]


async def children(uow: UnitOfWork, owner: UUID) -> list[Resource]:
    """The resources that a resource owns (the battles of a series)."""
    rows = await uow.connection.execute(text(f"select {_COLUMNS} from resource where owner = :owner order by name"), {"owner": owner})
    return [_resource(row) for row in rows]


async def save(uow: UnitOfWork, resource: Resource) -> None:
    """Insert or update the row."""
    await uow.connection.execute(
        text(
            f"insert into resource ({_COLUMNS}) values (:uid, :kind, :namespace, :name, :generation, :resource_version, "
            "cast(:labels as json), cast(:annotations as json), :finalizers, :owner, cast(:spec as json), cast(:status as json), "
            ":created_at, :deleting_since, :failures) on conflict (uid) do update set generation = excluded.generation, "
            "resource_version = excluded.resource_version, labels = excluded.labels, annotations = excluded.annotations, "
            "finalizers = excluded.finalizers, spec = excluded.spec, status = excluded.status, "
            "deleting_since = excluded.deleting_since, failures = excluded.failures"
        ),
        {
            name: _json(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
            for name, value in ((name, getattr(resource, name)) for name in Resource.__slots__)
        },
    )


async def remove(uow: UnitOfWork, uid: UUID) -> None:
    """Delete the row with everything it owns."""
    await uow.connection.execute(text("delete from resource where uid = :uid"), {"uid": uid})


async def owned(uow: UnitOfWork, owner: UUID) -> dict[str, Mapping[str, Any]]:
    """What a resource owns beside other resources, by `Kind/name`."""
    rows = await uow.connection.execute(text("select kind, name, manifest from owned where owner = :owner"), {"owner": owner})
    return {f"{row.kind}/{row.name}": row.manifest for row in rows}


async def find_owned(uow: UnitOfWork, kind: str, namespace: str, name: str) -> Mapping[str, Any] | None:
    """Something owned, by its own name."""
    rows = await uow.connection.execute(
        text(
            "select o.manifest from owned o join resource r on r.uid = o.owner "
            "where o.kind = :kind and r.namespace = :namespace and o.name = :name"
        ),
        {"kind": kind, "namespace": namespace, "name": name},
    )
    row = rows.first()
    return None if row is None else dict(row.manifest)


async def is_taken(uow: UnitOfWork, owner: UUID, kind: str, namespace: str, name: str) -> bool:
    """Whether another resource owns something of that name."""
    taken = text(
        "select exists (select from owned o join resource r on r.uid = o.owner "
        "where o.kind = :kind and r.namespace = :namespace and o.name = :name and o.owner <> :owner)"
    )
    return await uow.connection.scalar(taken, {"owner": owner, "kind": kind, "namespace": namespace, "name": name}) is True


async def keep_owned(uow: UnitOfWork, owner: UUID, kind: str, name: str, manifest: Mapping[str, object]) -> None:
    """Insert or replace something owned."""
    await uow.connection.execute(
        text(
            "insert into owned (owner, kind, name, manifest) values (:owner, :kind, :name, cast(:manifest as json)) "
            "on conflict (owner, kind, name) do update set manifest = excluded.manifest"
        ),
        {"owner": owner, "kind": kind, "name": name, "manifest": _json(manifest)},
    )


async def drop_owned(uow: UnitOfWork, owner: UUID, kind: str, name: str) -> None:
    """Delete something owned."""
    await uow.connection.execute(
        text("delete from owned where owner = :owner and kind = :kind and name = :name"), {"owner": owner, "kind": kind, "name": name}
    )


async def tell(uow: UnitOfWork, owner: UUID, notices: Sequence[Notice]) -> None:
    """Keep what was told; the same words again count up."""
    for notice in notices:
        await uow.connection.execute(
            text(
                "insert into notice (owner, reason, message, warning, first_at, last_at) "
                "values (:owner, :reason, :message, :warning, :at, :at) "
                "on conflict (owner, reason, message) do update set times = notice.times + 1, last_at = excluded.last_at"
            ),
            {"owner": owner, "reason": notice.reason, "message": notice.message, "warning": notice.warning, "at": uow.now},
        )


async def told(uow: UnitOfWork, owner: UUID) -> list[Told]:
    """What was told about a resource, the newest last."""
    rows = await uow.connection.execute(
        text("select reason, message, warning, times, first_at, last_at from notice where owner = :owner order by last_at, reason"),
        {"owner": owner},
    )
    return [Told(*row) for row in rows]


async def _one(uow: UnitOfWork, where: str, **values: Any) -> Resource | None:
    row = (await uow.connection.execute(text(f"select {_COLUMNS} from resource where {where}"), values)).first()
    return None if row is None else _resource(row)


def _resource(row: Any) -> Resource:
    return Resource(**{**row._asdict(), "finalizers": tuple(row.finalizers)})


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
