"""ETag and 304 (RFC 9110, 8.8.3 and 13.1.2)."""

from hashlib import blake2b
from typing import Final

from fastapi import Request, Response

_OK: Final = 200
_DIGEST_BYTES: Final = 12
_KEPT_HEADERS: Final = (b"etag", b"cache-control", b"vary", b"set-cookie")


def etag_of(content: bytes | memoryview) -> str:
    """A strong ETag: the same for the same bytes only."""
    return f'"{blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()}"'


def etag_of_revision(*parts: object) -> str:
    """A strong ETag for what is known to change with these parts; set it on the response and the content is not hashed."""
    return '"' + "-".join(str(part) for part in parts) + '"'


def matches(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match header names the ETag, by the weak comparison the RFC asks for here."""
    if if_none_match.strip() == "*":
        return True
    return etag.removeprefix("W/") in [given.strip().removeprefix("W/") for given in if_none_match.split(",")]


def is_fresh(request: Request, etag: str) -> bool:
    """Whether the asker has this version already; a handler that knows the revision can then save itself the work (`not_modified`)."""
    given = request.headers.get("if-none-match")
    return given is not None and matches(given, etag)


def not_modified(etag: str) -> Response:
    """304 for that version."""
    return Response(status_code=304, headers={"etag": etag, "cache-control": "private, no-cache"})


def revalidated(request: Request, response: Response) -> Response:
    """The answer to a GET with its ETag, or 304 when the asker has it; streams, files and errors pass as they are."""
    content = getattr(response, "body", None)
    if response.status_code != _OK or not content:
        return response
    etag = response.headers.get("etag")
    if etag is None:
        etag = response.headers["etag"] = etag_of(content)
    if "cache-control" not in response.headers:
        response.headers["cache-control"] = "private, no-cache"
    return _without_body(response) if is_fresh(request, etag) else response


def _without_body(response: Response) -> Response:
    bare = Response(status_code=304)
    bare.raw_headers = [header for header in response.raw_headers if header[0] in _KEPT_HEADERS]
    return bare
