"""To whom a command speaks: the platform's address and somebody's account."""

import getpass
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from arena.chassis.core.settings import Settings
from arena.cli.console import fail
from arena.cli.settings import WRONG_USE, current_settings
from arena.client import ArenaClient

Url = Annotated[str | None, typer.Option(help="Address of the platform; left out: where `arena up` serves with these settings.")]
Email = Annotated[str | None, typer.Option(envvar="ARENA_EMAIL", help="Whose account.")]
Password = Annotated[str | None, typer.Option(envvar="ARENA_PASSWORD", help="Left out: it is asked for.")]

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - the address of everywhere is met from here

_PARTS = {"database", "workers"}
_SECONDS = 5.0


def address_of(settings: Settings) -> str:
    """Where `arena up` serves with these settings, as met from this machine."""
    host = _EVERYWHERE.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def address(given: str | None) -> str:
    """The address to speak to; ends the command when the given one is none."""
    if given is None:
        return address_of(current_settings())
    try:
        parts = urlsplit(given)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine:
        fail(f"{given!r} is no address: --url is such as http://127.0.0.1:8000.", WRONG_USE)
    return given.rstrip("/")


def account(email: str | None, password: str | None) -> tuple[str, str]:
    """Whose account, asking for what was left out where somebody is there to answer."""
    if email is None:
        email = _ask("E-mail: ", "Say whose account with --email (or ARENA_EMAIL).", hidden=False)
    if password is None:
        password = _ask("Password: ", "Give the password in ARENA_PASSWORD (or with --password).", hidden=True)
    return email, password


def _ask(question: str, otherwise: str, *, hidden: bool) -> str:
    if not sys.stdin.isatty():
        fail(otherwise, WRONG_USE)
    return getpass.getpass(question) if hidden else input(question)


@asynccontextmanager
async def signed_in(url: str, email: str, password: str) -> AsyncIterator[ArenaClient]:
    """A client that speaks for an account."""
    async with ArenaClient.connect(url) as client:
        tokens = await client.identity.sign_in(email, password)
        yield client.as_bearer(tokens.access_token)


def readiness(url: str) -> dict[str, str] | None:
    """What the platform at an address says of itself (each part: `ok` or what is wrong); None where none answers."""
    try:
        told = httpx.get(f"{url}/readyz", timeout=_SECONDS).json()
    except (httpx.HTTPError, ValueError):
        return None
    return told if isinstance(told, dict) and told.keys() >= _PARTS else None
