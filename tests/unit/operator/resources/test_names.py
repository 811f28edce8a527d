"""Names and labels that the API takes, whatever a battle is called."""

import re

from hypothesis import given
from hypothesis import strategies as st

from arena_operator.resources.naming import Owner, dedicated_name, label_value
from arena_operator.resources.result_config_map import LIMIT, fits

DNS_LABEL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")


def name(battle: str, uid: str = "u") -> str:
    return dedicated_name(Owner("Battle", "arena", battle, uid))


@given(st.text(max_size=300), st.text(max_size=100))
def test_any_name_gives_a_dns_label_that_leaves_room_for_pods(battle: str, uid: str) -> None:
    assert DNS_LABEL.fullmatch(name(battle, uid))
    assert len(name(battle, uid)) <= 45


@given(st.text(max_size=300))
def test_any_text_gives_a_label_value(text: str) -> None:
    assert LABEL.fullmatch(label_value(text))
    assert len(label_value(text)) <= 63


def test_long_names_are_told_apart() -> None:
    one, other = "a" * 100 + "1", "a" * 100 + "2"
    assert label_value(one) != label_value(other)
    assert name("cup", "1") != name("cup", "2")
    assert name("a.b") == name("a.b")


def test_a_document_of_exactly_the_limit_fits() -> None:
    assert fits("x" * LIMIT)
    assert not fits("ü" * (LIMIT // 2) + "x")
