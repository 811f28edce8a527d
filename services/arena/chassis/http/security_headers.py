"""Headers that keep pages and answers from being misused (OWASP HTTP headers cheat sheet)."""

from typing import Final

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Scripts and styles come from files of our own only: nothing inline."""

_ALWAYS: Final = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_UNDER_HTTPS: Final = [*_ALWAYS, (b"strict-transport-security", b"max-age=31536000")]


def security_headers(*, https: bool) -> list[tuple[bytes, bytes]]:
    """The headers for an answer; the list is shared, do not change it."""
    return _UNDER_HTTPS if https else _ALWAYS
