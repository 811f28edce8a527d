"""The operator before the whole platform, with a token that the cluster signed: what is open to it and what is not."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from arena.chassis.http.auth import PLATFORM_ID
from tests.integration.chassis.http.issuer import ISSUER, OPERATOR, Issuer, jwk
from tests.integration.live.test_watching import now, watch
from tests.integration.platform.acts import log, ok, problem, start_battle


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def platform_settings(tmp_path: Path, issuer: Issuer) -> dict[str, Any]:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [jwk(kid, key) for kid, key in issuer.keys.items()]}))
    return {"platform_issuer": ISSUER, "platform_subjects": f"other,{OPERATOR}", "platform_jwks": str(keys)}


@pytest.fixture
def operator(platform: Any, issuer: Issuer) -> httpx.AsyncClient:
    client: httpx.AsyncClient = platform.client(issuer.token())
    return client


async def test_the_operator_sees_battles_and_sums_them_up_and_learns_names_by_consent_only(platform: Any, operator: Any) -> None:
    ann, bob = await platform.person("Ann"), await platform.person("Bob")
    battle, habits = await start_battle(ann, bob, starts_in=3.0, invite_only=True)
    assert ok(await operator.get(f"/api/battles/{battle['id']}"))["id"] == battle["id"]
    ok(await ann.http.patch("/api/identity/me", json={"share_name": True}))
    stream = await watch(platform, ann, battle)
    ok(await log(bob.http, habits["Bob"], logged_at=now()), 201)
    await stream.scores(Ann=0, Bob=10)
    summary = await operator.get(f"/api/live/battles/{battle['id']}/summary")
    assert [(row["user_id"], row["display_name"]) for row in ok(summary)["top"]] == [(bob.id, None), (ann.id, "Ann")]
    assert ok(summary)["viewers"] == 1
    for path in ("standings", "stream", "history"):
        refused = await operator.get(f"/api/live/battles/{battle['id']}/{path}")
        assert problem(refused) == (403, "forbidden")
        assert f"/api/live/battles/{battle['id']}/summary" in refused.json()["detail"]
    assert problem(await operator.get("/api/identity/profiles", params={"ids": bob.id})) == (403, "forbidden")
    await stream.close()


async def test_the_operator_looks_up_players_and_is_nobody_with_an_account(platform: Any, operator: Any) -> None:
    ann = await platform.person("Ann")
    found = ok(await operator.post("/api/identity/lookups", json={"emails": ["Ann@example.org", "nobody@example.org"]}))
    assert found == {"users": [{"email": "Ann@example.org", "user_id": ann.id}]}
    for path in ("/api/identity/me", "/api/habits", "/api/scoring/streaks"):
        assert (await operator.get(path)).status_code in {403, 404}
    assert problem(await operator.get("/api/identity/me")) == (403, "forbidden")
    assert problem(await operator.get(f"/api/scoring/battles/{uuid4()}/standings")) == (403, "forbidden")
    assert str(PLATFORM_ID) != ann.id


async def test_a_token_that_is_no_good_is_told_why_at_every_service(platform: Any, issuer: Issuer) -> None:
    expired = platform.client(issuer.token(exp=int(datetime.now(UTC).timestamp()) - 60))
    elsewhere = platform.client(issuer.token(sub="system:serviceaccount:arena:default"))
    for path in ("/api/identity/me", "/api/habits", "/api/battles", f"/api/live/battles/{uuid4()}/summary"):
        answer = await expired.get(path)
        assert problem(answer) == (401, "not-authenticated")
        assert "expired" in answer.json()["detail"]
        assert "ARENA_PLATFORM_SUBJECTS" in (await elsewhere.get(path)).json()["detail"]
