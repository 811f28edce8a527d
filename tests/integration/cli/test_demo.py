"""The demo from the first word to the last, and what it leaves behind: results that hold, replay, and outlive those who are gone."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from arena.embedded.testing_process import ArenaProcess
from arena.simulate.people import people
from tests.integration.cli.shell import Shell, open_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def shell() -> Iterator[Shell]:
    """An installation that does not run yet."""
    with open_folder() as folder:
        process = ArenaProcess(folder / "data")
        yield Shell(process)
        process.stop()


def signed_in(url: str, email: str, password: str) -> httpx.Client:
    form = {"grant_type": "password", "username": email, "password": password}
    token = httpx.post(f"{url}/api/identity/token", data=form).raise_for_status().json()["access_token"]
    return httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"})


def check_the_result(shell: Shell, told: dict[str, Any], folder: Path) -> None:
    """The body that the API answers, as a file."""
    with signed_in(told["url"], told["account"]["email"], told["account"]["password"]) as host:
        body = host.get(f"/api/battles/{told['battle']['id']}/result").raise_for_status().content
    file = folder / "result.json"
    file.write_bytes(body)
    assert shell.ask("verify", str(file))["computed"] == told["battle"]["hash"]
    file.write_bytes(body.replace(b'"score":', b'"score":1', 1))
    assert shell.ask("verify", str(file), code=1)["ok"] is False


def test_the_demo_plays_a_battle_whose_result_outlives_a_contestant_and_scoring_s_tables(shell: Shell, tmp_path: Path) -> None:
    shell.process.start()
    told = shell.ask("demo", "--exit", "--minutes", "1", "--users", "4", "--seed", "3")
    battle = told["battle"]
    assert [imported["kept"]["habits"] > 0 for imported in told["imports"]] == [True, True]
    assert (battle["phase"], battle["verified"], len(battle["standings"])) == ("final", True, 4)
    assert battle["page"].startswith(f"{shell.process.url}/watch/")
    assert battle["logs"] >= sum(row["score"] for row in battle["standings"]) // 10 > 5
    check_the_result(shell, told, tmp_path)
    assert shell.ask("replay", "battle", battle["id"])["hashes"]["shown"] == battle["hash"]
    gone = people(3, 1)[0]
    password = f"simulated 3 0 {gone.name}"
    with signed_in(shell.process.url, gone.email, password) as contestant:
        contestant.request("DELETE", "/api/identity/me", json={"password": password}).raise_for_status()
    shell.process.stop()
    rebuilt = shell.ask("replay", "scoring")
    assert [(one["rebuilt"], one["finalised"]) for one in rebuilt["results"]] == [(battle["hash"], battle["hash"])]
    replayed = shell.ask("replay", "battle", battle["id"])
    assert replayed["ok"]
    assert set(replayed["hashes"].values()) == {battle["hash"]}


def test_the_demo_starts_a_platform_of_its_own_and_ends_it_with_itself(shell: Shell) -> None:
    demo = subprocess.Popen(
        shell.command("demo", "--users", "2"), env=shell.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if line.startswith("watch it: "):
            break
    assert lines[0] == f"ready {shell.process.url}\n"
    assert httpx.get(f"{shell.process.url}/readyz").status_code == 200
    demo.send_signal(signal.SIGINT)
    rest, trouble = demo.communicate(timeout=60)
    assert (demo.returncode, rest.splitlines()[-1:]) == (0, ["stopped"])
    assert "Traceback" not in trouble
    with socket.socket() as free:
        free.bind(("127.0.0.1", shell.process.ports[0]))


def test_a_platform_started_by_the_demo_does_not_outlive_a_killed_demo(shell: Shell) -> None:
    demo = subprocess.Popen(shell.command("demo", "--users", "2"), env=shell.environ, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    assert demo.stdout.readline().startswith("ready ")
    platform = psutil.Process(demo.pid).children()
    demo.kill()
    demo.communicate(timeout=60)
    assert len(platform) == 1
    assert psutil.wait_procs(platform, timeout=5) == (platform, [])
    assert shell.process.start() > 0  # the folder and the ports are free again


def test_an_export_of_one_s_own_that_is_none_ends_the_demo_with_the_reason(shell: Shell, tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear Ada,")
    answer = shell.arena("demo", "--file", str(other), "--exit")
    assert answer.returncode == 1
    assert "watch it" not in answer.stdout
    assert answer.stderr.count("\n") == 1
