"""How random tokens travel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.identity.domain import opaque


@given(st.binary(min_size=32, max_size=32))
def test_a_token_comes_back_as_it_went(token: bytes) -> None:
    text = opaque.show(token)
    assert len(text) == 43
    assert opaque.read(text) == token


@given(st.text(max_size=50))
def test_any_other_text_is_none(text: str) -> None:
    token = opaque.read(text)
    assert token is None or len(token) == 32


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "+", "A" * 42 + "/", "A" * 42 + " ", "\u00fc" * 43])
def test_what_is_no_token_is_none(text: str) -> None:
    assert opaque.read(text) is None
