"""How PostgreSQL goes about it, by the plan that it keeps for statements asked again and again: one that knows nothing of the values."""

import pytest
from sqlalchemy import text

from arena.scoring.storage.contestants import CONTESTANTS, LIVE_PAIRS
from tests.integration.scoring.ground import Ground

_BATTLE = "00000000-0000-0000-0000-000000000001"


async def kept_plan(ground: Ground, statement: str) -> str:
    for number in range(1, statement.count("%b") + 1):
        statement = statement.replace("%b", f"${number}", 1)
    async with ground.scoring.engine.connect() as connection:
        rows = await connection.exec_driver_sql(f"explain (generic_plan) {statement}")
        return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize(
    ("statement", "key"),
    [(CONTESTANTS, "((battle_id = w.battle_id) AND (user_id = w.user_id))"), (LIVE_PAIRS, "(user_id = w.user_id)")],
    ids=["contestants", "live pairs"],
)
async def test_contestants_of_a_battle_that_has_filled_at_once_are_looked_up_one_by_one(ground: Ground, statement: str, key: str) -> None:
    async with ground.scoring.engine.begin() as connection:
        row = "select cast(:battle as uuid), gen_random_uuid(), array[gen_random_uuid()], 'UTC', 0, 'mon' from generate_series(1, 5000)"
        await connection.execute(text(f"insert into contestant {row}"), {"battle": _BATTLE})
    plan = await kept_plan(ground, statement)
    assert f"Index Cond: {key}" in plan, plan
