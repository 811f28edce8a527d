"""What a process is told to have, and what is wrong with what it is told."""

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from arena.chassis.core.settings import Settings, SettingsError, load_settings
from arena.embedded.ways import PROOF, ProvedVisitors, Ways
from arena.split.door import Door
from arena.split.process import share_of
from arena.split.secret_files import SetUpWrong

ALL = "identity=http://api,habits=http://api,scoring=http://api,battles=http://api,live=http://live"
TOKEN = "a-token-of-the-whole-installation"


def settings(services: str | None = ALL) -> Settings:
    return Settings(services=services)


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the address of the visitor."""
    del receive
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(scope["client"][0]).encode()})


def asking(app: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=("10.0.0.9", 1)), base_url="http://arena.test")  # type: ignore[arg-type]  # an ASGI app


def test_a_process_knows_what_it_has_and_where_the_others_are() -> None:
    share = share_of(settings(), serve=["live", "web"])
    assert (share.serve, share.work, share.keeping) == (("live", "web"), (), ("live",))
    assert share.addresses["battles"] == "http://api"


@pytest.mark.parametrize(
    ("serve", "work", "services", "words"),
    [
        (["lives"], [], ALL, "There is no service lives; there are identity, habits"),
        ([], ["live"], ALL, "live has nothing to do beside HTTP"),
        ([], ["relay"], ALL, "relay carries the log on to Kafka: it is worked for by `arena work relay`, with ARENA_BUS=kafka"),
        (["live", "live"], [], ALL, "named twice"),
        (["live"], [], "identity=http://api", "ARENA_SERVICES names no address of scoring, which live calls: scoring=http://HOST"),
        (["web"], [], f"{ALL},shop=http://shop", "ARENA_SERVICES names shop, which is no service"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(serve: list[str], work: list[str], services: str, words: str) -> None:
    with pytest.raises(SetUpWrong, match=words):
        share_of(settings(services), serve=serve, work=work)


def test_with_kafka_there_is_a_relay_to_work_for_and_nothing_of_it_to_serve() -> None:
    kafka = load_settings(services=ALL, bus="kafka", kafka_bootstrap="kafka:9092")
    assert share_of(kafka, work=["relay"]).keeping == ("relay",)
    with pytest.raises(SetUpWrong, match="relay carries the log on to Kafka"):
        share_of(kafka, serve=["relay"])


@pytest.mark.parametrize("given", [{"services": "identity"}, {"services": "identity=api:80"}, {"trusted_proxies": "10.0.0.0/99"}])
def test_addresses_that_are_none_are_refused_with_their_rule(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="joined by commas"):
        load_settings(**given)


async def test_a_request_for_a_service_of_this_process_stays_in_it_with_the_visitors_address() -> None:
    ways = Ways(frozenset({"identity"}), {}, TOKEN)
    ways.inside = who
    async with httpx.AsyncClient(transport=ways, base_url="http://arena.internal") as client:
        answer = await client.get("/api/identity/users", headers={"x-forwarded-for": "203.0.113.7"})
        assert answer.text == "203.0.113.7"
        with pytest.raises(httpx.ConnectError, match="no address of habits"):
            await client.get("/api/habits")


@pytest.mark.parametrize(("proof", "seen"), [(TOKEN, "203.0.113.7"), ("made up", "10.0.0.9"), (None, "10.0.0.9")])
async def test_only_a_process_of_the_installation_is_believed_who_visits(proof: str | None, seen: str) -> None:
    headers = {"x-forwarded-for": "203.0.113.7"} | ({PROOF: proof} if proof else {})
    async with asking(ProvedVisitors(who, TOKEN)) as client:
        assert (await client.get("/", headers=headers)).text == seen


async def test_the_door_is_alive_at_once_and_ready_with_a_platform_behind_it() -> None:
    door = Door()
    async with asking(door) as client:
        assert [(await client.get(path)).status_code for path in ("/livez", "/readyz", "/api/habits")] == [200, 503, 503]
        door.inside = who
        assert (await client.get("/readyz")).text == "10.0.0.9"
