"""Every page at 360 px, light and dark: nothing sticks out, and axe finds nothing serious."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page

from arena.embedded.secrets import SecretFile
from tests.e2e.web.conftest import DESK, PHONE, People, complaints

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def furnish(page: Page, make_habit: Callable[..., str]) -> list[str]:
    """Something on every page; answers all addresses."""
    read = make_habit(page, "Read a chapter of a book that has a remarkably long name")
    run = make_habit(page, "Run", amount="5", unit="km")
    page.goto("/today")
    page.locator('form[data-log="log"] button').first.click()
    page.get_by_role("button", name="Undo").wait_for()
    today = page.goto(read) and page.locator(".heat a.now").get_attribute("href")
    page.goto("/battles/new")
    page.get_by_label("Name", exact=True).fill("A battle with a name as long as people like to give them")
    start = datetime.now(ZoneInfo("Europe/Berlin")).replace(tzinfo=None) + timedelta(hours=1)
    page.get_by_label("Start", exact=True).fill(start.isoformat(timespec="minutes"))
    page.get_by_label("End", exact=True).fill((start + timedelta(days=1)).isoformat(timespec="minutes"))
    page.get_by_role("button", name="Make and open it").click()
    page.wait_for_url("**/battles/*-*")
    battle = page.url
    watch = page.locator("#spectator").input_value()
    fixed = ["/today", "/habits", "/habits/new", "/imports", "/battles", "/battles/new", "/profile", "/keys", "/nowhere"]
    return [*fixed, read, run, f"{run}/edit", str(today), battle, f"{battle}/edit", f"{battle}/join", watch]


def invite(people: People, email: str) -> str:
    """A battle that a resource declares and invites somebody to; answers its address."""
    token = SecretFile(people.arena.data_dir).get("internal_token")
    start = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(hours=2)
    window = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(), "time_zone": "Europe/Berlin"}
    resource = {"kind": "Battle", "namespace": "a-team-with-a-long-name", "name": "a-resource-with-a-name-as-long-as-people-like"}
    body = {"resource": resource, "generation": 1, "fence": 1, "name": "To which I am invited", "kind": "head_to_head", "window": window}
    headers = {"authorization": f"Bearer {token}"}
    address = f"{people.arena.url}/api/battles/declarations/{email.partition('@')[0]}"
    answer = httpx.put(address, json={**body, "players": [email]}, headers=headers).raise_for_status()
    return f"/battles/{answer.json()['battle_id']}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_axe_finds_nothing_serious(people: People, make_habit: Callable[..., str], scheme: str) -> None:
    page = people.register("Vera", f"vera-{scheme}@example.org", color_scheme=scheme, viewport=PHONE)
    told = complaints(page)
    declared = invite(people, f"vera-{scheme}@example.org")
    for address in [*furnish(page, make_habit), declared, f"{declared}/join"]:
        page.goto(address)
        told += complaints(page)
    page.goto("/battles")
    assert page.get_by_role("heading", name="You are invited").is_visible()
    page.goto("/today")
    page.keyboard.press("?")
    told += complaints(page)
    assert told == []


def test_the_pages_of_the_door_and_forms_with_refusals_too(people: People) -> None:
    page = people.visitor()
    told = []
    for address in ("/sign-in", "/sign-up"):
        page.goto(address)
        told += complaints(page)
        page.locator("main form button").first.click()
        page.locator(".error").first.wait_for()
        told += complaints(page)
    assert told == []


def test_text_is_never_wider_than_72_characters(people: People) -> None:
    page = people.register("Wim", "wim@example.org", viewport=DESK)
    narrow = "(() => { const e = document.createElement('p'); e.style.width = '72ch'; document.querySelector('main').append(e);"
    limit = page.evaluate(f"{narrow} const w = e.getBoundingClientRect().width; e.remove(); return w; }})()")
    for address in ("/today", "/imports", "/battles/new"):
        page.goto(address)
        widest = page.evaluate("Math.max(...[...document.querySelectorAll('main p')].map(p => p.getBoundingClientRect().width))")
        assert widest <= limit
