"""A browser without scripts: keeps cookies, follows redirects, fills in forms as they stand on the page."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from arena.embedded.testing import PASSWORD, TestPlatform

LARGEST_PAGE = 60 * 1024


@dataclass
class PostForm:
    """A form of a page: where it goes, and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class Forms(HTMLParser):
    """Reads the forms that post."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[PostForm] = []
        self._inside = False
        self._button = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("method") == "post"
            if self._inside:
                self.found.append(PostForm(given.get("action", "")))
        elif self._inside and tag in {"input", "textarea"} and "name" in given:
            chosen = given.get("type") not in {"radio", "checkbox"} or "checked" in given
            if chosen and given.get("type") != "file":
                self.found[-1].fields[given["name"]] = given.get("value", "")
        self._button = self._inside and tag == "button"

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        self._button = False

    def handle_data(self, data: str) -> None:
        if self._button:
            self.found[-1].buttons.append(data.strip())


@dataclass
class Browser:
    """One browser; `page` is what it shows."""

    http: httpx.AsyncClient
    page: httpx.Response = field(default_factory=lambda: httpx.Response(204))

    @property
    def text(self) -> str:
        return self.page.text

    @property
    def path(self) -> str:
        return self.page.url.raw_path.decode()

    async def open(self, path: str) -> str:
        self.page = await self.http.get(path)
        assert len(self.page.content) <= LARGEST_PAGE, f"{path} has {len(self.page.content)} bytes"
        return self.page.text

    async def send(self, button: str, action: str = "", **fields: Any) -> str:
        """Fill in the form with this button (and this part in its address) and press it."""
        form = next(form for form in Forms(self.text).found if button in form.buttons and action in form.action)
        known = {**form.fields, **fields}
        self.page = await self.http.post(form.action or self.path, data=known)
        return self.page.text

    async def sign_up(self, name: str, **fields: str) -> None:
        await self.open("/sign-up")
        known = {"display_name": name, "email": f"{name.lower()}@example.org", "password": PASSWORD, "time_zone": "Europe/Berlin"}
        await self.send("Make the account", **{**known, **fields})
        assert self.path == "/today", self.text

    async def make_habit(self, name: str, **fields: str) -> str:
        """Its id."""
        await self.open("/habits/new?then=/habits")
        await self.send("Make the habit", name=name, **fields)
        address = self.text.split(f'<span class="name">{name}</span>')[0].rsplit('href="/habits/', 1)[1]
        return address.split('"')[0]


@pytest.fixture
async def browsers(platform: TestPlatform) -> AsyncIterator[Callable[[], Browser]]:
    """Opens browsers."""
    opened: list[httpx.AsyncClient] = []

    def browser() -> Browser:
        transport = httpx.ASGITransport(app=platform.parts.http)
        opened.append(httpx.AsyncClient(transport=transport, base_url="http://arena.test", follow_redirects=True))
        return Browser(opened[-1])

    yield browser
    for http in opened:
        await http.aclose()


@pytest.fixture
def browser(browsers: Callable[[], Browser]) -> Browser:
    return browsers()


@pytest.fixture
async def ann(browser: Browser) -> Browser:
    """Somebody signed in."""
    await browser.sign_up("Ann")
    return browser
