"""An administrator in a browser: sees what could not be applied, tries it again, gives it up with a reason."""

import subprocess
from collections.abc import Callable

import psycopg
import pytest

from arena.embedded.postgres import find_running
from arena.embedded.testing import PASSWORD
from tests.e2e.web.conftest import People, complaints
from tests.integration.cli.shell import Shell

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# A habit that scoring knows already, as if its consumer had failed over it.
_PARK = """
with parked as (insert into scoring.parked (consumer, topic, partition, position, at, key, type, payload, headers, reason, attempts)
  select 'scoring.ledger', topic, partition, position, at, key, type, payload, headers, 'ValueError: this is not how a habit begins', 3
  from log.event where type = 'HabitCreated' and key = %s order by position limit 1 returning *)
insert into scoring.dead_letter (act, consumer, topic, partition, position, key, type, attempts, why)
select 'parked', consumer, topic, partition, position, key, type, attempts, reason from parked"""


def test_a_dead_letter_is_seen_tried_again_and_given_up(people: People, make_habit: Callable[..., str]) -> None:
    page = people.register("Nora", "nora@example.org")
    make_habit(page, "Read")
    user = page.locator("body").get_attribute("data-user")
    shell = Shell(people.arena)
    subprocess.run(shell.command("user", "roles", "nora@example.org", "admin"), env=shell.environ, check=True, timeout=60)
    endpoint = find_running(people.arena.data_dir)
    assert endpoint is not None
    with psycopg.connect(endpoint.conninfo(), autocommit=True) as database:
        database.execute(_PARK, [user])
    page.goto("/profile")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill("nora@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/today")
    page.goto("/profile")
    page.get_by_role("link", name="Dead letters").click()
    found = complaints(page)
    page.get_by_role("link", name="HabitCreated").click()
    found += complaints(page)
    assert page.get_by_text("this is not how a habit begins").is_visible()
    page.get_by_role("button", name="Replay").click()
    page.get_by_role("alert").filter(has_text="UniqueViolation").wait_for()
    page.get_by_role("button", name="Give it up").click()
    page.get_by_text("Fill this in.").wait_for()
    found += complaints(page)
    page.get_by_label("Reason").fill("The habit is there already")
    page.get_by_role("button", name="Give it up").click()
    page.wait_for_url("**/admin/dead-letters*")
    assert page.get_by_role("heading", name="Nothing is parked").is_visible()
    assert page.get_by_text("by Nora: The habit is there already").is_visible()
    found += complaints(page)
    assert found == []
