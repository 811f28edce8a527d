"""One form for each JSON value, so that its hash means something: RFC 8785 (JSON Canonicalization Scheme) and SHA-256."""

from hashlib import sha256
from typing import Any

import rfc8785


class NotCanonical(ValueError):
    """The value has no canonical form: no JSON value, a number JSON cannot carry exactly, broken text, or nested too deeply."""

    slug = "not-canonical"


def canonical_json(value: Any) -> bytes:
    """The one UTF-8 form of a JSON value; raises NotCanonical."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as refused:
        raise NotCanonical(str(refused)) from refused


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of some bytes, as 64 lower-case hexadecimal digits."""
    return sha256(data).hexdigest()
