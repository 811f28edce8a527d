"""The keys that sign and verify access tokens."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from arena.chassis.http.tokens import GivenKeys, TokenVerifier
from arena.contracts.ids import UserId
from arena.identity.domain.user import Role, User
from arena.identity.keys import KeysUnusable, SigningKeys, generate_key, key_id, rotate_keys

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
USER = User(UserId(UUID(int=7)), "ada@example.org", "Ada", "en", frozenset({Role.USER, Role.ADMIN}), NOW)


def sign(keys: SigningKeys) -> str:
    return keys.sign(USER, issued_at=NOW, expires_at=NOW + timedelta(minutes=15), token_id=UUID(int=8))


async def test_what_a_key_signs_its_public_half_verifies() -> None:
    keys = SigningKeys.load(generate_key())
    token = await TokenVerifier(GivenKeys(keys.public), now=lambda: NOW).verify(sign(keys))
    assert (token.user_id, token.roles, token.expires_at) == (USER.id, frozenset({"user", "admin"}), NOW + timedelta(minutes=15))


async def test_a_rotated_key_still_verifies_and_signs_no_more() -> None:
    first = generate_key()
    old, new = SigningKeys.load(first), SigningKeys.load(rotate_keys(first))
    assert list(new.public) == [new.current, old.current]
    assert new.current != old.current
    await TokenVerifier(GivenKeys(new.public), now=lambda: NOW).verify(sign(old))


def test_a_rotation_keeps_the_latest_keys_and_no_old_private_one() -> None:
    pem = rotate_keys(rotate_keys(rotate_keys(generate_key())), keep=2)
    assert len(SigningKeys.load(pem).public) == 3
    assert pem.count("PRIVATE KEY-----") == 2
    assert len(SigningKeys.load(rotate_keys(pem, keep=0)).public) == 1


def test_a_private_key_put_second_only_verifies() -> None:
    one, other = generate_key(), generate_key()
    assert SigningKeys.load(one + other).current == SigningKeys.load(one).current
    assert set(SigningKeys.load(one + other).public) == {SigningKeys.load(one).current, SigningKeys.load(other).current}


def test_the_id_of_a_key_is_its_thumbprint() -> None:
    """The example of RFC 8037, appendix A.3."""
    raw = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert key_id(Ed25519PublicKey.from_public_bytes(raw)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def elliptic() -> str:
    return generate_ec(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_first() -> str:
    pem = rotate_keys(generate_key())
    return pem[pem.index("-----BEGIN PUBLIC") :]


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        ("", "must begin with"),
        ("no key", "must begin with"),
        (public_first(), "must begin with"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be read"),
        (elliptic(), "not Ed25519"),
        (generate_key() + elliptic(), "not Ed25519"),
    ],
)
def test_unusable_keys_are_refused_without_being_shown(pem: str, words: str) -> None:
    with pytest.raises(KeysUnusable, match=words) as refused:
        SigningKeys.load(pem)
    assert "AAAA" not in str(refused.value)
