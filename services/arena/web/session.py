"""The browser's session: three cookies, and the one place where they are set and taken away.

* `arena_access`: the access token; sent everywhere, read by no script. The browser drops it shortly before it expires.
* `arena_refresh`: the refresh token; sent to /session only, and never from another site.
* `arena_csrf`: what forms repeat (double submit, OWASP), so that another site cannot post in somebody's name.
"""

import hmac
import secrets
from typing import Final

from fastapi import Request, Response

from arena.chassis.http.auth import ACCESS_COOKIE, CSRF_COOKIE
from arena.client.models import Tokens

REFRESH_COOKIE: Final = "arena_refresh"
REFRESHED_COOKIE: Final = "arena_refreshed"
SESSION_PATH: Final = "/session"
_EARLY: Final = 30
"""Seconds before its end at which an access token is not used any more."""
_YEAR: Final = 365 * 24 * 3600
_JUST_NOW: Final = 10
_TOKEN: Final = 24


def begin(request: Request, response: Response, tokens: Tokens) -> None:
    """Signed in: fresh cookies, the CSRF token too, so that one planted before is worth nothing."""
    carry_on(request, response, tokens)
    give_csrf(request, response, new_csrf())


def carry_on(request: Request, response: Response, tokens: Tokens) -> None:
    """Other tokens for the same session; forms that are open stay good."""
    secure = request.url.scheme == "https"
    life = max(1, tokens.expires_in - _EARLY)
    response.set_cookie(ACCESS_COOKIE, tokens.access_token, max_age=life, httponly=True, samesite="lax", secure=secure)
    response.set_cookie(
        REFRESH_COOKIE,
        tokens.refresh_token,
        max_age=tokens.refresh_expires_in,
        path=SESSION_PATH,
        httponly=True,
        samesite="strict",
        secure=secure,
    )


def end(response: Response) -> None:
    """Signed out."""
    response.delete_cookie(ACCESS_COOKIE)
    response.delete_cookie(REFRESH_COOKIE, path=SESSION_PATH)
    response.delete_cookie(CSRF_COOKIE)


def mark_refreshed(response: Response) -> None:
    """Remember for a moment that the tokens are new: if they are refused all the same, asking for newer ones would go in circles."""
    response.set_cookie(REFRESHED_COOKIE, "1", max_age=_JUST_NOW, httponly=True, samesite="lax")


def new_csrf() -> str:
    """A token nobody can guess."""
    return secrets.token_urlsafe(_TOKEN)


def give_csrf(request: Request, response: Response, token: str) -> None:
    """Let the browser hold the token that its forms will repeat."""
    response.set_cookie(CSRF_COOKIE, token, max_age=_YEAR, samesite="lax", secure=request.url.scheme == "https")


def is_ours(request: Request, repeated: str) -> bool:
    """Whether a page of ours sent this form: it repeats the cookie, and the browser does not say that it came from elsewhere."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    held = request.cookies.get(CSRF_COOKIE, "")
    return bool(held) and hmac.compare_digest(held.encode(), repeated.encode())
