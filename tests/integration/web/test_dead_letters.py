"""The administrators' page: what could not be applied, what to do with it, what was done."""

from collections.abc import Callable

from sqlalchemy import text

from arena.embedded.testing import PASSWORD, TestPlatform
from tests.integration.platform.dead_letters import CONSUMER, WHY, make_admin, park
from tests.integration.web.conftest import Browser


async def sign_in_as_admin(platform: TestPlatform, ann: Browser) -> None:
    await make_admin(platform, "ann@example.org")
    await ann.open("/profile")
    await ann.send("Sign out")
    await ann.send("Sign in", email="ann@example.org", password=PASSWORD)


async def test_an_administrator_sees_why_replays_and_gives_up_with_a_reason(platform: TestPlatform, ann: Browser) -> None:
    key = await park(platform)
    await sign_in_as_admin(platform, ann)
    assert 'href="/admin/dead-letters"' in await ann.open("/profile")
    assert WHY in await ann.open("/admin/dead-letters")
    page = await ann.open(f"/admin/dead-letters/{CONSUMER}/{key}")
    assert "1 event waits behind it" in page
    assert f"&#34;user_id&#34;: &#34;{key}&#34;" in page
    assert "then one failed again" in await ann.send("Replay")
    assert "Fill this in." in await ann.send("Give it up", reason="")
    page = await ann.send("Give it up", reason="Made twice", position="1000")
    assert ann.page.status_code == 409
    assert "not that at 1000: look at it first." in page
    page = await ann.send("Give it up", reason="Made twice")
    assert ann.path == "/admin/dead-letters?applied=1"
    assert "Nothing is parked" in page
    assert "by Ann: Made twice" in page
    assert "by the platform: Unique" in page


async def test_a_key_whose_replay_broke_off_says_that_its_next_event_was_not_tried(platform: TestPlatform, ann: Browser) -> None:
    key = await park(platform)
    async with platform.parts.units["scoring"].begin() as uow:  # as after a process that ended between two events
        await uow.connection.execute(text("delete from parked where key = :key and reason is not null"), {"key": key})
    await sign_in_as_admin(platform, ann)
    assert "not tried yet" in await ann.open("/admin/dead-letters")
    page = await ann.open(f"/admin/dead-letters/{CONSUMER}/{key}")
    assert f"{CONSUMER} has yet to apply it:" in page
    await ann.send("Replay")
    assert ann.path == "/admin/dead-letters?applied=1"


async def test_others_are_told_that_it_is_not_for_them(ann: Browser) -> None:
    assert "/admin/" not in await ann.open("/profile")
    for path in ("/admin/dead-letters", f"/admin/dead-letters/{CONSUMER}/k"):
        await ann.open(path)
        assert ann.page.status_code == 403


async def test_who_is_not_signed_in_is_led_to_the_door(browsers: Callable[[], Browser]) -> None:
    somebody = browsers()
    await somebody.open("/admin/dead-letters")
    assert somebody.path.endswith("next=/admin/dead-letters")
