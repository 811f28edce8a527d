"""What scripts add, and what holds without them: taps offline, keys, fresh tokens behind a long-open page, no scripts at all."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from arena.embedded.testing import PASSWORD
from tests.e2e.web.conftest import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_tap_without_a_server_is_kept_sent_later_and_counts_once(people: People, make_habit: Callable[..., str]) -> None:
    page = people.register("Olga", "olga@example.org")
    address = make_habit(page, "Read")
    page.goto("/today")
    page.context.set_offline(offline=True)
    page.get_by_role("button", name="Log: Read").click()
    expect(page.get_by_text("You are offline.")).to_be_visible()
    expect(page.locator(".habit.done")).to_be_visible()
    page.context.set_offline(offline=False)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.get_by_text("You are offline.")).to_be_hidden()
    page.goto(address)
    page.locator(".heat a.now").click()
    expect(page.locator("article.entry")).to_have_count(1)


def test_what_was_kept_offline_is_sent_when_the_page_is_opened_again(people: People, make_habit: Callable[..., str]) -> None:
    page = people.register("Pia", "pia@example.org")
    make_habit(page, "Read")
    page.goto("/today")
    page.context.set_offline(offline=True)
    page.get_by_role("button", name="Log: Read").click()
    expect(page.locator(".habit.done:not(.sending)")).to_be_visible()  # the request has failed, so the tap is kept
    page.close()
    page.context.set_offline(offline=False)
    again = page.context.new_page()
    again.goto("/today")
    expect(again.get_by_role("button", name="Undo")).to_be_visible()


def test_a_tap_answers_at_once_and_undo_takes_it_back_in_place(people: People, make_habit: Callable[..., str]) -> None:
    page = people.register("Quin", "quin@example.org")
    make_habit(page, "Run", amount="5", unit="km")
    page.goto("/today")
    page.get_by_label("Run: how much, in km").fill("many")
    page.get_by_role("button", name="Log Run").click()
    expect(page.get_by_role("alert")).to_contain_text("Write a number")
    expect(page.get_by_label("Run: how much, in km")).to_be_focused()
    page.get_by_label("Run: how much, in km").fill("5,5")
    page.keyboard.press("Enter")
    expect(page.locator(".amount")).to_have_text("5.5 km")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".habit.due")).to_be_visible()
    assert page.url.endswith("/today")


def test_everything_can_be_done_with_the_keyboard(people: People) -> None:
    page = people.visitor()
    page.goto("/sign-up")
    press = page.keyboard.press
    for _ in range(3):
        press("Tab")
    for text in ("Kim", "kim@example.org", PASSWORD):
        page.keyboard.type(text)
        press("Tab")
    press("Enter")
    page.wait_for_url("**/today")
    press("n")
    page.wait_for_url("**/habits/new")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("Read")
    press("Enter")
    page.wait_for_url("**/today")
    press("j")
    expect(page.get_by_role("button", name="Log: Read")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press("Escape")
    press("g")
    press("h")
    page.wait_for_url("**/habits")
    press("j")
    press("Enter")
    page.wait_for_url("**/habits/*")
    page.locator(".heat a.now").focus()
    press("Enter")
    page.wait_for_url("**/days/*")
    expect(page.get_by_role("heading", name="Logged")).to_be_visible()
    press("g")
    press("b")
    page.wait_for_url("**/battles")
    press("n")
    page.wait_for_url("**/battles/new")


def test_arrows_walk_through_the_calendar_which_is_one_stop_for_tab(people: People, make_habit: Callable[..., str]) -> None:
    page = people.register("Lea", "lea@example.org")
    address = make_habit(page, "Read")
    page.goto(address)
    page.get_by_role("button", name="Log it now").click()
    page.get_by_role("link", name="Another day or a note").click()
    page.get_by_role("link", name="Day before").click()
    page.get_by_role("button", name="Log it for yesterday").click()
    page.goto(address)
    expect(page.locator('.heat a[tabindex="0"]')).to_have_count(1)
    page.locator(".heat a.now").focus()
    before = page.evaluate("document.activeElement.getAttribute('href')")
    for key in ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.matches('.heat a[tabindex=\"0\"]')")
    assert before


def test_letter_keys_can_be_turned_off(people: People) -> None:
    page = people.register("Mia", "mia@example.org")
    page.keyboard.press("?")
    page.get_by_role("button", name="Turn letter keys off").click()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    assert page.url.endswith("/today")


def test_a_page_left_open_longer_than_its_token_goes_on_logging(people: People, make_habit: Callable[..., str]) -> None:
    page = people.register("Nia", "nia@example.org")
    make_habit(page, "Read")
    page.goto("/today")
    page.context.clear_cookies(name="arena_access")
    page.get_by_role("button", name="Log: Read").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_signed_out_in_another_tab_a_tap_leads_to_the_door_and_is_not_lost(people: People, make_habit: Callable[..., str]) -> None:
    page = people.register("Rosa", "rosa@example.org")
    make_habit(page, "Read")
    page.goto("/today")
    page.context.clear_cookies()
    page.get_by_role("button", name="Log: Read").click()
    page.wait_for_url(re.compile("/sign-in"))
    page.get_by_label("E-mail address").fill("rosa@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_without_scripts_every_form_works(people: People, make_habit: Callable[..., str]) -> None:
    page = people.register("Tom", "tom@example.org", java_script_enabled=False)
    expect(page.get_by_text("If you live elsewhere")).to_be_visible()
    make_habit(page, "Read")
    page.goto("/today")
    page.get_by_role("button", name="Log: Read").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".habit.due")).to_be_visible()
    page.goto("/keys")
    expect(page.get_by_role("heading", name="Keys", exact=True).first).to_be_visible()


def test_the_zone_of_the_browser_decides_the_days_of_a_new_account(people: People) -> None:
    page = people.register("Uma", "uma@example.org", timezone_id="Pacific/Auckland")
    page.goto("/profile")
    expect(page.get_by_label("Time zone")).to_have_value("Pacific/Auckland")
