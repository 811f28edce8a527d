"""A proof of a password is good only while the password is: what happens between the proof and the act on it."""

from typing import Any
from uuid import UUID

import pytest

from arena.contracts.ids import UserId
from arena.identity.domain.errors import AccountGone, InvalidCredentials
from arena.identity.use_cases.proof import Proof, credentials_by_email, credentials_of, prove

PASSWORD = "correct horse battery"


async def proof_of(stage: Any, email: str) -> Proof:
    async with stage.units.begin(read_only=True) as uow:
        credentials = await credentials_by_email(uow, email)
    return await prove(stage.identity.passwords, credentials, PASSWORD)


async def test_a_password_changed_after_the_proof_opens_no_session_and_erases_nothing(stage: Any) -> None:
    user = await stage.register()
    proof = await proof_of(stage, user["email"])
    async with stage.units.begin() as uow:
        await stage.admin.reset_password(uow, user["email"], "what the admin chose")
    async with stage.units.begin(read_only=True) as uow:
        with pytest.raises(InvalidCredentials):
            await stage.identity.sessions.open(uow, proof)
        with pytest.raises(InvalidCredentials):
            await stage.identity.sessions.change_password(uow, proof, "hash")
        with pytest.raises(InvalidCredentials):
            await stage.identity.accounts.erase(uow, proof)
    await stage.log_in(user["email"], "what the admin chose")


async def test_an_account_erased_after_the_proof_opens_no_session(stage: Any) -> None:
    user = await stage.register()
    proof = await proof_of(stage, user["email"])
    async with stage.units.begin() as uow:
        await stage.identity.accounts.erase(uow, proof)
    async with stage.units.begin(read_only=True) as uow:
        with pytest.raises(InvalidCredentials):
            await stage.identity.sessions.open(uow, proof)
        with pytest.raises(AccountGone):
            await credentials_of(uow, UserId(UUID(user["id"])))


async def test_no_secret_is_in_what_is_printed(stage: Any) -> None:
    user = await stage.register()
    proof = await proof_of(stage, user["email"])
    async with stage.units.begin() as uow:
        grant = await stage.identity.sessions.open(uow, proof)
    application = await stage.identity.accounts.apply("x@example.org", PASSWORD, "X", "an invitation")
    printed = repr([proof, grant, application])
    for secret in (proof.seen_hash, grant.access_token, grant.refresh_token, application.password_hash, "an invitation"):
        assert secret not in printed
