"""The closing lines of check-all count what pytest counted."""

from pathlib import Path

from tests.unit.tools.stand_ins import StandIns
from tools.parts import Part, count, table


def test_the_tests_of_all_reports_are_summed_by_how_they_ended(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<testsuites><testsuite tests="10" failures="1" errors="2" skipped="3"/></testsuites>', "utf-8")
    (tmp_path / "b.xml").write_text('<testsuites><testsuite tests="5" failures="0" errors="0" skipped="0"/></testsuites>', "utf-8")
    total = count(sorted(tmp_path.glob("*.xml")))
    assert (total["passed"], total["failed"], total["skipped"]) == (9, 3, 3)


def test_the_table_tells_the_seconds_of_each_part_and_which_failed() -> None:
    lines = table([Part("lint", 12.34, passed=True), Part("bench", 7, passed=False)]).splitlines()
    assert [line.split() for line in lines] == [["lint", "12.3", "s", "passed"], ["bench", "7.0", "s", "FAILED"]]


def test_check_all_as_root_is_check_all_behind_sudo_with_the_callers_path(tmp_path: Path) -> None:
    programs = StandIns(tmp_path, "sudo")
    done = programs.make("check-all-as-root", MAKEFLAGS="n")  # a dry run: nothing is set up
    assert done.returncode == 0, done.stderr
    assert programs.calls() == [f"sudo --preserve-env env PATH={tmp_path}/bin HOME=/root make --no-print-directory check-all"]
