"""Access tokens: what is signed comes back, what is not is refused, and a signature is checked once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from arena.chassis.core.errors import NotAuthenticated
from arena.chassis.http.tokens import AUDIENCE, ISSUER, AccessToken, GivenKeys, TokenVerifier, issue_token

KEY = Ed25519PrivateKey.generate()
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
USER = UUID("019a0000-0000-7000-8000-000000000001")
TOKEN = AccessToken(USER, frozenset({"user", "arbiter"}), NOW + timedelta(minutes=15))


class CountingKeys(GivenKeys):
    """Counts how often a key is asked for."""

    asked = 0

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        self.asked += 1
        return await super().key(kid)


def verifier(at: datetime = NOW) -> tuple[TokenVerifier, CountingKeys]:
    keys = CountingKeys({"k1": KEY.public_key()})
    return TokenVerifier(keys, now=lambda: at), keys


def signed(**claims: Any) -> str:
    whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(USER), "roles": ["user"], "exp": int(NOW.timestamp()) + 60, **claims}
    return jwt.encode({name: value for name, value in whole.items() if value is not None}, KEY, algorithm="EdDSA", headers={"kid": "k1"})


def issued() -> str:
    return issue_token(TOKEN, key=KEY, kid="k1", issued_at=NOW, token_id=USER)


async def test_what_was_issued_is_what_is_verified() -> None:
    assert await verifier()[0].verify(issued()) == TOKEN


async def test_a_token_is_checked_once_and_remembered() -> None:
    checking, keys = verifier()
    for _ in range(3):
        await checking.verify(issued())
    assert keys.asked == 1


async def test_a_token_ends_at_its_instant() -> None:
    assert await verifier(TOKEN.expires_at - timedelta(seconds=1))[0].verify(issued())
    with pytest.raises(NotAuthenticated, match="expired"):
        await verifier(TOKEN.expires_at)[0].verify(issued())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "somebody"},
        {"aud": "something"},
        {"aud": None},
        {"sub": None},
        {"sub": "root"},
        {"exp": None},
        {"exp": "later"},
        {"exp": 10**30},
        {"roles": 7},
    ],
)
async def test_a_well_signed_token_with_strange_claims_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticated):
        await verifier()[0].verify(signed(**claims))


async def test_no_other_algorithm_is_taken() -> None:
    plain = jwt.encode({"sub": str(USER), "exp": 2**40}, "", algorithm="none", headers={"kid": "k1"})
    shared = jwt.encode({"sub": str(USER), "exp": 2**40}, "x" * 32, algorithm="HS256", headers={"kid": "k1"})
    for raw in (plain, shared):
        with pytest.raises(NotAuthenticated):
            await verifier()[0].verify(raw)


async def test_a_key_that_is_not_in_use_is_refused() -> None:
    raw = issue_token(TOKEN, key=KEY, kid="k2", issued_at=NOW, token_id=USER)
    with pytest.raises(NotAuthenticated, match="not in use"):
        await verifier()[0].verify(raw)
