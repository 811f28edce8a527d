"""Foreign text made fit to keep: one line, no control characters, no longer than a field may be."""

import re
import unicodedata

from arena.habits.importing.report import Reason, Tally

MAX_NAME = 200
MAX_UNIT = 40
MAX_NOTE = 2_000
UNNAMED = "Unnamed habit"

_BLANKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_KEPT_ANYWAY = frozenset({"Cf", "Zs", "Co", "Cn"})
"""Not printable in Python's sense, yet harmless: joiners inside emoji and scripts, wide spaces, private and newer signs."""

LINE_BREAKS = Reason("line breaks in a text", "a text here is one line: each break became a space")
CONTROL_CHARACTERS = Reason("control characters in a text", "they cannot be shown or stored; they were removed")
BROKEN_LETTERS = Reason("letters that are not valid Unicode", "the file was damaged or saved by another program; each became \ufffd")
TOO_LONG = Reason(
    "texts that are too long", f"a name has at most {MAX_NAME} letters, a unit {MAX_UNIT}, a note {MAX_NOTE:,}; the end was cut"
)
NAMELESS = Reason("habits without a name", f"every habit needs one; it is now “{UNNAMED}”")


def clean(raw: str, limit: int, tally: Tally) -> str:
    """Return `raw` on one line without control characters and at most `limit` letters, counting what that changed."""
    if raw.isprintable() and len(raw) <= limit and "\ufffd" not in raw:
        return raw.strip()
    text = raw.strip()
    if "\ufffd" in text:
        tally.change(BROKEN_LETTERS)
    one_line = _BLANKS.sub(" ", text)
    if one_line != text:
        tally.change(LINE_BREAKS)
    shown = "".join(sign for sign in one_line if sign.isprintable() or unicodedata.category(sign) in _KEPT_ANYWAY)
    if shown != one_line:
        tally.change(CONTROL_CHARACTERS)
    if len(shown) > limit:
        tally.change(TOO_LONG)
    return shown[:limit].strip()


def clean_name(raw: str, tally: Tally) -> str:
    """Like `clean`, and never empty."""
    name = clean(raw, MAX_NAME, tally)
    if not name:
        tally.change(NAMELESS)
    return name or UNNAMED
