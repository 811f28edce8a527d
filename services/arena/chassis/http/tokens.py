"""Access tokens: JWT signed with Ed25519 (RFC 7519, RFC 8037). Identity issues them, every service verifies them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.types import Options

from arena.chassis.core.errors import NotAuthenticated

ALGORITHM: Final = "EdDSA"
ISSUER: Final = "habitarena"
AUDIENCE: Final = "habitarena-api"
_OPTIONS: Final[Options] = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "sub"]}
"""Times are compared with the clock given, below, not with PyJWT's."""
_REMEMBERED: Final = 20_000


class KeySource(Protocol):
    """Where public keys come from."""

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """The key of that id, or None."""
        ...


class GivenKeys:
    """Keys handed over within the process (embedded shape, identity itself); the mapping may change while in use."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = keys

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """The key of that id, or None."""
        return self._keys.get(kid)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a token says."""

    user_id: UUID
    roles: frozenset[str]
    expires_at: datetime


def issue_token(token: AccessToken, *, key: Ed25519PrivateKey, kid: str, issued_at: datetime, token_id: UUID) -> str:
    """The signed form."""
    claims: dict[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(token.user_id), "roles": sorted(token.roles)}
    claims |= {"iat": int(issued_at.timestamp()), "exp": int(token.expires_at.timestamp()), "jti": str(token_id)}
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": kid, "typ": "at+jwt"})


class TokenVerifier:
    """Verifies tokens and remembers the verdict until they expire, so that a signature is checked once."""

    def __init__(
        self, keys: KeySource, *, now: Callable[[], datetime] = lambda: datetime.now(UTC), leeway: timedelta = timedelta(0)
    ) -> None:
        self._keys = keys
        self._now = now
        self._leeway = leeway
        self._known: OrderedDict[str, AccessToken] = OrderedDict()

    async def verify(self, raw: str) -> AccessToken:
        """What the token says.

        Raises:
            NotAuthenticated: it is no token of ours, or its time is over.
        """
        known = self._known.get(raw)
        if known is None:
            known = await self._check(raw)
            self._remember(raw, known)
        if self._now() >= known.expires_at + self._leeway:
            self._known.pop(raw, None)
            raise NotAuthenticated("The access token has expired; get a new one with the refresh token.")
        return known

    async def _check(self, raw: str) -> AccessToken:
        try:
            kid = jwt.get_unverified_header(raw).get("kid")
            key = await self._keys.key(kid) if isinstance(kid, str) else None
            if key is None:
                raise NotAuthenticated("The access token is signed with a key that is not in use.")
            claims = jwt.decode(raw, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=_OPTIONS)
            return AccessToken(UUID(claims["sub"]), frozenset(claims.get("roles", [])), datetime.fromtimestamp(int(claims["exp"]), UTC))
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            raise NotAuthenticated("The access token is not valid.") from None

    def _remember(self, raw: str, token: AccessToken) -> None:
        self._known[raw] = token
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
