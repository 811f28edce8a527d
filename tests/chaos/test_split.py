"""The split shape under every nemesis at once: nothing promised is lost, doubled, reordered or made up, and the result is the log's."""

import os
import random
from collections.abc import Iterator

import pytest

from tests.chaos.campaign import Chapter, chapter
from tests.chaos.conftest import Report
from tests.chaos.history import Verdict
from tests.chaos.nemeses import Struck
from tests.chaos.shape import running
from tests.integration.split.conftest import Split, new_split

KILLS = int(os.environ.get("ARENA_KILLS", "1"))
SEED = os.environ.get("ARENA_SEED", "habitarena")


@pytest.fixture
def split() -> Iterator[Split]:
    with new_split() as made:
        yield made


@pytest.mark.slow
@pytest.mark.faketime
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("bus", ["log", pytest.param("kafka", marks=pytest.mark.kafka)])
async def test_battles_of_the_split_shape_end_exact_whatever_strikes(split: Split, report: Report, bus: str) -> None:
    """At least one battle, and more until there were so many kills."""
    chance = random.Random(SEED)  # noqa: S311 - a seeded test
    chapters: list[Chapter] = []
    async with running(split, bus) as shape:
        while sum(one.struck.kills for one in chapters) < KILLS:
            chapters.append(await chapter(shape, chance))
            report.tell(f"split, {bus}", chapters[-1].struck, chapters[-1].verdict, chapters[-1].promised)
            assert chapters[-1].verdict == Verdict()
    assert Struck.total(one.struck for one in chapters).in_flight
