"""`arena user`: accounts, by whoever runs the installation."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.cli.console import AsJson, fail, out, say, show_json, table_of
from arena.cli.offline import offline_units
from arena.cli.settings import current_settings
from arena.identity.app import administration
from arena.identity.domain.user import User
from arena.identity.passwords import Passwords
from arena.identity.use_cases.administration import Administration

app = typer.Typer(help="Accounts: create, reset, list, roles, invite.", no_args_is_help=True)
T = TypeVar("T")
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.", show_default=False)]
Password = Annotated[str | None, typer.Option(help="Left out: one is made and shown once.")]


def _administer(act: Callable[[Administration, UnitOfWork], Awaitable[T]]) -> T:
    """One offline unit of work; a named refusal ends the command with its sentence."""

    async def run() -> T:
        passwords = Passwords()
        try:
            async with offline_units(current_settings(), "identity") as units, units.begin() as uow:
                return await act(administration(passwords), uow)
        finally:
            passwords.close()

    try:
        return asyncio.run(run())
    except Exception as refused:
        if not hasattr(refused, "slug"):
            raise
        fail(str(getattr(refused, "detail", "") or refused))


@app.command()
def create(
    email: Email,
    name: Annotated[str, typer.Option(help="Display name.")],
    password: Password = None,
    role: Annotated[list[str] | None, typer.Option(help="arbiter or admin, may be repeated.")] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Give somebody an account, whatever ARENA_REGISTRATION says."""
    word = password or secrets.token_urlsafe(12)
    user = _administer(lambda admin, uow: admin.create(uow, email, word, name, role or ()))
    _tell(f"created {user.email} ({user.id})", user, None if password else word, as_json=as_json)


@app.command()
def reset(
    email: Email,
    password: Password = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Set somebody's password and end their sessions."""
    word = password or secrets.token_urlsafe(12)
    user = _administer(lambda admin, uow: admin.reset_password(uow, email, word))
    _tell(f"reset {user.email}", user, None if password else word, as_json=as_json)


def _tell(words: str, user: User, made: str | None, *, as_json: bool) -> None:
    """What became of the account; a password that was made is shown this once."""
    if as_json:
        show_json(_row(user) | ({"password": made} if made else {}))
        return
    say(words)
    if made:
        say(f"password {made}")


@app.command()
def roles(
    email: Email,
    role: Annotated[list[str] | None, typer.Argument(metavar="ROLE", help="arbiter, admin; none takes them away.")] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer makes it the option --json
) -> None:
    """Give somebody these roles in place of those they had."""
    user = _administer(lambda admin, uow: admin.set_roles(uow, email, role or ()))
    _tell(f"{user.email}: {_row(user)['roles']}", user, None, as_json=as_json)


@app.command()
def invite(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Make an invitation that admits one person; it is shown this once."""
    made = _administer(lambda admin, uow: admin.invite(uow, None))
    if as_json:
        show_json({"invite": made.token})
    else:
        say(made.token)


@app.command("list")
def list_(as_json: AsJson = False) -> None:  # noqa: FBT002 - typer makes it the option --json
    """Everybody with an account."""
    users = _administer(_all)
    if as_json:
        show_json([_row(user) for user in users])
        return
    table = table_of("e-mail", "name", "roles", "since", "id")
    for user in users:
        row = _row(user)
        table.add_row(row["email"], row["display_name"], row["roles"], row["created_at"], row["id"])
    out.print(table)


async def _all(admin: Administration, uow: UnitOfWork) -> list[User]:
    users: list[User] = []
    while page := await admin.list_users(uow, after=users[-1].id if users else None):
        users += page
    return users


def _row(user: User) -> dict[str, str]:
    return {
        "id": str(user.id),
        "email": user.email,
        "display_name": user.display_name,
        "roles": ", ".join(sorted(role.value for role in user.roles)),
        "created_at": user.created_at.isoformat(timespec="seconds"),
    }
