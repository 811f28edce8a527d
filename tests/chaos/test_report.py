"""Processes that share a run of pytest write one report; another run begins a new one."""

import json
from pathlib import Path

from tests.chaos.conftest import Report
from tests.chaos.history import Verdict
from tests.chaos.nemeses import Struck


def test_the_parts_of_a_run_add_up_and_another_run_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "chaos.json"
    fought, planted, later = Report(), Report(planted=3, caught=2), Report(planted=1, caught=1)
    for _ in range(2):
        fought.tell("split", Struck({"kill api": 4}, kills=4, in_flight=3), Verdict(lost=["a-1 was promised"]), promised=7)
    fought.write(path, "one")
    planted.write(path, "one")
    told = json.loads(path.read_text("utf-8"))
    assert (told["kills"], told["in_flight"], told["lost"], told["doubled"], len(told["runs"])) == (8, 6, 2, 0, 2)
    assert told["planted"] == {"total": 3, "caught": 2}
    Report().write(path, "nothing was run")
    assert json.loads(path.read_text("utf-8")) == told
    later.write(path, "two")
    told = json.loads(path.read_text("utf-8"))
    assert (told["kills"], told["planted"]) == (0, {"total": 1, "caught": 1})
