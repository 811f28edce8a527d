"""Public keys of a foreign issuer of tokens (RFC 7517): fetched, remembered, and found anew when the issuer rotates them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Fetch = Callable[[], Awaitable[Any]]
"""Fetches the issuer's key set; raises KeysUnavailable."""
_ALGORITHMS: Final = {"RSA": "RS256", "P-256": "ES256"}
"""The kind of a key decides how it signs, never the token that claims to be signed by it."""
_SHORTEST_RSA: Final = 2048
_log = structlog.get_logger(__name__)


class KeysUnavailable(Exception):
    """The key set cannot be fetched; the message says why, for whoever runs the installation."""


class VerifyingKey(NamedTuple):
    """A public key, and the one algorithm it verifies."""

    public: RSAPublicKey | EllipticCurvePublicKey
    algorithm: str


def read_keys(document: Any) -> dict[str, VerifyingKey]:
    """Key id → key; keys of other kinds, or not for signatures, are passed over.

    Raises:
        KeysUnavailable: the document is no key set.
    """
    keys = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(keys, list):
        raise KeysUnavailable("what was fetched is no JSON Web Key Set")
    read = {key["kid"]: _read(key) for key in keys if isinstance(key, dict) and isinstance(key.get("kid"), str)}
    return {kid: key for kid, key in read.items() if key is not None}


def _read(key: dict[str, Any]) -> VerifyingKey | None:
    algorithm = _ALGORITHMS.get(str(key.get("crv") if key.get("kty") == "EC" else key.get("kty")))
    if algorithm is None or key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        return None
    try:
        public = jwt.PyJWK(key, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    strong = isinstance(public, EllipticCurvePublicKey) or (isinstance(public, RSAPublicKey) and public.key_size >= _SHORTEST_RSA)
    return VerifyingKey(public, algorithm) if strong else None


class IssuerKeys:
    """Keys of an issuer, remembered.

    A key id that is not known fetches anew, but not more often than every `cooldown` seconds, so that made-up ids cost nothing.
    Keys older than `lifetime` are fetched anew, too, so one that the issuer has withdrawn is taken no more; while that fails, those known
    go on being used. At any time one request at most fetches; who needs a known key does not wait for it.
    """

    def __init__(self, fetch: Fetch, *, lifetime: float = 300.0, cooldown: float = 30.0, now: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._lifetime = lifetime
        self._cooldown = cooldown
        self._now = now
        self._keys: dict[str, VerifyingKey] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._failed = False
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> VerifyingKey | None:
        """The key of that id; None when the issuer has none such.

        Raises:
            KeysUnavailable: it is not known, and the issuer could not be asked.
        """
        old = self._now() - self._fetched_at > self._lifetime
        if kid not in self._keys or (old and not self._lock.locked()):
            await self._refresh()
        if kid not in self._keys and self._failed:
            raise KeysUnavailable("the issuer's key set could not be fetched")
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        async with self._lock:
            if self._now() - self._tried_at < self._cooldown:
                return
            self._tried_at = self._now()
            try:
                self._keys = read_keys(await self._fetch())
                self._fetched_at = self._now()
                self._failed = False
            except KeysUnavailable as trouble:
                self._failed = True
                _log.warning("issuer_keys_not_fetched", reason=str(trouble), known=len(self._keys))
