"""Public keys as a JSON Web Key Set (RFC 7517, RFC 8037): published by identity, fetched and remembered by the others."""

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.resilience import Deadline
from arena.chassis.http.outbound import Outbound

_OK: Final = 200
_FETCH_SECONDS: Final = 3.0
_log = structlog.get_logger(__name__)


def to_jwks(keys: Mapping[str, Ed25519PublicKey]) -> dict[str, Any]:
    """The document for key id → key."""
    return {
        "keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": _text(key)} for kid, key in keys.items()]
    }


def from_jwks(document: Mapping[str, Any]) -> dict[str, Ed25519PublicKey]:
    """Key id → key; keys of other kinds are passed over.

    Raises:
        ValueError: a key cannot be read.
    """
    mine = [key for key in document.get("keys", []) if key.get("kty") == "OKP" and key.get("crv") == "Ed25519" and "kid" in key]
    return {key["kid"]: Ed25519PublicKey.from_public_bytes(_raw(key["x"])) for key in mine}


def _text(key: Ed25519PublicKey) -> str:
    return base64.urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class JwksKeys:
    """Keys fetched from where identity publishes them.

    An unknown id fetches anew, but not more often than every `cooldown` seconds, so that made-up ids cost nothing.
    When identity is away the keys known go on being used.
    """

    def __init__(
        self, client: Outbound, path: str, *, lifetime: float = 300.0, cooldown: float = 5.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._path = path
        self._lifetime = lifetime
        self._cooldown = cooldown
        self._now = now
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """The key of that id, or None.

        Raises:
            UpstreamUnavailable: no key was ever fetched and identity does not answer.
        """
        if kid not in self._keys or self._now() - self._fetched_at > self._lifetime:
            await self._refresh()
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        async with self._lock:
            if self._now() - self._tried_at < self._cooldown:
                return
            self._tried_at = self._now()
            try:
                self._keys = await self._fetch()
                self._fetched_at = self._now()
            except (UpstreamUnavailable, ValueError):
                _log.warning("jwks_not_fetched", path=self._path, known=len(self._keys), exc_info=True)
                if not self._keys:
                    raise

    async def _fetch(self) -> dict[str, Ed25519PublicKey]:
        answer = await self._client.request("GET", self._path, deadline=Deadline.after(_FETCH_SECONDS))
        if answer.status_code != _OK:
            raise UpstreamUnavailable(f"The key set could not be fetched: status {answer.status_code}.", retry_after=self._cooldown)
        return from_jwks(answer.json())
