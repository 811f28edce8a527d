"""Where to go on to afterwards: an address of ours, or home; never somewhere else (OWASP unvalidated redirects)."""

from urllib.parse import urlsplit

HOME = "/today"
_LONGEST = 1000


def safe_next(given: str | None, otherwise: str = HOME) -> str:
    r"""`given` if it is a path of this site, else `otherwise`.

    Browsers read a backslash as a slash and drop tabs and line breaks, so `/\t/evil` would be another host.
    """
    if not given or len(given) > _LONGEST or not given.startswith("/") or given.startswith("//"):
        return otherwise
    if "\\" in given or any(ord(character) <= ord(" ") or ord(character) == 0x7F for character in given):  # noqa: PLR2004 - DEL
        return otherwise
    try:
        parts = urlsplit(given)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc or parts.path.startswith(("/session", "//")) else given
