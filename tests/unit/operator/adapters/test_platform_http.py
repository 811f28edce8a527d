"""The platform port over HTTP against a server that answers whatever it likes: nothing surprises the operator."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from arena.chassis.core.telemetry import enter_trace, leave_trace
from arena.contracts.battle_spec import BattleKind, Phase, WindowSpec
from arena_operator.adapters.platform_http import HttpPlatform
from arena_operator.adapters.token_file import TokenFile
from arena_operator.crd.declared import BattleTerms, DeclaredBattle
from arena_operator.crd.meta import ResourceMeta
from arena_operator.reconcile.observed import HeldBattle, LiveView, NotDeclared, Refused, Unavailable

AT = datetime(2030, 5, 1, 10, tzinfo=UTC)
META = ResourceMeta("Battle", "games", "spring", "uid-1", 3, "12", AT)
DECLARED = DeclaredBattle(BattleTerms(BattleKind.FREE_FOR_ALL), WindowSpec(datetime(2030, 5, 1, 10), datetime(2030, 5, 2, 10), "UTC"))  # noqa: DTZ001 - civil times have no zone
BATTLE = {
    "battle_id": "00000000-0000-0000-0000-000000000001",
    "phase": "open",
    "window": {"start": AT, "end": AT, "grace_ends": AT, "audit_ends": AT, "tzdata": "2026a"},
    "generation": 3,
    "joined": 0,
    "invited": 0,
}


class Server:
    """Answers in turn what it was given; keeps what was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes, str]] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    def say(self, status: int, body: Any, media: str = "application/json") -> None:
        import msgspec  # noqa: PLC0415 - only here

        self.answers.append((status, body if isinstance(body, bytes) else msgspec.json.encode(body), media))

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path, dict(request.headers), await request.read()))
        status, body, media = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status == 0:
            await asyncio.sleep(5)
        return web.Response(status=status or 200, body=body, content_type=media)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    running = TestServer(app)
    await running.start_server()
    made.url = str(running.make_url("")).rstrip("/")  # type: ignore[attr-defined]  # known once it listens
    yield made
    await running.close()


@pytest.fixture
async def platform(server: Server, tmp_path: Path) -> AsyncIterator[HttpPlatform]:
    file = tmp_path / "token"
    file.write_text("the-token")
    url: str = server.url  # type: ignore[attr-defined]  # see above
    made = HttpPlatform(url, url, TokenFile(file), seconds=1.5)
    yield made
    await made.close()


async def test_a_battle_is_declared_with_token_deadline_and_a_key_that_is_the_same_for_the_same(
    server: Server, platform: HttpPlatform
) -> None:
    server.say(201, BATTLE)
    held = await platform.declare(META, DECLARED, 7)
    assert isinstance(held, HeldBattle)
    assert held.phase is Phase.OPEN
    method, path, headers, _ = server.asked[0]
    assert (method, path) == ("PUT", "/api/battles/declarations/uid-1")
    assert headers["Authorization"] == "Bearer the-token"
    assert headers["Idempotency-Key"] == "uid-1-3-7-declare"
    assert 0 < int(headers["X-Request-Deadline-Ms"]) <= 1500
    await platform.declare(META, DECLARED, 7)
    assert server.asked[1][2]["Idempotency-Key"] == headers["Idempotency-Key"]


async def test_the_trace_of_a_pass_goes_on_in_the_services(server: Server, platform: HttpPlatform) -> None:
    server.say(200, BATTLE)
    token = enter_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    try:
        await platform.look(META)
    finally:
        leave_trace(token)
    assert server.asked[0][2]["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")


async def test_what_may_pass_is_asked_again_within_the_deadline(server: Server, platform: HttpPlatform) -> None:
    server.say(503, {"type": "https://habitarena.io/problems/try-again", "detail": "Later."})
    server.say(200, BATTLE)
    assert isinstance(await platform.look(META), HeldBattle)
    assert len(server.asked) == 2


async def test_a_refusal_is_told_as_one_and_not_asked_again(server: Server, platform: HttpPlatform) -> None:
    problem = {
        "type": "https://habitarena.io/problems/unknown-player",
        "detail": "?",
        "errors": [{"field": "players[0]", "message": "Who?"}],
    }
    server.say(422, problem, "application/problem+json")
    assert await platform.declare(META, DECLARED, 1) == Refused("unknown-player", "Who?", "players[0]")
    assert len(server.asked) == 1


async def test_an_unknown_declaration_is_not_declared_and_withdrawing_it_is_done(server: Server, platform: HttpPlatform) -> None:
    server.say(404, {"type": "https://habitarena.io/problems/declaration-not-found"}, "application/problem+json")
    assert await platform.look(META) == NotDeclared()
    server.answers = [(204, b"", "application/json")]
    assert await platform.withdraw(META, 1, cancel=True) == NotDeclared()
    assert server.asked[-1][2]["Idempotency-Key"] == "uid-1-3-1-cancel"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html><body>It works!</body></html>"),
        (200, b"{}"),
        (200, b"[1, 2"),
        (200, b"\xff\xfe"),
        (404, b"<html>no such page</html>"),
        (500, b"Traceback"),
        (500, {"type": "https://habitarena.io/problems/internal-error", "detail": "Something went wrong on our side."}),
        (302, b""),
        (401, {"type": "https://habitarena.io/problems/not-authenticated", "detail": "The token has expired."}),
        (200, b'{"pad": "' + b"x" * 5_000_000 + b'"}'),
    ],
)
async def test_nonsense_is_unavailable_with_a_sentence(server: Server, platform: HttpPlatform, status: int, body: Any) -> None:
    server.say(status, body)
    for answer in (await platform.look(META), await platform.declare(META, DECLARED, 1), await platform.watch(UUID(int=1))):
        assert isinstance(answer, Unavailable)
        assert len(answer.message.split()) > 3
        assert len(answer.message) < 500


async def test_silence_ends_with_the_deadline(server: Server, platform: HttpPlatform) -> None:
    server.say(0, BATTLE)
    began = asyncio.get_running_loop().time()
    answer = await platform.look(META)
    assert isinstance(answer, Unavailable)
    assert "No answer came from" in answer.message
    assert asyncio.get_running_loop().time() - began < 3


async def test_a_platform_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    platform = HttpPlatform("http://127.0.0.1:9", "http://127.0.0.1:9", TokenFile(tmp_path / "token"), seconds=1)
    assert isinstance(await platform.result(UUID(int=1)), Unavailable)
    await platform.close()


async def test_without_a_token_the_sentence_says_where_it_should_be(tmp_path: Path) -> None:
    platform = HttpPlatform("http://127.0.0.1:9", "http://127.0.0.1:9", TokenFile(tmp_path / "none"))
    answer = await platform.look(META)
    assert isinstance(answer, Unavailable)
    assert "token" in answer.message
    assert str(tmp_path) in answer.message
    await platform.close()


async def test_viewers_and_result_are_read(server: Server, platform: HttpPlatform) -> None:
    server.say(200, {"viewers": 3, "top": [{"user_id": str(UUID(int=2)), "rank": 1, "score": 20}], "as_of": AT})
    seen = await platform.watch(UUID(int=1))
    assert isinstance(seen, LiveView)
    assert (seen.viewers, seen.top[0].score) == (3, 20)
    server.answers = [(200, b'{"result": {}, "hash": "x"}', "application/json")]
    assert await platform.result(UUID(int=1)) == '{"result": {}, "hash": "x"}'
