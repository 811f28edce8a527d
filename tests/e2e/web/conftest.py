"""The real server as a process, and Debian's chromium before it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no stubs
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from arena.embedded.testing import PASSWORD
from arena.embedded.testing_process import ArenaProcess, open_folder
from tests.skipping import CHROMIUM

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
PATIENCE = 20_000
SERIOUS = {"serious", "critical"}


def complaints(page: Page) -> list[str]:
    """What axe finds (WCAG 2.2 AA and its best practices), and what is wider than the screen."""
    found = Axe().run(page).response["violations"]
    told = [f"{page.url} {one['id']}: {node['html'][:120]}" for one in found if one["impact"] in SERIOUS for node in one["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        told.append(f"{page.url} is wider than the screen")
    return told


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    with open_folder() as found:
        yield found


@pytest.fixture(scope="session")
def arena(server_folder: Path) -> Iterator[ArenaProcess]:
    """`arena up`, for all tests of this folder."""
    process = ArenaProcess(server_folder / "data")
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Closed after each file: while Playwright is open its event loop runs, and no asynchronous test of another folder could."""
    path = next(found for name in CHROMIUM if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class People:
    """Opens a browser for each; what goes wrong in any of them is kept."""

    arena: ArenaProcess
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def visitor(self, **options: Any) -> Page:
        """Somebody without an account."""
        known: dict[str, Any] = {"viewport": PHONE, "timezone_id": "Europe/Berlin", "locale": "en-GB", "base_url": self.arena.url}
        context = self.chromium.new_context(**(known | options))
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        return context.new_page()

    def register(self, name: str, email: str, **options: Any) -> Page:
        """Somebody who has just made an account."""
        page = self.visitor(**options)
        page.goto("/sign-up")
        page.get_by_label("Name").fill(name)
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Make the account").click()
        page.wait_for_url("**/today")
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        """Refusals and lost connections are part of the tests; what the content policy stops is not."""
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def people(arena: ArenaProcess, chromium: Browser) -> Iterator[People]:
    """Fails the test that left a script error or a breach of the content policy behind."""
    everybody = People(arena, chromium)
    yield everybody
    for context in everybody.contexts:
        context.close()
    assert everybody.complaints == []


@pytest.fixture
def make_habit() -> Callable[..., str]:
    """Makes a habit through its form; answers its address."""

    def make(page: Page, name: str, *, amount: str = "", unit: str = "") -> str:
        page.goto("/habits/new?then=/habits")
        page.get_by_label("Name", exact=True).fill(name)
        if amount:
            page.get_by_label("An amount").check()
            page.get_by_label("Amount", exact=True).fill(amount)
            page.get_by_label("Unit").fill(unit)
        page.get_by_role("button", name="Make the habit").click()
        page.wait_for_url("**/habits")
        return str(page.get_by_role("link", name=name).get_attribute("href"))

    return make
