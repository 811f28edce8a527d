"""What an e-mail address, a password, a display name and a locale may be; each check answers with the form that is kept."""

import re
import unicodedata
from typing import Final

from arena.identity.domain.errors import DisplayNameInvalid, EmailInvalid, LocaleInvalid, PasswordRefused

LONGEST_EMAIL: Final = 254
"""RFC 5321, 4.5.3.1.3, less the angle brackets."""
LONGEST_LOCAL_PART: Final = 64
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 256
LONGEST_NAME: Final = 80
DEFAULT_LOCALE: Final = "en"

_LOCAL_PART: Final = re.compile(r'[^\s@<>()\[\]\\,;:"]+')
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LOCALE: Final = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?")
_JOINERS: Final = frozenset("\u200c\u200d")
"""Zero-width joiner and non-joiner: emoji and several scripts are written with them."""
_TAGS: Final = range(0xE0020, 0xE0080)
"""Tag characters: the flags of regions are written with them."""


def check_email(given: str) -> str:
    """The address in the form that is unique: NFC, lower case, no space around.

    The check is that of a browser's e-mail field (HTML, 4.10.5.1.5), opened to letters of all scripts;
    whether the address exists, only mail can tell.

    Raises:
        EmailInvalid.
    """
    email = unicodedata.normalize("NFC", unicodedata.normalize("NFC", given.strip()).lower())
    local, at, domain = email.rpartition("@")
    if len(email) > LONGEST_EMAIL or len(local) > LONGEST_LOCAL_PART:
        raise EmailInvalid(
            f"An e-mail address has at most {LONGEST_EMAIL} characters, {LONGEST_LOCAL_PART} of them before the @.", field="email"
        )
    if not at or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain) or any(map(_is_hidden, email)):
        raise EmailInvalid("This is not an e-mail address: it reads name@domain.", field="email")
    return email


def find_email(given: str) -> str | None:
    """The form under which an address would be kept; None when it cannot be one of an account."""
    try:
        return check_email(given)
    except EmailInvalid:
        return None


def check_password(given: str, email: str, *, field: str = "password") -> str:
    """A password somebody may choose: length decides (NIST SP 800-63B, 5.1.1.2), not its mixture.

    Raises:
        PasswordRefused.
    """
    password = unicodedata.normalize("NFC", given)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordRefused(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.", field=field)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        raise PasswordRefused("A password has no control characters.", field=field)
    if password.lower() == email:
        raise PasswordRefused("The e-mail address is no password.", field=field)
    return password


def secret_bytes(password: str) -> bytes:
    """What is hashed: NFC, so that the same keys give the same bytes on every system (RFC 8265, 4.2)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def check_display_name(given: str) -> str:
    """The name others see: NFC, no space around, nothing in it that reorders or hides text.

    Raises:
        DisplayNameInvalid.
    """
    name = unicodedata.normalize("NFC", given).strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise DisplayNameInvalid(f"A display name has 1 to {LONGEST_NAME} characters.", field="display_name")
    if any(map(_is_hidden, name)):
        raise DisplayNameInvalid("A display name has no control or formatting characters.", field="display_name")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        raise DisplayNameInvalid("A display name has something to see in it.", field="display_name")
    return name


def _is_hidden(character: str) -> bool:
    """Control, surrogate, line separator, or a formatting character such as a bidirectional override."""
    if character in _JOINERS or ord(character) in _TAGS:
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def check_locale(given: str) -> str:
    """A language tag (BCP 47: language, script, region) in its usual letter case.

    Raises:
        LocaleInvalid.
    """
    tag = _LOCALE.fullmatch(given)
    if tag is None:
        raise LocaleInvalid("A locale is a language tag such as en, de-AT or zh-Hant-TW.", field="locale")
    language, script, region = tag.groups()
    return "-".join(part for part in (language.lower(), script and script.title(), region and region.upper()) if part)
