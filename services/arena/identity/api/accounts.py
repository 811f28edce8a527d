"""Registration, oneself, others' profiles, invitations."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query

from arena.chassis.core.errors import Forbidden, ValidationFailed
from arena.chassis.http.auth import CurrentPlatform, CurrentPrincipal, CurrentUser, Principal, PrincipalKind, require_role
from arena.chassis.http.door import ReadUnitOfWork, WriteUnitOfWork
from arena.chassis.http.rate_limits import SignInLimit
from arena.chassis.http.route import Router
from arena.contracts.ids import UserId
from arena.identity.api.door import PREFIX, IdentityDep, NewAccount, NewPassword, NotStored, ProvedAgain
from arena.identity.schemas import InviteIn, InviteOut, LookupsIn, LookupsOut, ProfilePatch, ProfilesOut, TokenOut, UserOut

router = Router(PREFIX, tags=["identity"])
MOST_PROFILES: Final = 100
_LONGEST_LIST: Final = 5000


@router.post("/users", status_code=201, summary="Register", dependencies=[SignInLimit, NotStored])
async def register(application: NewAccount, uow: WriteUnitOfWork, identity: IdentityDep) -> UserOut:
    """Make an account."""
    return UserOut.from_domain(await identity.accounts.register(uow, application))


@router.get("/me", summary="Who am I")
async def get_me(user: CurrentUser, uow: ReadUnitOfWork, identity: IdentityDep) -> UserOut:
    """The account of whoever asks."""
    return UserOut.from_domain(await identity.accounts.me(uow, UserId(user.user_id)))


@router.patch("/me", summary="Change the profile")
async def change_me(body: ProfilePatch, user: CurrentUser, uow: WriteUnitOfWork, identity: IdentityDep) -> UserOut:
    """Another display name, locale or consent."""
    changed = await identity.accounts.change(
        uow, UserId(user.user_id), display_name=body.display_name, locale=body.locale, share_name=body.share_name
    )
    return UserOut.from_domain(changed)


@router.put("/me/password", summary="Change the password", dependencies=[NotStored])
async def change_password(change: NewPassword, uow: WriteUnitOfWork, identity: IdentityDep) -> TokenOut:
    """Every session ends; the tokens answered begin a new one."""
    return TokenOut.from_domain(await identity.sessions.change_password(uow, change.proof, change.password_hash))


@router.delete("/me", status_code=204, summary="Erase the account", dependencies=[NotStored])
async def erase_me(proof: ProvedAgain, uow: WriteUnitOfWork, identity: IdentityDep) -> None:
    """Delete every row about whoever asks, in all services; it cannot be undone."""
    await identity.accounts.erase(uow, proof)


async def _profile_ids(
    ids: Annotated[str, Query(max_length=_LONGEST_LIST, description="Up to 100 user ids, joined by commas.")],
) -> list[UUID]:
    try:
        wanted = [UUID(text.strip()) for text in ids.split(",") if text.strip()]
    except ValueError:
        raise ValidationFailed("ids is a list of user ids (UUIDs) joined by commas.", field="ids") from None
    if len(wanted) > MOST_PROFILES:
        raise ValidationFailed(f"ids names at most {MOST_PROFILES} users.", field="ids")
    return wanted


async def _who_may_know_names(principal: CurrentPrincipal) -> Principal:
    if principal.kind is PrincipalKind.PLATFORM:
        raise Forbidden("The platform learns names only with consent: ask for the summary of a battle.")
    return principal


@router.get("/profiles", summary="Public profiles", response_model_exclude_none=True)
async def get_profiles(
    ids: Annotated[list[UUID], Depends(_profile_ids)],
    asker: Annotated[Principal, Depends(_who_may_know_names)],
    uow: ReadUnitOfWork,
    identity: IdentityDep,
) -> ProfilesOut:
    """Display names of up to 100 users; unknown and erased ones are absent. Services are told of the consent to show them."""
    profiles = await identity.accounts.profiles(uow, ids)
    return ProfilesOut.from_domain(profiles, consent=asker.kind is PrincipalKind.SERVICE)


@router.post("/lookups", summary="Whose e-mail addresses are these?", dependencies=[NotStored])
async def look_up(_: CurrentPlatform, body: LookupsIn, uow: ReadUnitOfWork, identity: IdentityDep) -> LookupsOut:
    """The users of up to 100 addresses, for the platform and for services; addresses of nobody are absent."""
    return LookupsOut.from_domain(await identity.accounts.lookups(uow, body.emails))


@router.post("/invites", status_code=201, summary="Invite somebody", dependencies=[NotStored])
async def invite(
    admin: Annotated[Principal, Depends(require_role("admin"))],
    uow: WriteUnitOfWork,
    identity: IdentityDep,
    body: InviteIn | None = None,
) -> InviteOut:
    """An invitation that admits one person; for admins."""
    life = timedelta(days=(body or InviteIn()).expires_in_days)
    return InviteOut.from_domain(await identity.administration.invite(uow, UserId(admin.user_id), life))
