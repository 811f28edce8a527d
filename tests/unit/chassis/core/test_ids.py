"""Ids."""

from uuid import UUID

from arena.chassis.core.ids import new_id


def test_an_id_is_a_plain_uuid_of_version_7() -> None:
    made = new_id()
    assert type(made) is UUID
    assert made.version == 7


def test_later_ids_sort_later_and_none_comes_twice() -> None:
    made = [new_id() for _ in range(5000)]
    assert sorted(made) == made
    assert len(set(made)) == 5000
