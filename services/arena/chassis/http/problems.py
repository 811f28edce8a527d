"""Everything wrong leaves as RFC 9457 problem+json with a stable slug in `type`; the status comes from one table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from arena.chassis.core.errors import Named
from arena.chassis.http.database_errors import slug_of_database_error

TYPE_BASE: Final = "https://habitarena.io/problems/"
MEDIA_TYPE: Final = "application/problem+json"

CHASSIS_PROBLEMS: Final[Mapping[str, int]] = {
    "malformed-request": 400,
    "not-authenticated": 401,
    "forbidden": 403,
    "csrf-check-failed": 403,
    "not-found": 404,
    "not-parked": 404,
    "method-not-allowed": 405,
    "conflict": 409,
    "not-the-first": 409,
    "body-too-large": 413,
    "unsupported-media-type": 415,
    "validation-failed": 422,
    "cursor-invalid": 422,
    "idempotency-key-reused": 422,
    "too-many-requests": 429,
    "internal-error": 500,
    "upstream-unavailable": 503,
    "database-unavailable": 503,
    "try-again": 503,
    "deadline-exceeded": 504,
    "storage-full": 507,
}
"""400 is for what cannot be read, 422 for what was read and breaks a rule."""

_SLUG_OF_STATUS: Final = {
    400: "malformed-request",
    401: "not-authenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
} | {
    409: "conflict",
    413: "body-too-large",
    415: "unsupported-media-type",
    422: "validation-failed",
    429: "too-many-requests",
}
_SENTENCES: Final = {
    "database-unavailable": "The database cannot be reached just now. Nothing was stored; please try again.",
    "try-again": "Somebody else was changing the same thing. Nothing was stored; please try again.",
    "storage-full": "The disk of the database is full. Nothing was stored; whoever runs this installation must make room.",
    "conflict": "Something else already has what is asked for. Nothing was stored.",
    "deadline-exceeded": "The time allowed for this request is over. Nothing was stored.",
    "not-found": "There is nothing here.",
    "method-not-allowed": "This address does not understand that method; the Allow header names those it does.",
    "internal-error": "Something went wrong on our side. Nothing was stored; please quote the request id.",
}
_RETRY_SOON: Final = {"database-unavailable": 1.0, "try-again": 0.1}


class FieldProblem(msgspec.Struct, frozen=True):
    """One value that breaks a rule: dotted field, name of the rule, sentence."""

    field: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, ready to be sent."""

    slug: str
    status: int
    detail: str
    errors: tuple[FieldProblem, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    def body(self, *, instance: str, request_id: str) -> bytes:
        """The JSON document."""
        document: dict[str, Any] = {"type": TYPE_BASE + self.slug, "title": self.slug.replace("-", " ").capitalize(), "status": self.status}
        document |= {"detail": self.detail, "instance": instance, "request_id": request_id}
        if self.errors:
            document["errors"] = self.errors
        return msgspec.json.encode(document)


class ProblemBook:
    """The one table slug → status of a service, and how each exception reads in it."""

    def __init__(self, problems: Mapping[str, int]) -> None:
        self._statuses = {**CHASSIS_PROBLEMS, **problems}

    def problem_of(self, failure: Exception) -> Problem:
        """The problem an exception stands for; what nobody expected is an internal error and gives nothing away."""
        if isinstance(failure, RequestValidationError):
            return _of_validation(failure.errors(), failure.body)
        if isinstance(failure, HTTPException):
            # FastAPI hides what went wrong while a body was read behind a 400 of its own.
            return self._of_named(failure.__cause__) if isinstance(failure.__cause__, Named) else _of_http(failure)
        if isinstance(failure, Named) and failure.slug in self._statuses:
            return self._of_named(failure)
        slug = "deadline-exceeded" if isinstance(failure, TimeoutError) else slug_of_database_error(failure) or "internal-error"
        return self.problem(slug, retry_after=_RETRY_SOON.get(slug))

    def problem(self, slug: str, detail: str = "", *, retry_after: float | None = None, errors: tuple[FieldProblem, ...] = ()) -> Problem:
        """A problem by its slug."""
        detail = detail or _SENTENCES.get(slug, slug.replace("-", " ").capitalize() + ".")
        headers = _headers(slug, retry_after)
        return Problem(slug, self._statuses[slug], detail, errors, headers)

    def _of_named(self, failure: Named) -> Problem:
        detail = str(getattr(failure, "detail", "") or failure)
        field = getattr(failure, "field", None)
        errors = (FieldProblem(field, failure.slug, detail),) if field else ()
        return self.problem(failure.slug, detail, retry_after=getattr(failure, "retry_after", None), errors=errors)


def _headers(slug: str, retry_after: float | None) -> tuple[tuple[str, str], ...]:
    headers = []
    if slug == "not-authenticated":
        headers.append(("www-authenticate", 'Bearer realm="arena"'))
    if retry_after is not None:
        headers.append(("retry-after", str(max(1, -int(-retry_after // 1)))))
    return tuple(headers)


def _of_http(failure: HTTPException) -> Problem:
    status = failure.status_code
    slug = _SLUG_OF_STATUS.get(status, HTTPStatus(status).phrase.lower().replace(" ", "-"))
    plain = failure.detail == HTTPStatus(status).phrase
    detail = _SENTENCES.get(slug, failure.detail) if plain else failure.detail
    return Problem(slug, status, detail, headers=tuple((failure.headers or {}).items()))


def _of_validation(errors: Iterable[Mapping[str, Any]], body: Any) -> Problem:
    fields = tuple(_field_problem(error, body) for error in errors)
    if any(error.rule == "json_invalid" for error in fields):
        return Problem("malformed-request", 400, "The body is not valid JSON.", fields)
    first = fields[0]
    detail = f"{first.field}: {first.message}" if first.field else first.message
    return Problem("validation-failed", 422, detail, fields)


def _field_problem(error: Mapping[str, Any], body: Any) -> FieldProblem:
    loc = error["loc"]
    rule = error["type"]
    if rule == "json_invalid":
        return FieldProblem("body", rule, f"not valid JSON near character {loc[-1]}: {error.get('ctx', {}).get('error', '')}")
    path = _sent_path(loc[1:], body, missing=rule == "missing") if isinstance(body, dict) and loc[0] == "body" else loc[1:]
    where = ".".join(str(part) for part in path) or str(loc[0])
    message = str(error["msg"]).removeprefix("Value error, ")
    return FieldProblem(where, str(rule), message)


def _sent_path(loc: Sequence[str | int], body: Any, *, missing: bool) -> list[str | int]:
    """The parts of a location that lead through what was sent: of a union pydantic names the member it tried, too."""
    path: list[str | int] = []
    for place, part in enumerate(loc):
        is_absent = missing and place == len(loc) - 1
        if isinstance(body, dict) and (part in body or is_absent):
            body = body.get(part)
        elif isinstance(body, list) and isinstance(part, int) and part < len(body):
            body = body[part]
        else:
            continue
        path.append(part)
    return path
