"""What holds for every page: its size, its headers, what it says when it cannot be shown; import and profile."""

from collections.abc import Callable
from datetime import UTC, datetime

from arena.embedded.testing import PASSWORD
from arena.simulate.exports.history import history
from arena.simulate.exports.loop_db import loop_database
from tests.integration.web.conftest import LARGEST_PAGE, Browser

SIGNED_IN = ["/today", "/habits", "/habits/new", "/imports", "/battles", "/battles/new", "/profile", "/keys"]


async def test_a_page_is_complete_small_and_forbids_whatever_is_not_ours(ann: Browser) -> None:
    for path in SIGNED_IN:
        page = await ann.open(path)
        assert (ann.page.status_code, path) == (200, path)
        assert len(page.encode()) <= LARGEST_PAGE
        assert (page.count("<h1"), path) == (1, path)
        policy = ann.page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy


async def test_a_page_that_has_not_changed_is_not_sent_again(ann: Browser) -> None:
    await ann.open("/profile")
    again = await ann.http.get("/profile", headers={"if-none-match": ann.page.headers["etag"]})
    assert again.status_code == 304


async def test_an_address_that_is_none_is_a_page_with_a_number_to_quote(ann: Browser) -> None:
    page = await ann.open("/nowhere")
    assert ann.page.status_code == 404
    assert "There is nothing here" in page
    assert ann.page.headers["x-request-id"] in page
    assert ann.page.headers["content-type"].startswith("text/html")


async def test_somebody_else_s_habit_is_not_there(ann: Browser, browsers: Callable[[], Browser]) -> None:
    habit = await ann.make_habit("Mine")
    ben = browsers()
    await ben.sign_up("Ben")
    for path in (f"/habits/{habit}", f"/habits/{habit}/edit", f"/habits/{habit}/days/2026-11-21"):
        assert (await ben.http.get(path)).status_code == 404
    answer = await ben.http.post(f"/habits/{habit}/logs", data={"csrf": ben.http.cookies["arena_csrf"]})
    assert answer.status_code == 404


async def test_a_method_that_is_not_offered_is_a_page_too(ann: Browser) -> None:
    answer = await ann.http.delete("/today")
    assert answer.status_code == 405
    assert "This cannot be done here" in answer.text


async def test_the_api_beside_the_pages_still_answers_with_problems(ann: Browser) -> None:
    answer = await ann.http.get("/api/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "/today" not in (await ann.http.get("/api/openapi.json")).json()["paths"]


async def test_an_export_is_imported_once_and_the_report_accounts_for_it(ann: Browser) -> None:
    data = loop_database(history(7, datetime.now(UTC).date(), years=0.5))
    for told in ("What became of the file", "had been imported before"):
        await ann.open("/imports")
        form = {"csrf": ann.http.cookies["arena_csrf"]}
        answer = await ann.http.post("/imports", data=form, files={"file": ("loop.db", data)})
        assert answer.status_code == 200
        assert told in answer.text


async def test_a_file_that_is_no_export_is_told_and_nothing_is_stored(ann: Browser) -> None:
    await ann.open("/imports")
    for name, data in (("loop.db", b"SQLite format 3\x00" + b"x" * 100), ("notes.txt", b"hello"), ("empty", b"")):
        answer = await ann.http.post("/imports", data={"csrf": ann.http.cookies["arena_csrf"]}, files={"file": (name, data)})
        assert answer.status_code in {400, 415, 422}
        assert 'id="file-error"' in answer.text
    assert "No habit yet" in await ann.open("/habits")


async def test_no_file_is_told(ann: Browser) -> None:
    await ann.open("/imports")
    answer = await ann.http.post("/imports", data={"csrf": ann.http.cookies["arena_csrf"]})
    assert "Choose the file" in answer.text


async def test_the_profile_keeps_name_and_day_and_tells_what_is_wrong(ann: Browser) -> None:
    await ann.open("/profile")
    await ann.send("Save", display_name="Anna", locale="de-AT")
    assert "Saved." in ann.text
    assert 'value="Anna"' in ann.text
    await ann.open("/profile")
    await ann.send("Save", action="/days", time_zone="Asia/Tokyo", day_start="03:00", week_start="sun")
    assert 'value="Asia/Tokyo"' in ann.text
    assert 'value="03:00"' in ann.text
    await ann.send("Save", action="/days", time_zone="Mars/Olympus", day_start="03:00", week_start="sun")
    assert ann.page.status_code == 422
    assert 'id="time_zone-error"' in ann.text
    assert 'value="Mars/Olympus"' in ann.text


async def test_a_name_is_shared_by_a_box_that_is_ticked_and_no_more_when_it_is_not(ann: Browser) -> None:
    box = '<input type="checkbox" name="share_name" value="yes"'
    await ann.open("/profile")
    assert f"{box}>" in ann.text
    await ann.send("Save", display_name="Ann", locale="en", share_name="yes")
    assert f"{box} checked>" in ann.text
    await ann.send("Save", display_name="", locale="en", share_name="yes")
    assert ann.page.status_code == 422
    assert f"{box} checked>" in ann.text
    await ann.send("Save", display_name="Ann", locale="en", share_name=[])
    assert f"{box}>" in ann.text


async def test_a_changed_password_ends_the_other_sessions_and_not_this_one(ann: Browser, browsers: Callable[[], Browser]) -> None:
    await ann.open("/profile")
    await ann.send("Change it", current="wrong horse battery", new="another horse battery")
    assert 'id="current-error"' in ann.text
    await ann.send("Change it", current=PASSWORD, new="short")
    assert 'id="new-error"' in ann.text
    await ann.send("Change it", current=PASSWORD, new="another horse battery")
    assert "Changed." in ann.text
    other = browsers()
    await other.open("/sign-in")
    await other.send("Sign in", email="ann@example.org", password="another horse battery")
    assert other.path == "/today"


async def test_an_account_is_deleted_only_with_its_password(ann: Browser) -> None:
    await ann.open("/profile")
    await ann.send("Delete the account", password="wrong horse battery")
    assert 'id="erase-password-error"' in ann.text
    await ann.send("Delete the account", password=PASSWORD)
    assert ann.path == "/sign-in"
    await ann.send("Sign in", email="ann@example.org", password=PASSWORD)
    assert 'role="alert"' in ann.text
