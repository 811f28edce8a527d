"""Sign up, in and out; cookies, fresh tokens, forms of other sites."""

from collections.abc import Callable
from http.cookies import SimpleCookie

import httpx
import pytest

from arena.chassis.http.auth import ACCESS_COOKIE, CSRF_COOKIE
from arena.embedded.testing import PASSWORD
from arena.web.session import REFRESH_COOKIE
from tests.integration.web.conftest import Browser


def given(answer: httpx.Response) -> SimpleCookie:
    cookies: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        cookies.load(line)
    return cookies


def drop(browser: Browser, name: str) -> None:
    """As the browser does when a cookie's time is over."""
    for cookie in list(browser.http.cookies.jar):
        if cookie.name == name:
            browser.http.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)


async def test_a_new_account_begins_at_today_with_days_in_the_browser_s_zone(browser: Browser) -> None:
    await browser.sign_up("Ann", time_zone="Pacific/Auckland")
    assert "Begin with one habit" in browser.text
    assert 'value="Pacific/Auckland"' in await browser.open("/profile")


async def test_without_scripts_there_is_no_zone_and_today_says_so(browser: Browser) -> None:
    await browser.sign_up("Ann", time_zone="")
    assert "Your days are counted in UTC" in browser.text


async def test_what_was_typed_is_kept_and_each_refusal_stands_beside_its_field(browser: Browser) -> None:
    await browser.open("/sign-up")
    await browser.send("Make the account", display_name="Ann", email="not an address", password=PASSWORD)
    assert browser.page.status_code == 422
    assert 'value="Ann"' in browser.text
    assert 'value="not an address" aria-invalid="true"' in browser.text
    assert 'id="email-error"' in browser.text
    assert PASSWORD not in browser.text


@pytest.mark.usefixtures("ann")
async def test_a_wrong_password_keeps_the_address_and_where_one_wanted_to_go(browsers: Callable[[], Browser]) -> None:
    other = browsers()
    await other.open("/sign-in?next=/battles")
    await other.send("Sign in", email="ann@example.org", password="wrong horse battery")
    assert 'value="ann@example.org"' in other.text
    assert 'role="alert"' in other.text
    await other.send("Sign in", email="ann@example.org", password=PASSWORD)
    assert other.path == "/battles"


@pytest.mark.usefixtures("ann")
async def test_a_page_for_who_is_signed_in_asks_to_sign_in_and_goes_on_there(browsers: Callable[[], Browser]) -> None:
    other = browsers()
    await other.open("/habits?x=1")
    assert "One moment" in other.text, "the refresh cookie is not sent along from another site: the page asks once more from here"
    await other.open(other.text.split("url=")[1].split('"')[0].replace("&amp;", "&"))
    assert other.path.startswith("/sign-in")
    await other.send("Sign in", email="ann@example.org", password=PASSWORD)
    assert other.path == "/habits?x=1"


@pytest.mark.usefixtures("ann")
async def test_next_never_leads_to_another_site(browsers: Callable[[], Browser]) -> None:
    other = browsers()
    await other.open("/sign-in?next=https://evil.example/")
    assert "evil" not in other.text
    await other.send("Sign in", email="ann@example.org", password=PASSWORD, next="//evil.example")
    assert other.path == "/today"


async def test_cookies_are_closed_to_scripts_and_to_other_sites(browser: Browser) -> None:
    await browser.open("/sign-up")
    await browser.send("Make the account", display_name="Ann", email="a@example.org", password=PASSWORD)
    cookies = given(browser.page.history[0])
    access, refresh, csrf = cookies[ACCESS_COOKIE], cookies[REFRESH_COOKIE], cookies[CSRF_COOKIE]
    assert (access["httponly"], access["samesite"], access["path"], access["secure"]) == (True, "lax", "/", "")
    assert (refresh["httponly"], refresh["samesite"], refresh["path"]) == (True, "strict", "/session")
    assert csrf["samesite"] == "lax"
    assert int(access["max-age"]) < 900


async def test_under_https_cookies_travel_encrypted_only(browser: Browser) -> None:
    browser.http.base_url = httpx.URL("https://arena.test")
    await browser.open("/sign-up")
    await browser.send("Make the account", display_name="Ann", email="a@example.org", password=PASSWORD)
    cookies = given(browser.page.history[0])
    assert all(cookies[name]["secure"] for name in (ACCESS_COOKIE, REFRESH_COOKIE, CSRF_COOKIE))


async def test_when_the_access_token_is_over_the_page_comes_all_the_same(ann: Browser) -> None:
    drop(ann, ACCESS_COOKIE)
    assert "Habits" in await ann.open("/habits?x=1")
    assert ann.path == "/habits?x=1"
    assert ACCESS_COOKIE in ann.http.cookies


async def test_a_form_sent_when_the_access_token_is_over_is_not_lost(ann: Browser) -> None:
    await ann.open("/habits/new")
    drop(ann, ACCESS_COOKIE)
    await ann.send("Make the habit", name="Read")
    assert ann.path == "/today"
    assert "Read" in ann.text


async def test_a_token_that_is_refused_is_renewed(ann: Browser) -> None:
    ann.http.cookies.set(ACCESS_COOKIE, "forged", domain="arena.test", path="/")
    await ann.open("/today")
    assert ann.path == "/today"


async def test_two_tabs_may_renew_at_once(ann: Browser, browsers: Callable[[], Browser]) -> None:
    tab = browsers()
    for cookie in ann.http.cookies.jar:
        tab.http.cookies.jar.set_cookie(cookie)
    drop(ann, ACCESS_COOKIE)
    drop(tab, ACCESS_COOKIE)
    await ann.open("/today")
    await tab.open("/today")
    assert (ann.path, tab.path) == ("/today", "/today")
    drop(ann, ACCESS_COOKIE)
    await ann.open("/today")
    assert ann.path == "/today", "both hold the one successor, so the session goes on"


async def test_signing_out_ends_the_session_here_and_in_the_api(ann: Browser) -> None:
    held = next(cookie.value for cookie in ann.http.cookies.jar if cookie.name == REFRESH_COOKIE)
    await ann.open("/profile")
    await ann.send("Sign out")
    assert ann.path == "/sign-in"
    assert ACCESS_COOKIE not in ann.http.cookies
    answer = await ann.http.post("/api/identity/token", data={"grant_type": "refresh_token", "refresh_token": str(held)})
    assert answer.status_code == 400


async def test_a_form_without_the_token_of_this_browser_is_refused(ann: Browser) -> None:
    for fields in ({"name": "x"}, {"name": "x", "csrf": "guessed"}):
        answer = await ann.http.post("/habits/new", data=fields)
        assert answer.status_code == 403
        assert "Nothing was stored" in answer.text
    assert "No habit yet" in await ann.open("/habits")


async def test_a_form_sent_from_another_site_is_refused_though_it_knows_the_token(ann: Browser) -> None:
    token = ann.http.cookies[CSRF_COOKIE]
    answer = await ann.http.post("/habits/new", data={"name": "x", "csrf": token}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


async def test_a_token_planted_before_signing_in_is_worth_nothing_afterwards(browser: Browser) -> None:
    browser.http.cookies.set(CSRF_COOKIE, "planted", domain="arena.test", path="/")
    await browser.sign_up("Ann")
    assert (await browser.http.post("/habits/new", data={"name": "x", "csrf": "planted"})).status_code == 403


async def test_what_posts_json_is_refused(ann: Browser) -> None:
    assert (await ann.http.post("/habits/new", json={"csrf": ann.http.cookies[CSRF_COOKIE]})).status_code == 403
