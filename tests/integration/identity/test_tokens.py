"""Log in, go on, log out, over HTTP and against PostgreSQL."""

import asyncio
import itertools
import threading
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from arena.chassis.http.jwks import from_jwks
from arena.chassis.http.tokens import GivenKeys, TokenVerifier
from arena.identity.keys import generate_key, rotate_keys
from arena.identity.passwords import OWASP, Match, Passwords


async def test_a_log_in_gives_a_token_that_the_published_keys_verify(stage: Any) -> None:
    user = await stage.register()
    answer = await stage.ask_token(grant_type="password", username=f" {user['email'].upper()} ", password="correct horse battery")
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["refresh_expires_in"]) == ("bearer", 900, 30 * 86400)
    assert answer.headers["cache-control"] == "no-store"
    document = await stage.http.get("/api/identity/jwks.json")
    assert document.json() == (await stage.http.get("/api/identity/.well-known/jwks.json")).json()
    known = await TokenVerifier(GivenKeys(from_jwks(document.json()))).verify(tokens["access_token"])
    assert (str(known.user_id), known.roles) == (user["id"], frozenset({"user"}))
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert {"iss", "sub", "aud", "iat", "exp", "jti", "roles"} <= claims.keys()
    assert claims["exp"] - claims["iat"] == 900
    assert abs(claims["iat"] - datetime.now(UTC).timestamp()) < 60


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(stage: Any, problem: Any) -> None:
    user = await stage.register()
    answers = [
        await stage.ask_token(grant_type="password", username=user["email"], password="a wrong password"),
        await stage.ask_token(grant_type="password", username="unknown@example.org", password="a wrong password"),
        await stage.ask_token(grant_type="password", username="no address at all", password="a wrong password"),
        await stage.ask_token(grant_type="password", username=user["email"], password="x" * 5000),
    ]
    assert {(answer.status_code, problem(answer)) for answer in answers} == {(401, "invalid-credentials")}
    assert len({answer.json()["detail"] for answer in answers}) == 1


async def test_for_an_unknown_address_as_much_is_hashed_as_for_a_known_one(open_stage: Any) -> None:
    matched: list[str] = []

    class Watched(Passwords):
        def _verify(self, stored: str, secret: bytes) -> bool:
            matched.append(stored)
            return super()._verify(stored, secret)

    async with open_stage(passwords=Watched()) as stage:
        user = await stage.register()
        for email in (user["email"], "unknown@example.org", "no address"):
            await stage.ask_token(grant_type="password", username=email, password="a wrong password")
    assert len(matched) == 3
    assert {stored.split("$")[3] for stored in matched} == {"m=19456,t=2,p=1"}


@pytest.mark.parametrize(
    ("form", "slug", "field"),
    [
        ({"grant_type": "magic"}, "unsupported-grant-type", "grant_type"),
        ({"grant_type": "password", "username": "a@b"}, "grant-incomplete", "password"),
        ({"grant_type": "password", "password": "x"}, "grant-incomplete", "username"),
        ({"grant_type": "refresh_token"}, "grant-incomplete", "refresh_token"),
        ({"grant_type": "refresh_token", "refresh_token": "made up"}, "invalid-grant", "refresh_token"),
        ({"grant_type": "refresh_token", "refresh_token": "A" * 43}, "invalid-grant", "refresh_token"),
    ],
)
async def test_a_form_that_asks_wrongly_is_told_what_is_wrong(
    stage: Any, problem: Any, form: dict[str, str], slug: str, field: str
) -> None:
    answer = await stage.ask_token(**form)
    assert (answer.status_code, problem(answer)) == (400, slug)
    assert answer.json()["errors"][0]["field"] == field


async def test_a_form_without_a_grant_type_is_refused_and_json_is_no_form(stage: Any, problem: Any) -> None:
    answer = await stage.ask_token(username="a@b")
    assert (answer.status_code, problem(answer)) == (422, "validation-failed")
    answer = await stage.http.post("/api/identity/token", json={"grant_type": "password"})
    assert (answer.status_code, problem(answer)) == (415, "unsupported-media-type")


async def test_parameters_that_oauth_clients_send_along_are_ignored(stage: Any) -> None:
    user = await stage.register()
    answer = await stage.ask_token(
        grant_type="password", username=user["email"], password="correct horse battery", scope="", client_id="x", client_secret="y"
    )
    assert answer.status_code == 200


async def test_each_refresh_token_is_followed_by_another(stage: Any) -> None:
    user = await stage.register()
    tokens = await stage.log_in(user["email"])
    seen = [tokens["refresh_token"]]
    for _ in range(3):
        answer = await stage.refresh(seen[-1])
        assert answer.status_code == 200
        seen.append(answer.json()["refresh_token"])
    assert len(set(seen)) == 4
    digests = await stage.sql(
        "select count(*) n from refresh_token t join session s on s.id = t.session_id where s.user_id = cast(:user as uuid)",
        user=user["id"],
    )
    assert digests[0].n == 4


async def test_a_lost_answer_can_be_had_again_for_a_short_while(stage: Any) -> None:
    first = (await stage.log_in((await stage.register())["email"]))["refresh_token"]
    answers = [await stage.refresh(first) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert (await stage.refresh(answers[0].json()["refresh_token"])).status_code == 200


async def test_two_tabs_that_refresh_at_once_go_on_in_one_session(stage: Any) -> None:
    first = (await stage.log_in((await stage.register())["email"]))["refresh_token"]
    answers = await asyncio.gather(*(stage.refresh(first) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_who_refreshes_while_another_does_waits_and_gets_the_same_answer(stage: Any) -> None:
    first = (await stage.log_in((await stage.register())["email"]))["refresh_token"]
    async with stage.units.begin() as uow:
        grant = await stage.identity.sessions.refresh(uow, first)
        others = [asyncio.create_task(stage.refresh(first)) for _ in range(2)]
        async with asyncio.timeout(10):
            while (await stage.sql("select count(*) n from pg_stat_activity where wait_event_type = 'Lock'"))[0].n < 2:  # noqa: ASYNC110 - PostgreSQL rings no bell for that
                await asyncio.sleep(0.02)
    assert {(await other).json()["refresh_token"] for other in others} == {grant.refresh_token}


async def test_a_token_used_again_later_ends_the_session(stage: Any, problem: Any) -> None:
    user = await stage.register()
    other = (await stage.log_in(user["email"]))["refresh_token"]
    first = (await stage.log_in(user["email"]))["refresh_token"]
    second = (await stage.refresh(first)).json()["refresh_token"]
    await stage.sql("update session set rotated_at = rotated_at - interval '10 seconds'")
    reused = await stage.refresh(first)
    assert (reused.status_code, problem(reused)) == (400, "invalid-grant")
    assert reused.headers["cache-control"] == "no-store"
    assert (await stage.refresh(second)).status_code == 400
    assert (await stage.refresh(other)).status_code == 200


async def test_a_token_two_steps_back_ends_the_session_at_once(stage: Any) -> None:
    first = (await stage.log_in((await stage.register())["email"]))["refresh_token"]
    second = (await stage.refresh(first)).json()["refresh_token"]
    third = (await stage.refresh(second)).json()["refresh_token"]
    assert (await stage.refresh(first)).status_code == 400
    assert (await stage.refresh(third)).status_code == 400


async def test_the_end_of_a_session_is_kept_also_when_the_request_has_an_idempotency_key(stage: Any) -> None:
    first = (await stage.log_in((await stage.register())["email"]))["refresh_token"]
    second = (await stage.refresh(first)).json()["refresh_token"]
    await stage.refresh(second)
    form = {"grant_type": "refresh_token", "refresh_token": first}
    answer = await stage.http.post("/api/identity/token", data=form, headers={"idempotency-key": "refresh-1"})
    assert answer.status_code == 400
    assert await stage.sql("select from idempotency_key where key = 'refresh-1'") == []


async def test_a_session_that_nobody_used_for_thirty_days_has_ended(stage: Any) -> None:
    user = await stage.register()
    token = (await stage.log_in(user["email"]))["refresh_token"]
    await stage.sql("update session set expires_at = now() where user_id = cast(:user as uuid)", user=user["id"])
    assert (await stage.refresh(token)).status_code == 400
    await stage.log_in(user["email"])
    [row] = await stage.sql("select count(*) n from session where user_id = cast(:user as uuid)", user=user["id"])
    assert row.n == 1


async def test_expired_sessions_go_when_somebody_logs_in(stage: Any) -> None:
    gone, user = await stage.register(), await stage.register()
    await stage.log_in(gone["email"])
    await stage.sql("update session set expires_at = now() - interval '1 year' where user_id = cast(:user as uuid)", user=gone["id"])
    await stage.log_in(user["email"])
    assert await stage.sql("select from session where user_id = cast(:user as uuid)", user=gone["id"]) == []


async def test_logging_out_ends_the_session_and_may_be_repeated(stage: Any) -> None:
    first = (await stage.log_in((await stage.register())["email"]))["refresh_token"]
    second = (await stage.refresh(first)).json()["refresh_token"]
    for token in (second, second, "made up"):
        answer = await stage.http.post("/api/identity/token/revoke", data={"token": token})
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await stage.refresh(second)).status_code == 400


async def test_no_token_lies_in_the_database(stage: Any) -> None:
    first = (await stage.log_in((await stage.register())["email"]))["refresh_token"]
    second = (await stage.refresh(first)).json()["refresh_token"]
    dump = str(await stage.sql("select * from session")) + str(await stage.sql("select * from refresh_token"))
    raw = [jwt.utils.base64url_decode(token) for token in (first, second)]
    rows = [*await stage.sql("select current, previous, sealed from session"), *await stage.sql("select digest from refresh_token")]
    assert first not in dump
    assert second not in dump
    assert not {bytes(value) for row in rows for value in row if value is not None} & set(raw)


async def test_new_roles_are_in_the_next_access_token(stage: Any) -> None:
    user = await stage.register()
    tokens = await stage.log_in(user["email"])
    async with stage.units.begin() as uow:
        await stage.admin.set_roles(uow, user["email"], ["arbiter"])
    claims = jwt.decode((await stage.refresh(tokens["refresh_token"])).json()["access_token"], options={"verify_signature": False})
    assert claims["roles"] == ["arbiter", "user"]


async def test_after_a_rotation_of_keys_older_tokens_are_still_good(open_stage: Any) -> None:
    pem = generate_key()
    async with open_stage(pem=pem) as stage:
        _, header = await stage.someone()
    async with open_stage(pem=rotate_keys(pem)) as stage:
        assert (await stage.http.get("/api/identity/me", headers=header)).status_code == 200
        assert len((await stage.http.get("/api/identity/jwks.json")).json()["keys"]) == 2
    async with open_stage(pem=rotate_keys(pem, keep=0)) as stage:
        assert (await stage.http.get("/api/identity/me", headers=header)).status_code == 401


async def test_a_hash_with_old_parameters_is_made_anew_at_log_in(stage: Any, open_stage: Any) -> None:
    user = await stage.register()
    async with open_stage(passwords=Passwords(OWASP)) as today:
        await today.log_in(user["email"])
        [row] = await today.sql("select password_hash from account where email = :email", email=user["email"])
        assert "m=19456,t=2,p=1" in row.password_hash
        await today.log_in(user["email"])


class Slow(Passwords):
    """Hashes only when let."""

    def __init__(self, at_once: int, waiting: int) -> None:
        super().__init__(at_once=at_once, waiting=waiting)
        self.gate = threading.Event()

    def _match(self, stored: str | None, password: str) -> Match:
        del stored, password
        self.gate.wait(10)
        return Match(right=False, fresh_hash=None)


async def test_while_passwords_are_hashed_no_connection_is_held(open_stage: Any, problem: Any) -> None:
    slow = Slow(at_once=2, waiting=28)
    async with open_stage(passwords=slow) as stage:
        waiting = [asyncio.create_task(stage.ask_token(grant_type="password", username=f"u{n}@x", password="p")) for n in range(31)]
        try:
            # One more than can wait: when it is turned away, all others are waiting.
            await asyncio.wait(waiting, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            assert stage.units.engine.pool.checkedout() == 0
            answer = await stage.http.get(
                "/api/identity/profiles?ids=", headers={"authorization": "Bearer internal-token-of-the-services-0123456789"}
            )
            assert answer.status_code == 200
        finally:
            slow.gate.set()
        slugs = sorted([problem(answer) for answer in await asyncio.gather(*waiting)])
    assert slugs == ["invalid-credentials"] * 30 + ["sign-in-busy"]


async def test_more_log_ins_than_can_wait_are_asked_to_come_again(open_stage: Any, problem: Any) -> None:
    slow = Slow(at_once=1, waiting=2)
    async with open_stage(passwords=slow) as stage:
        waiting = [asyncio.create_task(stage.ask_token(grant_type="password", username=f"u{n}@x", password="p")) for n in range(5)]
        try:
            for refusal in itertools.islice(asyncio.as_completed(waiting, timeout=10), 2):
                refused = await refusal
                assert (refused.status_code, problem(refused), refused.headers["retry-after"]) == (503, "sign-in-busy", "1")
        finally:
            slow.gate.set()
        answers = await asyncio.gather(*waiting)
    assert sorted(answer.status_code for answer in answers) == [401, 401, 401, 503, 503]
