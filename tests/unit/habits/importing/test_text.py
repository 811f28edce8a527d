"""Foreign text: one line, nothing invisible that hurts, no longer than allowed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.habits.importing.report import Tally
from arena.habits.importing.text import MAX_NAME, UNNAMED, clean, clean_name


def changes(tally: Tally) -> list[str]:
    return [loss.what for loss in tally.export("x", ()).changed]


@pytest.mark.parametrize("name", ["Read", "新しい道", "Früh auf", "👩‍👩‍👧 call", "a\u00a0b", "नमस्ते"])
def test_a_good_name_is_left_alone(name: str) -> None:
    tally = Tally()
    assert clean_name(name, tally) == name
    assert changes(tally) == []


@pytest.mark.parametrize("name", ["", "   ", "\n", "\x00", "\u2028"])
def test_a_habit_without_a_name_gets_one(name: str) -> None:
    tally = Tally()
    assert clean_name(name, tally) == UNNAMED
    assert "habits without a name" in changes(tally)


def test_control_characters_go_and_line_breaks_become_spaces() -> None:
    tally = Tally()
    assert clean("a\x00b\x1b[2J\nc\r\nd\te", 200, tally) == "ab[2J c d e"
    assert changes(tally) == ["line breaks in a text", "control characters in a text"]


def test_a_name_is_cut_at_200_letters_and_reported() -> None:
    tally = Tally()
    assert clean_name("x" * 201, tally) == "x" * MAX_NAME
    assert changes(tally) == ["texts that are too long"]
    assert clean_name("x" * 200, other := Tally()) == "x" * 200
    assert changes(other) == []


@given(st.text(st.characters(codec=None), max_size=400))
def test_whatever_comes_in_can_be_stored_and_shown(raw: str) -> None:
    name = clean_name(raw, Tally())
    assert 0 < len(name) <= MAX_NAME
    assert not {unicodedata.category(sign) for sign in name} & {"Cc", "Cs", "Zl", "Zp"}
    assert clean_name(name, again := Tally()) == name
    assert changes(again) == ([] if "\ufffd" not in name else ["letters that are not valid Unicode"])
