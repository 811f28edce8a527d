"""Accounts and tokens."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from arena.client.models import Lookups, Me, Page, Profile, Tokens
from arena.client.transport import Transport, decode

_BASE = "/api/identity"


class IdentityCalls:
    """`/api/identity`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def register(self, email: str, password: str, display_name: str, *, invite: str | None = None) -> Me:
        """Make an account."""
        body = {"email": email, "password": password, "display_name": display_name} | ({"invite": invite} if invite else {})
        return await self._transport.post(f"{_BASE}/users", Me, body)

    async def sign_in(self, email: str, password: str) -> Tokens:
        """Tokens for an e-mail address and password."""
        return await self._token({"grant_type": "password", "username": email, "password": password})

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token, which is used up."""
        return await self._token({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def revoke(self, refresh_token: str) -> None:
        """Sign out."""
        await self._transport.send("POST", f"{_BASE}/token/revoke", data={"token": refresh_token})

    async def me(self) -> Me:
        """My account."""
        return await self._transport.get(f"{_BASE}/me", Me)

    async def change_me(self, **fields: Any) -> Me:
        """Change display name, locale, or whether the name may be shown in the status of declared battles."""
        return decode(await self._transport.send("PATCH", f"{_BASE}/me", json=fields), Me)

    async def change_password(self, current: str, new: str) -> Tokens:
        """Set another password; every other session ends."""
        return decode(await self._transport.send("PUT", f"{_BASE}/me/password", json={"current": current, "new": new}), Tokens)

    async def erase(self, password: str) -> None:
        """Erase the account, in all services; it cannot be undone."""
        await self._transport.send("DELETE", f"{_BASE}/me", json={"password": password})

    async def profiles(self, ids: Iterable[UUID]) -> list[Profile]:
        """What others see of these people."""
        page = await self._transport.get(f"{_BASE}/profiles", Page[Profile], {"ids": ",".join(map(str, ids))})
        return page.items

    async def lookups(self, emails: Iterable[str]) -> dict[str, UUID]:
        """Whose these e-mail addresses are, by the address as given; those of nobody are absent. For the platform and services only."""
        answer = await self._transport.post(f"{_BASE}/lookups", Lookups, {"emails": list(emails)})
        return {user.email: user.user_id for user in answer.users}

    async def _token(self, form: dict[str, str]) -> Tokens:
        return decode(await self._transport.send("POST", f"{_BASE}/token", data=form), Tokens)
