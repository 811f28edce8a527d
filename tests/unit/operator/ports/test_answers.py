"""What the platform's answers mean."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from arena.contracts.battle_spec import Phase
from arena_operator.ports.answers import document, held, live, refusal
from arena_operator.reconcile.observed import HeldBattle, LiveView, NotDeclared, Refused, Unavailable

BATTLE = "0190b0c4-0000-7000-8000-000000000001"
DECLARATION: dict[str, Any] = {
    "battle_id": BATTLE,
    "phase": "running",
    "window": {
        "start": "2026-11-21T10:00:00Z",
        "end": "2026-11-21T11:00:00Z",
        "grace_ends": "2026-11-21T11:10:00Z",
        "audit_ends": "2026-11-21T11:10:00Z",
        "tzdata": "2025.2",
    },
    "generation": 3,
    "joined": 2,
    "invited": 1,
    "cancelled_for": None,
    "result_hash": None,
    "protect": False,
}


def problem(slug: str, detail: str = "It is so.", **more: Any) -> bytes:
    return json.dumps({"type": f"https://habitarena.io/problems/{slug}", "title": "x", "status": 409, "detail": detail} | more).encode()


def test_a_declaration_becomes_the_battle_as_it_stands() -> None:
    found = held(200, json.dumps(DECLARATION).encode())

    assert isinstance(found, HeldBattle)
    assert (str(found.battle_id), found.phase, found.generation, found.joined, found.invited) == (BATTLE, Phase.RUNNING, 3, 2, 1)
    assert found.timetable.end.isoformat() == "2026-11-21T11:00:00+00:00"


def test_what_is_not_declared_and_what_was_withdrawn_are_the_same() -> None:
    assert held(404, problem("declaration-not-found")) == NotDeclared()
    assert held(204, b"") == NotDeclared()


def test_a_refusal_names_its_field_and_sentence() -> None:
    errors = [{"field": "players[1]", "rule": "unknown-player", "message": "Nobody has an account with this e-mail."}]

    found = held(422, problem("unknown-player", "players[1]: Nobody has an account with this e-mail.", errors=errors))

    assert found == Refused("unknown-player", "Nobody has an account with this e-mail.", "players[1]")


def test_trouble_that_may_pass_is_no_refusal() -> None:
    for status in (401, 403, 408, 429, 500, 502, 503):
        assert isinstance(held(status, problem("whatever")), Unavailable), status


def test_a_page_in_the_place_of_an_answer_is_said_to_be_one() -> None:
    for status in (200, 302, 400, 404, 409, 500):
        assert isinstance(held(status, b"<html>Welcome to nginx</html>"), Unavailable), status


def test_the_top_of_the_standings_keeps_names_only_where_they_were_given() -> None:
    top = [
        {"user_id": BATTLE, "rank": 1, "score": 30, "display_name": None},
        {"user_id": BATTLE, "rank": 2, "score": 10, "display_name": "Ada"},
    ]

    found = live(200, json.dumps({"viewers": 4, "top": top, "as_of": "2026-11-21T10:30:00Z"}).encode())

    assert isinstance(found, LiveView)
    assert (found.viewers, [line.display_name for line in found.top]) == (4, [None, "Ada"])


def test_a_result_is_handed_on_as_it_came() -> None:
    body = b'{"hash":"00", "result":{"battle_id":"1"}}'

    assert document(200, body) == body.decode()
    assert isinstance(document(200, b'{"hash":"00"}'), Unavailable)
    assert isinstance(document(404, problem("result-not-ready")), Unavailable)


@given(
    status=st.integers(0, 999),
    body=st.one_of(st.binary(), st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda v: json.dumps(v).encode())),
)
def test_no_answer_at_all_can_surprise(status: int, body: bytes) -> None:
    held(status, body)
    live(status, body)
    document(status, body)
    refusal(status, body)
