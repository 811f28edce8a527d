"""Simulated people are the same for the same seed, and differ from one another."""

import pytest

from arena.simulate.people import NAMES, ZONES, people


def test_the_same_seed_gives_the_same_people() -> None:
    assert people(7, 30) == people(7, 30)
    assert people(7, 30)[:5] == people(7, 5)
    assert people(7, 5) != people(8, 5)


def test_everybody_has_an_address_and_a_name_of_their_own() -> None:
    crowd = people(1, 3 * len(NAMES))
    assert len({person.email for person in crowd}) == len(crowd)
    assert len({person.name for person in crowd}) == len(crowd)


def test_people_are_spread_over_the_zones_that_are_asked_for() -> None:
    assert {person.time_zone for person in people(1, 20)} == set(ZONES)
    assert [person.time_zone for person in people(1, 3, ["Asia/Tokyo", "Europe/Berlin"])] == ["Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo"]


def test_characters_lie_in_their_bounds_and_habits_are_not_doubled() -> None:
    crowd = people(3, 200)
    assert all(0 <= person.diligence <= 1 for person in crowd)
    assert all(-2.5 <= person.chronotype <= 3.5 for person in crowd)
    assert all(2 <= len(person.habits) == len({plan.name for plan in person.habits}) <= 4 for person in crowd)
    assert len({person.diligence for person in crowd}) > 100


@pytest.mark.parametrize("about", [("a",), ("a", 1)])
def test_chance_in_one_matter_is_the_same_whenever_it_is_asked(about: tuple[object, ...]) -> None:
    person = people(1, 1)[0]
    assert person.chance(*about).random() == person.chance(*about).random() != person.chance("other").random()
