"""In what two result documents differ is named by contestant and field."""

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from arena.scoring.domain.differences import Difference, differences

DOCUMENT: dict[str, Any] = {
    "rule": "points@1",
    "tzdata": "2026a",
    "standings": [{"user_id": "a", "rank": 1, "score": 30}, {"user_id": "b", "rank": 2, "score": 20}],
}


def changed(**fields: Any) -> dict[str, Any]:
    return deepcopy(DOCUMENT) | fields


def test_equal_documents_do_not_differ() -> None:
    assert differences(DOCUMENT, deepcopy(DOCUMENT)) == []


def test_the_order_of_lines_alone_is_no_difference() -> None:
    assert differences(DOCUMENT, changed(standings=list(reversed(DOCUMENT["standings"])))) == []


def test_fields_of_the_whole_come_first_and_then_those_of_each_line() -> None:
    now = changed(tzdata="2026b", standings=[{"user_id": "b", "rank": 1, "score": 40}, {"user_id": "a", "rank": 2, "score": 30}])
    assert differences(DOCUMENT, now) == [
        Difference(None, "tzdata", "2026a", "2026b"),
        Difference("a", "rank", 1, 2),
        Difference("b", "rank", 2, 1),
        Difference("b", "score", 20, 40),
    ]


def test_a_line_that_only_one_has_is_one_difference() -> None:
    shorter = changed(standings=DOCUMENT["standings"][:1])
    assert differences(DOCUMENT, shorter) == [Difference("b", "line", "present", "absent")]
    assert differences(shorter, DOCUMENT) == [Difference("b", "line", "absent", "present")]


def test_a_field_that_only_one_has_is_named() -> None:
    more = changed(more=1, standings=[{**DOCUMENT["standings"][0], "digest": "x"}, DOCUMENT["standings"][1]])
    assert differences(DOCUMENT, more) == [Difference(None, "more", None, 1), Difference("a", "digest", None, "x")]
    assert differences(more, DOCUMENT) == [Difference(None, "more", 1, None), Difference("a", "digest", "x", None)]


def test_a_document_without_standings_lacks_every_line() -> None:
    assert [one.contestant for one in differences(DOCUMENT, {})] == [None, None, "a", "b"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), unique_by=lambda pair: pair[0]))
def test_differing_is_mutual(pairs: list[tuple[str, int]]) -> None:
    other = changed(standings=[{"user_id": user, "rank": rank, "score": 30} for user, rank in pairs])
    there, back = differences(DOCUMENT, other), differences(other, DOCUMENT)
    assert [(one.contestant, one.field, one.then, one.now) for one in there] == [(o.contestant, o.field, o.now, o.then) for o in back]
