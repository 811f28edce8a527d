"""How random tokens travel: base64url without padding (RFC 4648, 5)."""

import base64
import binascii
from typing import Final

_LENGTH: Final = 43
"""Characters for 32 bytes."""


def show(token: bytes) -> str:
    """The text of a token."""
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def read(text: str) -> bytes | None:
    """The 32 bytes of a token; None when the text is not one."""
    if len(text) != _LENGTH or not text.isascii():
        return None
    try:
        token = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    # Python also takes +, / and stray padding: a token has one text only.
    return token if show(token) == text else None
