"""Idempotency-Key: a repeated request gets the first one's answer and does nothing (draft-ietf-httpapi-idempotency-key-header).

The key is claimed as the first statement of the unit of work and the answer stored as its last,
so both are durable exactly when the effect is.

A concurrent duplicate waits at the claim until the first has committed or rolled back. Refusals are not kept: they had no effect.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from fastapi import Request, Response
from sqlalchemy import text
from starlette.datastructures import UploadFile

from arena.chassis.core.errors import IdempotencyKeyReused, MalformedRequest
from arena.chassis.db.unit_of_work import UnitOfWork

HEADER: Final = "Idempotency-Key"
METHODS: Final = frozenset({"POST", "PATCH", "DELETE"})
_LONGEST: Final = 255
_CHUNK: Final = 1024 * 1024
_CLAIM = text("""
insert into idempotency_key (principal, key, request_hash) values (:principal, :key, :request_hash)
on conflict (principal, key) do nothing returning true""")
_FIND = text("select request_hash, status, body from idempotency_key where principal = :principal and key = :key")
_KEEP = text("update idempotency_key set status = :status, body = :body where principal = :principal and key = :key")
_DROP = text("delete from idempotency_key where principal = :principal and key = :key")
_FORGET = text("delete from idempotency_key where created_at < :before")


class Replayed(Exception):
    """The request was answered before: not an error, but the way past the endpoint."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self._status = status
        self._body = body

    def response(self) -> Response:
        """The first answer again, and a header that says so."""
        headers = {"idempotency-replayed": "true"}
        return Response(self._body or None, self._status, headers, "application/json" if self._body else None)


@dataclass(slots=True)
class Answer:
    """Where the route puts the answer for the door to store."""

    status: int = 0
    body: bytes = b""
    secret: bool = False

    def keep(self, response: Response) -> None:
        """Note it; what is marked no-store (tokens) will not be kept."""
        self.status = response.status_code
        self.body = bytes(response.body)
        self.secret = "no-store" in response.headers.get("cache-control", "")


@dataclass(frozen=True, slots=True)
class Claim:
    """A key on its way through one unit of work."""

    principal: str
    key: str
    request_hash: str

    async def open(self, uow: UnitOfWork) -> None:
        """Claim the key; waits while another request holds it.

        Raises:
            Replayed: the same request was answered before.
            IdempotencyKeyReused: another request came with this key.
        """
        if (await uow.connection.execute(_CLAIM, self._row)).scalar():
            return
        known = (await uow.connection.execute(_FIND, self._row)).one()
        if known.request_hash != self.request_hash:
            raise IdempotencyKeyReused(
                "This Idempotency-Key came before with another request; use a new key for a new request.", field=HEADER
            )
        raise Replayed(known.status, bytes(known.body))

    async def close(self, uow: UnitOfWork, answer: Answer) -> None:
        """Store the answer, in the transaction of its effect."""
        if not answer.status:
            raise RuntimeError("the route did not show its answer: build it on chassis.http.route.Router")
        if answer.secret:
            await uow.connection.execute(_DROP, self._row)
        else:
            await uow.connection.execute(_KEEP, {**self._row, "status": answer.status, "body": answer.body})

    @property
    def _row(self) -> dict[str, Any]:
        return {"principal": self.principal, "key": self.key, "request_hash": self.request_hash}


def key_of(request: Request) -> str | None:
    """The key, if the method takes one and one came.

    Raises:
        MalformedRequest: it is not 1 to 255 printable ASCII characters.
    """
    key = request.headers.get(HEADER)
    if key is None or request.method not in METHODS:
        return None
    if not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        raise MalformedRequest(f"{HEADER} is 1 to {_LONGEST} printable ASCII characters.", field=HEADER)
    return key


async def hash_of(request: Request) -> str:
    """What makes two requests the same: method, address, content (of a form its fields and files, as the boundary always differs)."""
    digest = blake2b(digest_size=16)
    for part in (request.method, request.url.path, request.url.query):
        digest.update(part.encode() + b"\n")
    if "form" not in request.headers.get("content-type", ""):
        digest.update(await request.body())
        return digest.hexdigest()
    for name, value in (await request.form()).multi_items():
        digest.update(name.encode() + b"\n")
        if isinstance(value, UploadFile):
            while chunk := await value.read(_CHUNK):
                digest.update(chunk)
            await value.seek(0)
        else:
            digest.update(value.encode())
    return digest.hexdigest()


async def forget_keys(uow: UnitOfWork, before: datetime) -> int:
    """Delete keys older than that instant; how many."""
    return (await uow.connection.execute(_FORGET, {"before": before})).rowcount
