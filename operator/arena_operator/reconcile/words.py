"""How names and times are written for people and columns."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

MESSAGE_LENGTH: Final = 1000
"""Characters of a message: an event's note takes 1,024."""
NAME_LENGTH: Final = 40

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that show nothing, or change how what stands beside them is shown."""


def camel(word: str) -> str:
    """`window-in-past` or `too_few` as `WindowInPast`, `TooFew`: a word for programs; "" if nothing of it can be kept."""
    parts = re.findall(r"[A-Za-z0-9]+", word)
    reason = "".join(part[:1].upper() + part[1:] for part in parts)[:128]
    return reason if reason[:1].isalpha() else ""


def instant(at: datetime) -> str:
    """An instant as in `2026-06-01 18:00:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def plain(text: str, length: int = MESSAGE_LENGTH) -> str:
    """Text on one line, without characters that are not seen, cut to a length."""
    shown = "".join(" " if character in "\n\r\t" else character for character in text if character in "\n\r\t" or _shown(character))
    shown = " ".join(shown.split())
    return shown if len(shown) <= length else shown[: length - 1].rstrip() + "…"


def _shown(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE
