"""Secrets that are handed over as files, as a cluster mounts them."""

from pathlib import Path


class SetUpWrong(Exception):
    """A setting that this process needs is missing or unreadable; the message names it."""

    slug = "set-up-wrong"


def read_secret(file: Path, variable: str) -> str:
    """The text of a file, without the newline that editors add.

    Raises:
        SetUpWrong: it cannot be read, or it is empty.
    """
    try:
        secret = file.read_text("utf-8").strip()
    except OSError as error:
        raise SetUpWrong(f"{file} ({variable}) cannot be read: {error.strerror}.") from error
    if not secret:
        raise SetUpWrong(f"{file} ({variable}) is empty.")
    return secret
