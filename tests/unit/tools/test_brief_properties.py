"""Where examples cost much, properties are tried with few of them, and always the same."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.brief_properties import EXAMPLES, pytest_collection_modifyitems

NUMBERS = st.integers(0, 10**9)


def tried(*, most: int | None) -> list[int]:
    """The examples of a property that asks for so many, or for none in particular."""
    found: list[int] = []

    def holds(number: int) -> None:
        found.append(number)

    given_one: Any = given(NUMBERS)(holds)
    asking = given_one if most is None else settings(max_examples=most)(given_one)
    pytest_collection_modifyitems([SimpleNamespace(obj=asking)])  # type: ignore[list-item]  # an item as pytest has it, as far as it is read
    asking()
    return found


@pytest.mark.parametrize(("asked", "gets"), [(None, EXAMPLES), (500, EXAMPLES), (3, 3)])
def test_a_property_gets_few_examples_and_not_more_than_it_asks_for(asked: int | None, gets: int) -> None:
    assert len(tried(most=asked)) == gets


def test_the_examples_are_the_same_every_time() -> None:
    assert tried(most=20) == tried(most=20)


def test_what_is_no_property_is_left_alone() -> None:
    pytest_collection_modifyitems([SimpleNamespace(obj=tried), SimpleNamespace()])  # type: ignore[list-item]  # as above
