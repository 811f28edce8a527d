"""What `arena user` does offline, in the same unit of work."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from arena.chassis.core.settings import Registration
from arena.contracts.ids import UserId
from arena.identity.domain.errors import EmailTaken, PasswordRefused, RoleUnknown, UserNotFound
from arena.identity.domain.user import Role


async def test_an_admin_is_made_where_nobody_can_register(open_stage: Any) -> None:
    async with open_stage(Registration.CLOSED) as stage:
        async with stage.units.begin() as uow:
            user = await stage.admin.create(uow, "Root@Example.org", "a long password", "Root", ["admin"])
        assert user.roles == {Role.USER, Role.ADMIN}
        assert await stage.events(str(user.id)) == ["UserRegistered"]
        await stage.log_in("root@example.org", "a long password")


async def test_what_is_refused_over_the_api_is_refused_offline(stage: Any) -> None:
    user = await stage.register()
    async with stage.units.begin(read_only=True) as uow:
        with pytest.raises(EmailTaken):
            await stage.admin.create(uow, user["email"].upper(), "a long password", "X")
        with pytest.raises(PasswordRefused):
            await stage.admin.create(uow, "y@example.org", "short", "X")
        with pytest.raises(RoleUnknown):
            await stage.admin.create(uow, "y@example.org", "a long password", "X", ["king"])
        with pytest.raises(PasswordRefused):
            await stage.admin.reset_password(uow, user["email"], "short")
        with pytest.raises(UserNotFound):
            await stage.admin.set_roles(uow, "nobody@example.org", [])


async def test_a_reset_password_ends_all_sessions(stage: Any) -> None:
    user = await stage.register()
    tokens = await stage.log_in(user["email"])
    async with stage.units.begin() as uow:
        await stage.admin.reset_password(uow, user["email"], "what the admin chose")
    assert (await stage.refresh(tokens["refresh_token"])).status_code == 400
    await stage.log_in(user["email"], "what the admin chose")


async def test_users_are_listed_by_age_in_pages(stage: Any) -> None:
    made = [await stage.register() for _ in range(3)]
    first = UserId(UUID(made[0]["id"]))
    async with stage.units.begin(read_only=True) as uow:
        page = await stage.admin.list_users(uow, after=first, limit=2)
    assert [str(user.id) for user in page] == [made[1]["id"], made[2]["id"]]


async def test_roles_are_given_and_taken(stage: Any) -> None:
    user = await stage.register()
    for roles in (["admin", "arbiter"], []):
        async with stage.units.begin() as uow:
            changed = await stage.admin.set_roles(uow, user["email"], roles)
        assert changed.roles == {Role.USER, *map(Role, roles)}


async def test_an_invitation_made_offline_admits(open_stage: Any) -> None:
    async with open_stage(Registration.INVITE) as stage:
        async with stage.units.begin() as uow:
            made = await stage.admin.invite(uow, None, timedelta(hours=1))
        assert (await stage.register(invite=made.token))["roles"] == ["user"]
