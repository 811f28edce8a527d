"""A tap while scoring stands still: it is kept, it says so, and it becomes counted where it is."""

from collections.abc import Callable, Iterator

import psutil
import pytest
from playwright.sync_api import expect

from arena.embedded.testing_process import ArenaProcess, open_folder
from tests.e2e.web.conftest import PATIENCE, People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def arena() -> Iterator[ArenaProcess]:
    """Its worker is a process of its own, to be halted."""
    with open_folder() as folder:
        process = ArenaProcess(folder / "data", words=("up", "--split"))
        process.start()
        yield process
        process.stop()


def test_a_tap_that_is_counted_late_says_so_until_it_is(arena: ArenaProcess, people: People, make_habit: Callable[..., str]) -> None:
    [worker] = [child for child in psutil.Process(arena.pid).children() if "work" in child.cmdline()]
    page = people.register("Rob", "rob@example.org")
    make_habit(page, "Read")
    page.goto("/today")
    worker.suspend()
    page.get_by_role("button", name="Log: Read").click()
    expect(page.get_by_text("kept, not counted yet")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator(".habit.due")).to_be_visible()
    worker.resume()
    expect(page.locator(".habit.done")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("not counted yet")).to_be_hidden()
    expect(page.get_by_text("1-day streak")).to_be_visible()
