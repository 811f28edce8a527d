"""Ed25519 keys that access tokens are signed with, and the public ones that verify them.

They travel as one PEM text of one or more blocks: the first is the private key that signs, further ones (private or public) still
verify. To rotate, put a new key first; take an old one out when its last token has expired, 15 minutes later.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from arena.chassis.http.tokens import AccessToken, issue_token
from arena.identity.domain.user import User

_BLOCK: Final = re.compile(r"-----BEGIN (?P<kind>[A-Z ]+)-----.+?-----END (?P=kind)-----", re.DOTALL)


class KeysUnusable(ValueError):
    """The PEM text does not hold what is needed; the message says what, never the text."""


class SigningKeys:
    """The key that signs and all that verify."""

    def __init__(self, private: Ed25519PrivateKey, retired: Sequence[Ed25519PublicKey] = ()) -> None:
        self._private = private
        public = [private.public_key(), *retired]
        self.public: Mapping[str, Ed25519PublicKey] = {key_id(key): key for key in public}
        """Public keys by id; give them to `chassis.http.tokens.GivenKeys`."""
        self.current = key_id(public[0])
        """The id of the key that signs."""

    @classmethod
    def load(cls, pem: str) -> "SigningKeys":
        """The keys of a PEM text.

        Raises:
            KeysUnusable.
        """
        keys = [_load(match[0], match["kind"]) for match in _BLOCK.finditer(pem)]
        if not keys or not isinstance(keys[0], Ed25519PrivateKey):
            raise KeysUnusable("the signing keys must begin with the PEM block of a private Ed25519 key")
        return cls(keys[0], [key.public_key() if isinstance(key, Ed25519PrivateKey) else key for key in keys[1:]])

    def sign(self, user: User, *, issued_at: datetime, expires_at: datetime, token_id: UUID) -> str:
        """An access token of the user."""
        token = AccessToken(user.id, frozenset(role.value for role in user.roles), expires_at)
        return issue_token(token, key=self._private, kid=self.current, issued_at=issued_at, token_id=token_id)


def generate_key() -> str:
    """A new private key as PEM; it is a secret."""
    return _private_pem(Ed25519PrivateKey.generate())


def rotate_keys(pem: str, *, keep: int = 1) -> str:
    """A PEM text with a new key that signs and the public halves of the latest `keep` keys before it.

    Raises:
        KeysUnusable.
    """
    retired = list(SigningKeys.load(pem).public.values())[:keep]
    return generate_key() + "".join(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in retired)


def key_id(key: Ed25519PublicKey) -> str:
    """The thumbprint of a key (RFC 7638): the same key has the same id everywhere."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(key.public_bytes_raw())}
    return _base64url(sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _private_pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _load(block: str, kind: str) -> Ed25519PrivateKey | Ed25519PublicKey:
    try:
        key = load_pem_public_key(block.encode()) if kind == "PUBLIC KEY" else load_pem_private_key(block.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeysUnusable(f"a PEM block of the signing keys ({kind}) cannot be read") from None
    if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        raise KeysUnusable(f"the signing keys hold a key that is not Ed25519 ({kind})")
    return key
