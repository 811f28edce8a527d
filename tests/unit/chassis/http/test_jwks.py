"""The key set: published and read back, fetched seldom, kept while identity is away."""

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from arena.chassis.core.errors import UpstreamUnavailable
from arena.chassis.core.resilience import RetryPolicy
from arena.chassis.http.jwks import JwksKeys, from_jwks, to_jwks
from arena.chassis.http.outbound import Outbound


def public() -> Ed25519PublicKey:
    return Ed25519PrivateKey.generate().public_key()


class Identity:
    """Publishes keys over an in-memory transport; `away` makes it fail."""

    def __init__(self, **keys: Ed25519PublicKey) -> None:
        self.keys = keys
        self.away = False
        self.fetches = 0
        self.time = 0.0

    async def _answer(self, _: httpx.Request) -> httpx.Response:
        self.fetches += 1
        return httpx.Response(500 if self.away else 200, json=to_jwks(self.keys))

    def source(self) -> JwksKeys:
        transport = httpx.MockTransport(self._answer)
        client = Outbound("http://identity.test", transport=transport, policy=RetryPolicy(attempts=1))
        return JwksKeys(client, "/keys", lifetime=300, cooldown=5, now=lambda: self.time)


def test_a_key_set_is_read_as_it_was_written_and_other_kinds_are_passed_over() -> None:
    key = public()
    document = to_jwks({"a": key})
    document["keys"].append({"kty": "RSA", "kid": "b", "n": "x"})
    assert {kid: found.public_bytes_raw() for kid, found in from_jwks(document).items()} == {"a": key.public_bytes_raw()}


async def test_a_known_key_is_fetched_once_and_anew_when_old() -> None:
    identity = Identity(a=public())
    source = identity.source()
    for _ in range(3):
        assert await source.key("a") is not None
    assert identity.fetches == 1
    identity.time = 301
    await source.key("a")
    assert identity.fetches == 2


async def test_a_new_key_is_found_at_once_but_made_up_ids_fetch_seldom() -> None:
    identity = Identity(a=public())
    source = identity.source()
    await source.key("a")
    identity.keys["b"] = public()
    identity.time = 6
    assert await source.key("b") is not None
    for number in range(20):
        assert await source.key(f"made-up-{number}") is None
    assert identity.fetches == 2


async def test_known_keys_serve_on_while_identity_is_away() -> None:
    identity = Identity(a=public())
    source = identity.source()
    await source.key("a")
    identity.away, identity.time = True, 1000
    assert await source.key("a") is not None


async def test_without_any_key_the_failure_is_told() -> None:
    identity = Identity(a=public())
    identity.away = True
    with pytest.raises(UpstreamUnavailable):
        await identity.source().key("a")
