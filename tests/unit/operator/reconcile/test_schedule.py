"""Cron in civil time, where the clock changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from arena.contracts.civil import use_tzdata_wheel
from arena_operator.reconcile.schedule import runs_after, runs_before
from tests.unit.operator.reconcile.series_stage import WEEKLY

use_tzdata_wheel()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "since", "runs"),
    [
        # The clock goes from 02:00 to 03:00 on 29 March 2026.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00", ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-03-28T02:00", ["2026-03-30T00:00", "2026-03-30T00:30"]),
        # It goes from 03:00 back to 02:00 on 25 October.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        (
            "*/30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00",
            ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30"],
        ),
        # By half an hour on Lord Howe: from 02:00 back to 01:30 on 5 April.
        ("*/20 * * * *", "Australia/Lord_Howe", "2026-04-04T14:30", ["2026-04-04T14:40", "2026-04-04T15:10", "2026-04-04T15:30"]),
        # A midnight that does not exist.
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00", ["2026-04-23T22:00", "2026-04-24T21:00"]),
        # A day that does not.
        ("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00", ["2011-12-29T22:00", "2011-12-30T10:00", "2011-12-30T22:00"]),
    ],
)
def test_runs_where_the_clock_changes(schedule: str, zone: str, since: str, runs: list[str]) -> None:
    declared = replace(WEEKLY, schedule=schedule, time_zone=zone)
    found = list(islice(runs_after(declared, at(since)), len(runs)))
    assert [run.isoformat()[:16] for run in found] == runs
    assert list(islice(runs_before(declared, found[-1]), len(runs))) == found[::-1]


def test_a_run_is_not_after_itself_but_before() -> None:
    run = next(runs_after(WEEKLY, at("2026-06-01T00:00")))
    assert next(runs_before(WEEKLY, run)) == run
    assert next(runs_after(WEEKLY, run)) == run + timedelta(days=7)
    assert next(runs_before(WEEKLY, run + timedelta(microseconds=1))) == run
