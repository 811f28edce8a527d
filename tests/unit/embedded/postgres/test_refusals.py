"""What a person reads when the server does not start."""

import inspect
from pathlib import Path

import pytest

from arena.embedded.postgres import PostgresRefused, refusals


def kinds() -> list[type[PostgresRefused]]:
    return [kind for _, kind in inspect.getmembers(refusals, inspect.isclass) if issubclass(kind, PostgresRefused)]


def test_every_kind_has_a_slug_of_its_own() -> None:
    assert len({kind.slug for kind in kinds()}) == len(kinds()) > 10


def test_the_command_stands_on_a_line_of_its_own_below_the_sentence() -> None:
    refused = PostgresRefused("Open the way:", command="chmod o+x /srv")
    assert str(refused) == "Open the way:\n    chmod o+x /srv"
    assert str(PostgresRefused("No way.")) == "No way."


@pytest.mark.parametrize("words", ["could not write: No space left on device", "HINT:  Check free disk space."])
def test_a_full_disk_is_recognised_in_what_the_server_says(words: str) -> None:
    assert refusals.tells_of_a_full_disk(words)
    assert not refusals.tells_of_a_full_disk("database system is shut down")
    assert "/srv/arena" in refusals.disk_full(Path("/srv/arena")).sentence
