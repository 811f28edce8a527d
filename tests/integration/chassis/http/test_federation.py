"""Workload tokens: real signatures, keys from a real server; what is wrong with a token is said, and nothing else gets in."""

import asyncio
import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from arena.chassis.core.errors import NotAuthenticated
from arena.chassis.http.federation import WorkloadVerifier
from arena.chassis.http.issuer_documents import IssuerDocuments
from arena.chassis.http.issuer_keys import IssuerKeys
from tests.integration.chassis.http.issuer import ISSUER, OPERATOR, Issuer, ec_key, jwk, serving, write_certificate

RSA = rsa.generate_private_key(65537, 2048)
NOW = int(datetime.now(UTC).timestamp())
Clock = list[float]
Verifiers = Callable[..., WorkloadVerifier]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving(Issuer()) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return [0.0]


@pytest.fixture
def verifier(issuer: Issuer, clock: Clock) -> WorkloadVerifier:
    """A service's verifier, the issuer's key set at its address."""
    return verifier_of(IssuerDocuments(ISSUER, f"{issuer.url}/openid/v1/jwks"), clock)


def verifier_of(documents: IssuerDocuments, clock: Clock) -> WorkloadVerifier:
    return WorkloadVerifier(documents.issuer, [OPERATOR], IssuerKeys(documents.fetch, now=lambda: clock[0]))


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def refusal(verifier: WorkloadVerifier, raw: str) -> str:
    with pytest.raises(NotAuthenticated) as refused:
        await verifier.verify(raw)
    return str(refused.value)


@pytest.mark.parametrize("key", [RSA, ec_key()], ids=["RS256", "ES256"])
async def test_the_operators_token_is_taken(issuer: Issuer, verifier: WorkloadVerifier, key: Any) -> None:
    issuer.keys = {"k": key}
    for audience in ("habitarena", ["habitarena"], ["https://kubernetes.default.svc", "habitarena"]):
        token = issuer.token(aud=audience)
        assert verifier.issued(token)
        await verifier.verify(token)
    assert len(issuer.asked) == 1


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"exp": NOW - 60}, "expired"),
        ({"nbf": NOW + 600}, "clocks"),
        ({"iat": NOW + 600}, "clocks"),
        ({"aud": ["https://kubernetes.default.svc"]}, "audience habitarena"),
        ({"aud": "habitarena-api"}, "audience habitarena"),
        ({"aud": []}, "lacks the claim aud"),
        ({"sub": "system:serviceaccount:arena:default"}, "system:serviceaccount:arena:default, which ARENA_PLATFORM_SUBJECTS"),
        ({"sub": f"{OPERATOR}2"}, "ARENA_PLATFORM_SUBJECTS"),
        ({"sub": OPERATOR.upper()}, "ARENA_PLATFORM_SUBJECTS"),
        ({"iss": "https://kubernetes.default.svc.example"}, "not valid"),
        ({"exp": None}, "lacks the claim exp"),
        ({"aud": None}, "lacks the claim aud"),
        ({"sub": None}, "lacks the claim sub"),
        ({"exp": "tomorrow"}, "not valid"),
    ],
)
async def test_what_is_wrong_with_a_token_is_said(issuer: Issuer, verifier: WorkloadVerifier, changes: dict[str, Any], word: str) -> None:
    assert word in await refusal(verifier, issuer.token(**changes))


async def test_clocks_may_differ_by_seconds(issuer: Issuer, verifier: WorkloadVerifier) -> None:
    now = int(datetime.now(UTC).timestamp())
    await verifier.verify(issuer.token(exp=now - 5))
    await verifier.verify(issuer.token(nbf=now + 5, iat=now + 5))


async def test_another_key_under_a_published_id_is_refused(issuer: Issuer, verifier: WorkloadVerifier) -> None:
    assert "not valid" in await refusal(verifier, issuer.token(key=ec_key()))


async def test_an_unsigned_token_is_refused(issuer: Issuer, verifier: WorkloadVerifier) -> None:
    unsigned = jwt.encode(jwt.decode(issuer.token(), options={"verify_signature": False}), "", algorithm="none", headers={"kid": "one"})
    assert "RS256 and ES256" in await refusal(verifier, unsigned)


async def test_the_public_key_is_no_shared_secret(issuer: Issuer, verifier: WorkloadVerifier) -> None:
    issuer.keys = {"k": RSA}
    public = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head, body = base64url(b'{"alg":"HS256","kid":"k","typ":"JWT"}'), issuer.token().split(".")[1]
    seal = base64url(hmac.digest(public, f"{head}.{body}".encode(), "sha256"))
    assert "RS256 and ES256" in await refusal(verifier, f"{head}.{body}.{seal}")


async def test_a_key_decides_how_it_signs_and_not_the_token(issuer: Issuer, verifier: WorkloadVerifier) -> None:
    issuer.keys = {"k": RSA}
    for algorithm in ("PS256", "RS384", "RS512"):
        assert "RS256 and ES256" in await refusal(verifier, issuer.token(algorithm=algorithm))


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
async def test_keys_that_are_not_for_this_are_passed_over(issuer: Issuer, verifier: WorkloadVerifier) -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that such a key is not taken is what is tested
    issuer.published = {
        "keys": [
            jwk("encrypts", RSA, use="enc"),
            jwk("other", RSA, alg="RS512"),
            jwk("weak", weak),
            {"kty": "oct", "kid": "secret", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"},
            {"kty": ["RSA"], "kid": "list"},
            {"kty": "EC", "crv": "P-521", "kid": "curve"},
            {"kty": "RSA", "kid": "broken", "n": "!", "e": 7},
            {"kty": "RSA", "kid": 7},
            "text",
            jwk("one", issuer.keys["one"]),
        ]
    }
    await verifier.verify(issuer.token())
    for kid, key in (("encrypts", RSA), ("other", RSA), ("weak", weak)):
        assert "does not publish" in await refusal(verifier, issuer.token(key=key, headers={"kid": kid}))


@pytest.mark.parametrize("raw", ["", "nonsense", "a.b.c", "x" * 9000, "e30.e30.", "\xff.\xfe.", ("W" * 40_000) + ".e30.e30"])
async def test_what_is_no_token_is_no_workload_token(verifier: WorkloadVerifier, raw: str) -> None:
    assert not verifier.issued(raw)
    assert "not valid" in await refusal(verifier, raw) or "does not publish" in await refusal(verifier, raw)


async def test_a_new_key_is_taken_at_once_and_a_withdrawn_one_no_more(issuer: Issuer, verifier: WorkloadVerifier, clock: Clock) -> None:
    old = issuer.token()
    await verifier.verify(old)
    issuer.keys["two"] = RSA
    clock[0] = 40.0
    await verifier.verify(issuer.token())
    await verifier.verify(old)
    del issuer.keys["one"]
    clock[0] = 400.0
    assert "does not publish" in await refusal(verifier, old)
    await verifier.verify(issuer.token())


async def test_made_up_keys_ask_the_issuer_twice_a_minute_at_most(issuer: Issuer, verifier: WorkloadVerifier, clock: Clock) -> None:
    for second in range(60):
        clock[0] = float(second)
        for number in range(3):
            assert "does not publish" in await refusal(verifier, issuer.token(headers={"kid": f"made-up {number}"}))
    assert len(issuer.asked) == 2


async def test_many_who_come_at_once_ask_the_issuer_once(issuer: Issuer, verifier: WorkloadVerifier) -> None:
    issuer.slow = 0.1
    await asyncio.gather(*(verifier.verify(issuer.token()) for _ in range(20)))
    assert len(issuer.asked) == 1


async def test_known_keys_are_used_while_the_issuer_is_down_and_nobody_waits_for_it_twice(
    issuer: Issuer, verifier: WorkloadVerifier, clock: Clock
) -> None:
    await verifier.verify(issuer.token())
    issuer.away = True
    asked = len(issuer.asked)
    for second in range(400, 430, 5):
        clock[0] = float(second)
        await verifier.verify(issuer.token())
    assert len(issuer.asked) == asked + 1
    assert "cannot be fetched now" in await refusal(verifier, issuer.token(headers={"kid": "two"}, key=RSA))
    issuer.away = False
    clock[0] = 431.0
    issuer.keys["two"] = RSA
    await verifier.verify(issuer.token())
    assert "does not publish" in await refusal(verifier, issuer.token(headers={"kid": "three"}))


async def test_while_one_asks_for_newer_keys_the_others_go_on_with_those_known(
    issuer: Issuer, verifier: WorkloadVerifier, clock: Clock
) -> None:
    await verifier.verify(issuer.token())
    issuer.slow = 1.0
    clock[0] = 400.0
    asking = asyncio.create_task(verifier.verify(issuer.token()))
    await asyncio.sleep(0.1)
    async with asyncio.timeout(0.5):
        await verifier.verify(issuer.token())
    assert not asking.done()
    await asking


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"keys": {}}', b"null", b"", b"[" * 100_000])
async def test_an_issuer_that_answers_nonsense_is_as_one_that_is_down(issuer: Issuer, verifier: WorkloadVerifier, body: bytes) -> None:
    issuer.published = body
    assert "cannot be fetched now" in await refusal(verifier, issuer.token())


async def test_an_issuer_that_nobody_reaches_is_told_in_time(clock: Clock) -> None:
    verifier = verifier_of(IssuerDocuments(ISSUER, "http://127.0.0.1:9/openid/v1/jwks"), clock)
    async with asyncio.timeout(5):
        assert "cannot be fetched now" in await refusal(verifier, Issuer().token())


async def test_keys_are_found_by_discovery_over_tls_with_the_token_that_the_issuer_wants(tmp_path: Path, clock: Clock) -> None:
    server, trusted = write_certificate(tmp_path)
    token_file = tmp_path / "token"
    with serving(Issuer(wanted_token="renewed"), server) as issuer:
        issuer.name = issuer.url
        distrustful = verifier_of(IssuerDocuments(issuer.url), clock)
        assert "cannot be fetched now" in await refusal(distrustful, issuer.token())
        token_file.write_text("old\n")
        verifier = verifier_of(IssuerDocuments(issuer.url, ca=trusted, token_file=token_file), clock)
        assert "cannot be fetched now" in await refusal(verifier, issuer.token())
        token_file.write_text("renewed\n")
        clock[0] = 31.0
        await verifier.verify(issuer.token())
        assert issuer.asked[-2:] == ["/.well-known/openid-configuration", "/openid/v1/jwks"]


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://another.example", "jwks_uri": "{url}/openid/v1/jwks"},
        {"issuer": "{url}", "jwks_uri": "http://another.example/keys"},
        {"issuer": "{url}", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "{url}", "jwks_uri": "https://[::"},
        {"issuer": "{url}", "jwks_uri": "https://another.example:port/keys"},
        {"issuer": "{url}"},
        ["nonsense"],
    ],
)
async def test_a_discovery_document_that_leads_astray_is_not_followed(tmp_path: Path, clock: Clock, document: Any) -> None:
    server, trusted = write_certificate(tmp_path)
    with serving(Issuer(), server) as issuer:
        issuer.name = issuer.url
        issuer.discovery = json.loads(json.dumps(document).replace("{url}", issuer.url))
        verifier = verifier_of(IssuerDocuments(issuer.url, ca=trusted), clock)
        assert "cannot be fetched now" in await refusal(verifier, issuer.token())
        assert issuer.asked == ["/.well-known/openid-configuration"]


async def test_keys_come_from_a_file_too_which_may_change(tmp_path: Path, clock: Clock) -> None:
    file, issuer = tmp_path / "keys.json", Issuer()
    verifier = verifier_of(IssuerDocuments(ISSUER, str(file)), clock)
    assert "cannot be fetched now" in await refusal(verifier, issuer.token())
    file.write_text(json.dumps({"keys": [jwk("one", issuer.keys["one"])]}))
    clock[0] = 31.0
    await verifier.verify(issuer.token())
