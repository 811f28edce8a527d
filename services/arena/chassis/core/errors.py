"""Errors with a name that programs can rely on.

A pure domain need not import this: any exception with a `slug` is a named error (see `Named`),
and each service maps slugs to HTTP statuses in one table.
"""

from typing import ClassVar, Protocol, runtime_checkable


@runtime_checkable
class Named(Protocol):
    """What makes an exception a named error; `detail`, `field` and `retry_after` are looked for as well."""

    slug: str


class DomainError(Exception):
    """An expected refusal.

    Attributes:
        slug: stable name, words joined by hyphens.
        detail: one sentence for people.
        field: the part of the request at fault, dotted, if one is.
        retry_after: seconds after which the same request may succeed, if it may.
    """

    slug: ClassVar[str] = "refused"

    def __init__(self, detail: str, *, field: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.retry_after = retry_after


class NotAuthenticated(DomainError):
    """Nobody, or nobody known, is asking."""

    slug = "not-authenticated"


class Forbidden(DomainError):
    """Known, but not allowed."""

    slug = "forbidden"


class CsrfCheckFailed(DomainError):
    """A cookie came without the proof that our own page sent it."""

    slug = "csrf-check-failed"


class NotFound(DomainError):
    """There is no such thing, or it is somebody else's."""

    slug = "not-found"


class MalformedRequest(DomainError):
    """The request cannot be read at all."""

    slug = "malformed-request"


class ValidationFailed(DomainError):
    """The request was read, and a value in it breaks a rule."""

    slug = "validation-failed"


class UnsupportedMediaType(DomainError):
    """The body is of a kind this route does not read."""

    slug = "unsupported-media-type"


class InvalidCursor(DomainError):
    """The cursor was not made by this list."""

    slug = "cursor-invalid"


class IdempotencyKeyReused(DomainError):
    """The key came before with another request."""

    slug = "idempotency-key-reused"


class TooManyRequests(DomainError):
    """A rate limit is used up."""

    slug = "too-many-requests"


class UpstreamUnavailable(DomainError):
    """A service that was called gave no usable answer in time."""

    slug = "upstream-unavailable"


class DeadlineExceeded(DomainError):
    """The time allowed for the request is over."""

    slug = "deadline-exceeded"
