"""The whole main job on the real server: an import, reasons, a battle that both watch live, a kill in between, a result to verify."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from arena.embedded.testing_process import ArenaProcess, open_folder
from arena.simulate.exports.history import history
from arena.simulate.exports.loop_db import loop_database
from tests.e2e.web.conftest import DESK, PATIENCE, People, complaints

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
MINUTE = timedelta(minutes=1)
UNTIL_START = timedelta(seconds=20)


@pytest.fixture(scope="module", params=["one process", pytest.param("processes over Kafka", marks=[pytest.mark.slow, pytest.mark.kafka])])
def arena(request: pytest.FixtureRequest) -> Iterator[ArenaProcess]:
    """Both shapes that a laptop can run, each on data of its own."""
    with open_folder() as folder:
        process = ArenaProcess(folder / "data")
        if request.param != "one process":
            process.words = ("up", "--split", "--bus", "kafka")
            process.env = {"ARENA_KAFKA_BOOTSTRAP": request.getfixturevalue("broker").bootstrap}
        process.start()
        yield process
        process.stop()


def now() -> datetime:
    return datetime.now(ZoneInfo("Europe/Berlin")).replace(tzinfo=None, microsecond=0)


def import_history(page: Page) -> None:
    data = loop_database(history(11, now().date(), years=2))
    page.goto("/imports")
    page.get_by_label("File").set_input_files({"name": "loop.db", "mimeType": "application/octet-stream", "buffer": data})
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="What became of the file")).to_be_visible(timeout=60_000)


def see_reasons(page: Page) -> None:
    page.get_by_role("link", name="See the habits").click()
    page.locator("main .lines a").first.click()
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    expect(page.locator(".heat a.d").first).to_be_attached()
    page.locator(".heat a.d.done").first.click()
    expect(page.get_by_text("imported").first).to_be_visible()


def make_battle(page: Page) -> tuple[str, str]:
    """The invite link and the spectator link."""
    page.goto("/battles/new")
    page.get_by_label("Name", exact=True).fill("One minute")
    start = now() + UNTIL_START
    page.get_by_label("Start", exact=True).fill(start.isoformat())
    page.get_by_label("End", exact=True).fill((start + MINUTE).isoformat())
    page.get_by_text("Points and deadlines").click()
    page.get_by_label("Late logs, minutes").fill("0")
    page.get_by_role("button", name="Make and open it").click()
    invite = page.get_by_label("Link for who is to join").input_value()
    return invite, page.locator("#spectator").input_value()


def rename_battle(page: Page) -> None:
    """Its owner changes it, from its page and back to it."""
    page.get_by_role("link", name="Change the battle").click()
    page.get_by_label("Name", exact=True).fill("A minute")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="A minute")).to_be_visible()


def join(page: Page, habit: str) -> None:
    page.get_by_label(habit).check()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("You are in with 1 habit.")).to_be_visible()


def log(page: Page, habit: str) -> None:
    """On Today, in another tab, so that the battle stays open."""
    tab = page.context.new_page()
    tab.goto("/today")
    tab.locator(".habit", has_text=habit).locator('form[data-log="log"] button').click()
    expect(tab.locator(".habit", has_text=habit).get_by_role("button", name="Undo")).to_be_visible()
    tab.close()


def leader(page: Page) -> str:
    return page.locator("#board li").first.locator(".who").inner_text().splitlines()[0]


def verify(page: Page, folder: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download result.json").click()
    file = folder / "result.json"
    download.value.save_as(file)
    command = [sys.executable, "-m", "arena.cli.main", "verify"]
    assert subprocess.run([*command, str(file)], capture_output=True, text=True, check=False).returncode == 0
    file.write_text(file.read_text("utf-8").replace('"score":10', '"score":20', 1), "utf-8")
    assert subprocess.run([*command, str(file)], capture_output=True, text=True, check=False).returncode == 1


def test_two_people_battle(arena: ArenaProcess, people: People, make_habit: Callable[..., str], tmp_path: Path) -> None:
    ann = people.register("Ann", "ann@example.org")
    import_history(ann)
    see_reasons(ann)
    make_habit(ann, "Battle reading")
    ben = people.register("Ben", "ben@example.org", viewport=DESK, color_scheme="dark")
    make_habit(ben, "Battle gym")

    invite, spectator = make_battle(ann)
    rename_battle(ann)
    ann.get_by_role("link", name="Choose your habits and join").click()
    join(ann, "Battle reading")
    ben.goto(invite)
    join(ben, "Battle gym")
    carl = people.visitor()
    carl.goto(spectator)

    for page in (ann, ben, carl):
        expect(page.locator("#battle[data-phase=running]")).to_be_visible(timeout=40_000)
    log(ben, "Battle gym")
    expect(ann.locator("#mine")).to_contain_text("10 behind Ben")
    expect(ben.locator("#mine")).to_contain_text("10 ahead of Ann")
    assert [leader(page) for page in (ann, ben, carl)] == ["Ben"] * 3
    assert [told for page in (ann, ben, carl) for told in complaints(page)] == []

    arena.kill()
    expect(ann.locator("#lost")).to_be_visible()
    arena.start()
    expect(ann.locator("#lost")).to_be_hidden(timeout=30_000)
    log(ann, "Battle reading")
    log(ann, "Battle reading")
    for page in (ben, carl):
        expect(page.locator("#board li").first).to_contain_text("Ann", timeout=PATIENCE)
    expect(ben.locator("#mine")).to_contain_text("10 behind Ann")
    for page in (ann, carl):
        expect(page.locator("#chart > svg")).to_be_visible()
        expect(page.locator("#chart > svg")).to_have_attribute("aria-label", re.compile("20"), timeout=PATIENCE)

    expect(ann.get_by_role("heading", name="You won with 20 points.")).to_be_visible(timeout=90_000)
    expect(ben.get_by_role("heading", name="Ann won with 20 points.")).to_be_visible()
    assert [told for page in (ann, ben, carl) for told in complaints(page)] == []
    verify(ann, tmp_path)
