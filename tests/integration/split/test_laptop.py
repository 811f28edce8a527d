"""`arena up --split`: processes on one machine, behind the address of the pages, over the data of `arena up`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import psutil
import pytest

from arena.embedded.testing import PASSWORD
from arena.embedded.testing_process import ArenaProcess, open_folder
from tests.chaos.load import battle_among, enlist
from tests.integration.split.conftest import until

pytestmark = pytest.mark.timeout(300)
WATCHING = 120
"""More than an HTTP client has connections, unless it is told otherwise."""


@pytest.fixture(scope="module")
def laptop() -> Iterator[ArenaProcess]:
    with open_folder() as folder:
        process = ArenaProcess(folder / "data", words=("up", "--split"))
        process.start()
        yield process
        process.stop()


def children(laptop: ArenaProcess) -> dict[str, psutil.Process]:
    """The processes by what they do; PostgreSQL's are not among them."""
    named = {}
    for child in psutil.Process(laptop.pid).children():
        words = child.cmdline()
        if "arena.cli.child" in words:
            named[" ".join(words[words.index("arena.cli.child") + 1 :])] = child
    return named


def register(url: str, name: str) -> tuple[httpx.Client, str]:
    """Somebody who has signed in, by the one address that there is."""
    http = httpx.Client(base_url=url, timeout=20)
    body = {"email": f"{name}@example.org", "password": PASSWORD, "display_name": name}
    user = http.post("/api/identity/users", json=body).raise_for_status().json()
    form = {"grant_type": "password", "username": body["email"], "password": PASSWORD}
    http.headers["authorization"] = f"Bearer {http.post('/api/identity/token', data=form).raise_for_status().json()['access_token']}"
    return http, str(user["id"])


def test_every_service_is_reached_at_the_address_of_the_pages(laptop: ArenaProcess) -> None:
    http, _ = register(laptop.url, "ann")
    habit = http.post("/api/habits", json={"name": "Push-ups", "kind": "yes_no"}).raise_for_status().json()
    assert [item["id"] for item in http.get("/api/habits").raise_for_status().json()["items"]] == [habit["id"]]
    assert http.get("/api/live/nonsense").json()["type"].endswith("/not-found")
    assert http.get("/api/nobody/x").status_code == 404
    assert http.get("/sign-in").headers["content-type"].startswith("text/html")
    assert set(children(laptop)) == {
        "serve identity habits battles scoring",
        "serve live",
        "serve web",
        "work identity habits scoring battles",
    }


def test_a_process_that_is_killed_is_told_of_and_started_again(laptop: ArenaProcess) -> None:
    http, _ = register(laptop.url, "ben")
    killed = next(child for words, child in children(laptop).items() if words.startswith("serve identity"))
    killed.kill()
    refused = http.get("/api/habits")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert refused.json()["type"].endswith("/upstream-unavailable")
    until(lambda: http.get("/api/habits").status_code == 200, 60)
    assert "process_ended" in laptop.log()


def test_a_large_body_is_passed_on_whole(laptop: ArenaProcess) -> None:
    http, _ = register(laptop.url, "carl")
    habits = b"Position,Name,Question,Description,NumRepetitions,Interval,Color\n" + b"".join(
        b"%03d,Habit %d,,,1,1,#388E3C\n" % (number, number) for number in range(30_000)
    )
    answer = http.post("/api/habits/imports", files={"file": ("Habits.csv", habits)})
    assert answer.status_code != 503
    assert "request_id" in answer.json() or "id" in answer.json()


async def test_however_many_watch_a_battle_others_are_served(laptop: ArenaProcess) -> None:
    people = await enlist(laptop.url, 2)
    battle = await battle_among(laptop.url, people, starts_in=2, lasts=timedelta(hours=1))
    async with AsyncExitStack() as open_streams:
        http = await open_streams.enter_async_context(
            httpx.AsyncClient(base_url=laptop.url, timeout=20, headers=people[0].headers, limits=httpx.Limits(max_connections=None))
        )
        for _ in range(WATCHING):
            stream = await open_streams.enter_async_context(http.stream("GET", f"/api/live/battles/{battle}/stream"))
            assert stream.status_code == 200
        assert (await http.get("/api/habits")).status_code == 200
        assert (await http.get(f"/api/live/battles/{battle}/standings")).status_code == 200


def test_whoever_is_killed_leaves_nobody_behind_and_the_data_is_that_of_one_process(laptop: ArenaProcess) -> None:
    _, user_id = register(laptop.url, "dora")
    left = list(children(laptop).values())
    laptop.kill()
    gone, alive = psutil.wait_procs(left, timeout=20)
    assert (len(gone), alive) == (4, [])
    laptop.words = ("up",)
    laptop.start()
    try:
        form = {"grant_type": "password", "username": "dora@example.org", "password": PASSWORD}
        token = httpx.post(f"{laptop.url}/api/identity/token", data=form, timeout=20).raise_for_status().json()["access_token"]
        me = httpx.get(f"{laptop.url}/api/identity/me", headers={"authorization": f"Bearer {token}"}, timeout=20)
        assert me.raise_for_status().json()["id"] == user_id
    finally:
        assert laptop.stop() == 0
        laptop.words = ("up", "--split")
        laptop.start()


def test_one_process_has_no_use_for_kafka() -> None:
    env = {**os.environ, "ARENA_BUS": "kafka", "ARENA_KAFKA_BOOTSTRAP": "localhost:1"}
    said = subprocess.run([sys.executable, "-m", "arena.cli.main", "up"], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 2
    assert "arena up --split --bus kafka" in said.stderr


def test_brokers_that_do_not_answer_are_told_of_before_anything_is_started() -> None:
    with open_folder() as folder:
        env = {**os.environ, "ARENA_KAFKA_BOOTSTRAP": "localhost:1", "ARENA_DATA_DIR": str(folder / "data"), "ARENA_PORT": "18099"}
        command = [sys.executable, "-m", "arena.cli.main", "up", "--split", "--bus", "kafka"]
        said = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=90)
        assert said.returncode == 1
        assert "ARENA_KAFKA_BOOTSTRAP" in said.stderr
        assert not (folder / "data").exists()
